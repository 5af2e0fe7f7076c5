"""Infinite sums and products of rational functions of the index, exactly, by the roots of numerator and denominator.

The one idea to know: over the complex roots a rational summand is a sum of shifted inverse powers, whose sums are digamma and
Hurwitz zeta values, and a rational factor is a quotient of linear ones, whose products are Gamma values; what diverges in the
parts cancels because the degrees say so.
"""

from __future__ import annotations

from flint import acb, arb, fmpq, fmpq_poly


def rational_tail(top: fmpq_poly, bottom: fmpq_poly, start: int) -> arb:
    """``sum over n >= start of top(n)/bottom(n)``, the degree of ``bottom`` at least 2 above that of ``top``.

    ``sum 1/(n - r)**k`` is the Hurwitz zeta function of ``start - r`` for ``k >= 2``; the simple poles together give
    ``-sum c*digamma(start - r)`` because their residues add up to 0.
    """
    roots = bottom.complex_roots()
    total = acb(0)
    for index, (root, times) in enumerate(roots):
        others = [(acb(other), count) for position, (other, count) in enumerate(roots) if position != index]
        series_ = _local(top, bottom.leading_coefficient(), acb(root), others, int(times))
        for k in range(1, int(times) + 1):
            coefficient = series_[int(times) - k]
            place = start - acb(root)
            total = total + coefficient * (-place.digamma() if k == 1 else acb(k).zeta(place))
    return total.real


def rational_product(top: fmpq_poly, bottom: fmpq_poly, start: int) -> arb | None:
    """``product over n >= start of top(n)/bottom(n)``; ``None`` where it does not converge to a number other than 0.

    With equal degrees, leading coefficients and sums of roots, ``product (n - r)/(n - s)`` is the product of
    ``gamma(start - s)/gamma(start - r)`` (DLMF 5.8.5).
    """
    gap = top - bottom
    if top.degree() != bottom.degree() or top.degree() < 1 or gap.degree() > top.degree() - 2:
        return None
    total = acb(1)
    for poly, power in ((bottom, 1), (top, -1)):
        for root, times in poly.complex_roots():
            total = total * (start - acb(root)).gamma() ** (power * int(times))
    return total.real if total.is_finite() else None


def _local(top: fmpq_poly, lead: fmpq, root: acb, others: list[tuple[acb, int]], length: int) -> list[acb]:
    """Taylor coefficients at ``root`` of ``top`` divided by all the other linear factors."""
    result = _taylor(top, root, length)
    for other, count in others:
        gap = root - other
        for _ in range(count):  # division by (gap + h)
            quotient: list[acb] = []
            for k in range(length):
                quotient.append((result[k] - (quotient[k - 1] if k else acb(0))) / gap)
            result = quotient
    return [item / acb(lead) for item in result]


def _taylor(poly: fmpq_poly, at: acb, length: int) -> list[acb]:
    found: list[acb] = []
    current, factorial = poly, 1
    for k in range(length):
        factorial *= max(k, 1)
        total = acb(0)
        for coefficient in reversed(current.coeffs()):
            total = total * at + acb(coefficient)
        found.append(total / factorial)
        current = current.derivative()
    return found
