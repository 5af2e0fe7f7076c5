"""Planted sequences with known truth: what the rate rules are measured on.

Each plant is y(x) with the form it is claimed to follow and whether that is true as x -> oo.  ``TRUE`` and ``FALSE`` are
the 24 and 31 of JUDGE section 4, made anew from its description; ``EXTRA`` are more that must not be judged wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from checker.judge.prediction import Array

Curve = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Plant:
    """``measured`` is claimed to go like ``form`` on sizes from ``first`` to ``last``."""

    name: str
    measured: Curve
    form: Curve
    true: bool
    first: float = 16.0
    last: float = 65536.0
    count: int = 20
    late: float = 0.0  # the correction's share of y at the largest size

    def sizes(self) -> Array:
        """The sizes (K,) at which it is watched."""
        return np.geomspace(self.first, self.last, self.count)


def _plant(name: str, true: bool, form: Curve, ratio: Curve, **sizes: float | int) -> Plant:
    return Plant(name, lambda x: form(x) * ratio(x), form, true, **sizes)  # type: ignore[arg-type]


def _power(exponent: float) -> Curve:
    return lambda x: x**exponent


_INVERSE, _ROOT, _SQUARE = _power(-1.0), _power(-0.5), _power(2.0)
_LONG: dict[str, float | int] = {"first": 10.0, "last": 1e6, "count": 24}
# 1/log t is watched in s = log t over decades of s
_CLOCK: dict[str, float | int] = {"first": 5.0, "last": 1e5, "count": 24}

TRUE: tuple[Plant, ...] = (
    _plant("1/x exact", True, _INVERSE, lambda x: 3 + 0 * x),
    _plant("1/x (1 + 2/x)", True, _INVERSE, lambda x: 1 + 2 / x),
    _plant("1/x (1 - 5/x)", True, _INVERSE, lambda x: 1 - 5 / x),
    _plant("x^-1/2 (1 + 1/sqrt x)", True, _ROOT, lambda x: 1 + 1 / np.sqrt(x)),
    _plant("x^-1/2 (1 - 2/sqrt x)", True, _ROOT, lambda x: 1 - 2 / np.sqrt(x)),
    _plant("x^2 (1 + 3/sqrt x)", True, _SQUARE, lambda x: 1 + 3 / np.sqrt(x)),
    _plant("1/x (1 + x^-1/4)", True, _INVERSE, lambda x: 1 + x**-0.25, **_LONG),
    _plant("x^-1/2 (1 - x^-1/4 / 2)", True, _ROOT, lambda x: 1 - 0.5 * x**-0.25, **_LONG),
    _plant("1/x (1 + 1/log x)", True, _INVERSE, lambda x: 1 + 1 / np.log(x), **_LONG),
    _plant("1/x (1 - 1/(2 log x))", True, _INVERSE, lambda x: 1 - 0.5 / np.log(x), **_LONG),
    _plant("x^2 (1 + 2/log x)", True, _SQUARE, lambda x: 1 + 2 / np.log(x), **_LONG),
    _plant("1/x (1 + 1/(2 sqrt(log x)))", True, _INVERSE, lambda x: 1 + 0.5 / np.sqrt(np.log(x)), **_LONG),
    _plant("1/(x + 10)", True, _INVERSE, lambda x: x / (x + 10)),
    _plant("1/(x - 8)", True, _INVERSE, lambda x: x / (x - 8)),
    _plant("(x + 30)^2", True, _SQUARE, lambda x: (1 + 30 / x) ** 2),
    _plant("crossover 1/x + 40/x^2", True, _INVERSE, lambda x: 1 + 40 / x),
    _plant("crossover x^-1/2 + 5/x", True, _ROOT, lambda x: 1 + 5 / np.sqrt(x), **_LONG),
    _plant("crossover x/(100 + x^2)", True, _INVERSE, lambda x: x**2 / (100 + x**2)),
    _plant("log x / x", True, lambda x: np.log(x) / x, lambda x: 1 + 1 / x),
    _plant("x log x (1 + 1/log x)", True, lambda x: x * np.log(x), lambda x: 1 + 1 / np.log(x), **_LONG),
    _plant("x^2/log x", True, lambda x: x**2 / np.log(x), lambda x: 1 - 1 / np.sqrt(x)),
    _plant("1/log t", True, _INVERSE, lambda s: 1 + 1 / s, **_CLOCK),
    _plant("1/(log t + 3)", True, _INVERSE, lambda s: s / (s + 3), **_CLOCK),
    _plant("1/(log t + 2 log log t)", True, _INVERSE, lambda s: s / (s + 2 * np.log(s)), **_CLOCK),
)

FALSE: tuple[Plant, ...] = (
    *(
        _plant(f"x^{off:+g} beside 1/x", False, _INVERSE, lambda x, off=off: x**off)  # type: ignore[misc]
        for off in (0.06, -0.06, 0.1, -0.1, 0.25, -0.25, 0.5, -0.5)
    ),
    _plant("x^1.86 for x^2", False, _SQUARE, lambda x: x**-0.14),
    _plant("x^0.1 with 1/x correction", False, _INVERSE, lambda x: x**0.1 * (1 + 2 / x)),
    _plant("x^-0.1 with 1/sqrt x correction", False, _ROOT, lambda x: x**-0.1 * (1 + 2 / np.sqrt(x))),
    _plant("a log more, 1/x", False, _INVERSE, np.log),
    _plant("a log less, 1/x", False, _INVERSE, lambda x: 1 / np.log(x)),
    _plant("a log more, x^2", False, _SQUARE, lambda x: np.log(x) * (1 + 1 / x)),
    _plant("a log less, x^-1/2", False, _ROOT, lambda x: 1 / (np.log(x) + 1)),
    _plant("two logs more", False, _INVERSE, lambda x: np.log(x) ** 2),
    _plant("square root of a log", False, _INVERSE, lambda x: np.sqrt(np.log(x)), **_LONG),
    _plant("plateau 1e-3", False, _INVERSE, lambda x: 1 + 1e-3 * x),
    _plant("plateau 1e-4", False, _INVERSE, lambda x: 1 + 1e-4 * x),
    _plant("late sqrt x, 0.2 %", False, _INVERSE, lambda x: 1 + 2e-3 * np.sqrt(x)),
    _plant("late sqrt x, 3 %", False, _INVERSE, lambda x: 1 + 3e-2 * np.sqrt(x)),
    _plant("late x, 0.2 %", False, _SQUARE, lambda x: 1 + 2e-3 * x),
    _plant("late x^1/4, 3 %", False, _ROOT, lambda x: 1 + 0.03 * x**0.25, **_LONG),
    _plant("conspiracy x^0.1 / log x", False, _INVERSE, lambda x: x**0.1 / np.log(x), **_LONG),
    _plant("conspiracy x^-0.1 log x", False, _INVERSE, lambda x: x**-0.1 * np.log(x), **_LONG),
    _plant("conspiracy x^0.2 / log^2 x", False, _ROOT, lambda x: x**0.2 / np.log(x) ** 2, **_LONG),
    _plant("log-quadratic drift", False, _INVERSE, lambda x: np.exp(0.01 * np.log(x) ** 2)),
    _plant("log-quadratic drift down", False, _INVERSE, lambda x: np.exp(-0.01 * np.log(x) ** 2)),
    _plant("1/log^2 t for 1/log t", False, _INVERSE, lambda s: 1 / s, **_CLOCK),
    _plant("log log t / log t", False, _INVERSE, np.log, **_CLOCK),
    _plant("oscillating exponent", False, _INVERSE, lambda x: x**0.08 * np.exp(0.05 * np.sin(2 * np.log(x)))),
)


EXTRA: tuple[Plant, ...] = (
    _plant("x^2 exact", True, _SQUARE, lambda x: 0.1 + 0 * x),
    _plant("plateau 3e-3 under x^-1/2", False, _ROOT, lambda x: 1 + 3e-3 * np.sqrt(x)),
    _plant("stretched exponential", False, _SQUARE, lambda x: np.exp(-0.05 * np.sqrt(x)), last=4096.0),
    _plant(
        "harmonic numbers as n^.136",
        False,
        _power(0.136),
        lambda x: (np.log(x) + 0.5772 + 0.5 / x) * x**-0.136,
        first=100.0,
        last=1e5,
    ),
    _plant("a log too many claimed", False, lambda x: np.log(x) / x, lambda x: 1 / np.log(x)),
)

#: Kinds of noise: independent over the sizes, shared along them, heavy-tailed, a random walk.
NOISES = ("independent", "shared", "t3", "walk")


def noisy(curve: Array, seeds: int, level: float, kind: str, rng: np.random.Generator) -> Array:
    """Seeds x sizes around ``curve`` (K,) with log-noise ``level``: independent, shared, t3 or walk along the sizes."""
    shape = (seeds, curve.size)
    if kind == "independent":
        noise = rng.standard_normal(shape)
    elif kind == "shared":
        noise = (rng.standard_normal((seeds, 1)) + 0.3 * rng.standard_normal(shape)) / np.sqrt(1.09)
    elif kind == "t3":
        noise = rng.standard_t(3, shape) / np.sqrt(3)
    else:
        noise = np.cumsum(rng.standard_normal(shape), axis=1) / np.sqrt(curve.size)
    result: Array = curve * np.exp(level * noise)
    return result


_CORRECTIONS: tuple[Curve, ...] = (
    lambda x: 1 / x,
    lambda x: 1 / np.sqrt(x),
    lambda x: x**-0.25,
    lambda x: 1 / np.log(x),
    lambda x: np.log(np.log(x)) / np.log(x),
    lambda x: 1 / np.sqrt(np.log(x)),
    lambda x: np.log(x) / x,
)


def random_plant(true: bool, rng: np.random.Generator, within: float) -> Plant:
    """A random form with a random correction; a false one has a power beyond ``within``, a log, or a late term more.

    8 to 60 sizes over 2 to 6 decades; the late term makes up 20 to 80 % of y at the largest size.
    """
    exponent = float(rng.choice([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0])) * float(rng.uniform(0.8, 1.25))
    logs = float(rng.choice([-1.0, 0.0, 0.0, 0.0, 1.0])) if abs(exponent) > 0.7 else 0.0
    first = float(rng.uniform(4, 40))
    last = first * 10 ** float(rng.uniform(2, 6))
    count = int(rng.integers(8, 61))
    order = int(rng.integers(len(_CORRECTIONS)))
    correction = _CORRECTIONS[order]
    size = float(rng.choice([0.0, 0.3, 1.0, 3.0])) * float(rng.choice([-1.0, 1.0]))
    if size < 0:  # y stays positive
        size = -min(-size, 0.8 / float(correction(np.geomspace(first, last, 200)).max()))
    wrong = np.ones_like if true else _wrong(rng, within, abs(exponent), last)
    form: Curve = lambda x: x**exponent * np.log(x) ** logs  # noqa: E731
    name = f"{exponent:.2f} {logs} c={size:.2f} g[{order}]"
    late = abs(size * float(correction(np.array([last]))[0]))
    return Plant(
        name, lambda x: form(x) * wrong(x) * (1 + size * correction(x)), form, true, first, last, count, late
    )


def _wrong(rng: np.random.Generator, within: float, steepness: float, last: float) -> Curve:
    """The factor by which a false claim is wrong."""
    off = float(rng.uniform(within, 0.5)) * float(rng.choice([-1.0, 1.0])) * steepness
    power, share = float(rng.uniform(0.25, 1.0)), float(rng.uniform(0.2, 0.8))
    ways: tuple[Curve, ...] = (
        lambda x: x**off,
        lambda x: np.log(x) ** float(np.sign(off)),
        lambda x: 1 + share / (1 - share) * (x / last) ** power,
    )
    return ways[int(rng.integers(3))]
