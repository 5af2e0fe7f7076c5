"""Whether a formula is surely defined on a box, where an enclosure alone cannot tell.

The one idea to know: ``1 - p + p*exp(t)`` encloses to something that touches 0 although it never gets there; asked as a sign
over atoms it is decided at once.
"""

from __future__ import annotations

from dataclasses import replace

from checker.expr.defined import conditions
from checker.expr.errors import UnsupportedError
from checker.expr.interval import box_of, enclose
from checker.expr.node import Node, Or, Rel, sub, symbols_of
from checker.prove.atoms import prove_sign
from checker.prove.forms import Box

_BITS = 96
_MAX_CONDITIONS = 3


def surely_defined(node: Node, box: Box, *, inside: bool = False) -> bool:
    """Whether ``node`` is defined on the whole box (``inside``: on its interior)."""
    if inside:
        box = {name: replace(domain, lo_open=True, hi_open=True) for name, domain in box.items()}
    try:
        found = enclose(node, box_of(box, _BITS), _BITS)
    except UnsupportedError:
        return False
    if found.empty or not found.partial:
        return not found.empty
    needs = conditions(node, box)
    return len(needs) <= _MAX_CONDITIONS and all(_holds(need, box) for need in needs)


def _holds(need: Node, box: Box) -> bool:
    if not symbols_of(need) <= box.keys():
        return False
    match need:
        case Or(args):
            return any(_holds(arg, box) for arg in args)
        case Rel(">" | ">=" as op, left, right):
            return prove_sign(sub(left, right), op == ">", box, ())
        case Rel("<" | "<=" as op, left, right):
            return prove_sign(sub(right, left), op == "<", box, ())
        case Rel("!=", left, right):
            return prove_sign(sub(left, right), True, box, ()) or prove_sign(sub(right, left), True, box, ())
    return False
