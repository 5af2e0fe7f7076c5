"""The stable name of everything lint can say, and what it means: names that a note or a review can refer to.

The one idea to know: an *error* refuses the file, because a claim could not fail or says something else than its
evidence; a *remark* is what a reviewer would ask, printed by ``check lint`` and at the end of the report.
"""

from __future__ import annotations

from collections.abc import Mapping

ERRORS: Mapping[str, str] = {
    "no-source": "A claim of the paper's own does not say where in the paper it stands.",
    "no-control": "Nothing shows that the claim, or one of its checks, could fail. A remark where it is expected to.",
    "no-margin": "A single value or exponent is predicted without a margin: a measurement could only fail.",
    "near-control": "A control is nearer to the claim than 1.5 margins, so that it may survive a claim that passes.",
    "log-control": "A control differs by logarithms only, and `up_to: logs` says that they do not count.",
    "implied-check": "The run requires already what the check asks, so the check cannot fail.",
    "wrong-side": "A one-sided claim (`strength: upper` or `lower`) could be refuted from the other side.",
    "relative-margin": "A percentage where there is nothing to take it of: of an exponent, or of 0.",
    "no-finding": "A verdict other than PASS is expected, and no finding says what is true instead.",
    "stray-finding": "A finding stands at a claim that is expected to pass.",
    "empty-domain": "No value satisfies the conditions on a symbol, or no point of the sweep those of a check (`where`).",
    "duplicate-id": "One name for two things: a key, a symbol and a definition. "
    "A remark for two parts of a claim, or two files whose reports would have the same name.",
}
"""Codes that refuse a file."""

REMARKS: Mapping[str, str] = {
    "no-quantifier": "The statement does not say for which objects, sizes or times it holds.",
    "margin-without-origin": "Neither a comment beside the margin nor the notes say where it comes from.",
    "few-controls": "A measurement has fewer than three controls.",
    "no-reason": "A control does not say what it would mean if it held (`because`).",
    "idle-control": "A control changes nothing, so that it can never be rejected.",
    "few-sizes": "An asymptotic rate on fewer than eight sizes or two decades: it can fail and not pass.",
    "constant-rate": "A constant is no rate; O(1) is a bound or a limit.",
    "coarse-sweep": "The steps of a sweep are too coarse for the margin of the threshold that is read off it.",
    "costly-fraction": "A fraction of instances near 1 takes over a hundred seeds.",
    "unused-symbol": "A symbol that no formula uses.",
    "unused-definition": "A definition that no formula uses.",
    "unused-reference": "A reference that no formula uses.",
    "unused-run": "A run that no claim measures.",
    "unused-assumption": "An assumption that no claim makes.",
    "unenforced-assumption": "An assumption with neither `by` nor `check`: nothing makes sure that the data satisfy it.",
    "unchecked-assumption": "The check of an assumption cannot be evaluated on a run that relies on it.",
    "unknown-family": "The family of the paper is nearly, but not quite, one that the library has.",
}
"""Codes of what is printed and refuses nothing."""

FAMILIES = (
    "implicit bias", "neural tangent kernels", "over-parameterisation", "stability", "quantisation", "representation",
)  # fmt: skip
"""The families of the library; the list is open, a near miss of one is remarked on."""
