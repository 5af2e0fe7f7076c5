"""Every rule that may answer PROVED: which engine makes the proof, and which other one looks at it again.

The one idea to know: a test reads the code of ``checker/prove`` and compares, so a rule that is not listed here fails it;
``docs/engines.md`` is written from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """``proves``: what makes the proof; ``agrees``: what else the rule itself demands before it says so."""

    says: str
    proves: str
    agrees: str = ""


BALLS_AT_POINTS: Final = "balls of the raw tree at 5 and more points, relative radius 1e-10"
Z3_AGAIN: Final = "z3 (QF_NRA), intervals where they reach"

# (module of checker/prove, function) -> the rules in it
RULES: Final[Mapping[tuple[str, str], tuple[Rule, ...]]] = {
    ("relation", "_prove"): (Rule("a literal truth value", "nothing to prove"),),
    ("relation", "_different"): (Rule("the sides differ", "intervals and ladder, or z3", Z3_AGAIN),),
    ("relation", "_condition"): (
        Rule("a condition on the whole box", "intervals, ladder"),
        Rule("no point where it fails", "z3", Z3_AGAIN),
    ),
    ("identity", "prove_identity"): (
        Rule("an exact zero", "rational normal form, closed forms, induction on the upper limit", BALLS_AT_POINTS),
        Rule("constant and zero at a point", "derivatives and rational normal form", BALLS_AT_POINTS),
        Rule("no point where it fails", "z3", f"z3 (QF_NRA); {BALLS_AT_POINTS}"),
        Rule("it simplifies to zero", "SymPy", f"{BALLS_AT_POINTS}, more where parameters meet"),
    ),
    ("identity", "_constants"): (
        Rule("equal exact numbers", "exact arithmetic (flint)"),
        Rule("an exact zero", "rational normal form", "balls to 1e-30"),
        Rule("enclosed in a ball around 0", "balls, radius 1e-30"),
    ),
    ("inequality", "prove_inequality"): (Rule("it holds everywhere", "intervals, derivative ladder, z3 on atoms", "sampler"),),
    ("inequality", "_by_z3"): (Rule("no point violates it", "z3", Z3_AGAIN),),
    ("inequality", "_constant"): (
        Rule("two numbers compared", "balls"),
        Rule("two equal numbers", "rational normal form", "balls that do not separate them at 4096 bits"),
    ),
    ("binders", "prove_binder_inequality"): (
        Rule("two numbers with integrals compared", "balls"),
        Rule("it holds between the integrands", "intervals and ladder", "balls at points"),
    ),
    ("limits", "_prove"): (Rule("an infinite limit", "asymptotic expansion", "balls along t, exp t, exp exp t"),),
    ("limits", "_ask_sympy"): (Rule("the value of the limit", "SymPy", "balls along t, exp t, exp exp t"),),
    ("exists", "prove_impossible"): (Rule("no point satisfies all", "z3, z3 on atoms or intervals", "z3 (QF_NRA), sampler"),),
    ("exists", "_shown"): (Rule("an exact point", "exact arithmetic and balls"),),
    ("exists", "_offered"): (Rule("the author's point", "exact arithmetic and balls"),),
    ("exists", "_crossed"): (Rule("both sides change order on a segment", "balls at its ends, intervals along it"),),
    ("squeezed", "prove_from_both_sides"): (Rule("at most and at least", "the provers of both inequalities"),),
    ("roots", "_judge"): (
        Rule("exactly one zero", "balls (change of sign), intervals (slope)"),
        Rule("the zero lies where claimed", "balls (change of sign), intervals (slope)"),
        Rule("the zero is the claimed one", "rational normal form, or balls to 1e-30"),
    ),
    ("roots", "prove_roots"): (Rule("every root is inside", "complex roots by balls"),),
    ("optimum", "_judge"): (Rule("the best point is where claimed", "balls and intervals", "rational normal form"),),
    ("families", "optimum_of_family"): (Rule("it grows away on both sides", "derivatives, provers of signs"),),
    ("families", "root_of_family"): (Rule("one zero for all parameters", "an identity, signs on both sides"),),
    ("sides", "sign_beside"): (Rule("nothing on that side", "exact arithmetic"),),
    ("kkt", "prove_kkt"): (Rule("all first-order conditions", "derivatives, the provers of relations"),),
    ("series", "prove_series"): (Rule("the order of the remainder", "asymptotic expansion", "balls at h = 1e-2 ... 1e-12"),),
    ("induction", "_step"): (Rule("base and step", "growing symbols, the provers of relations", "small cases by balls"),),
    ("induction", "_by_multiple"): (Rule("the step is exact", "rational normal form", "small cases by balls"),),
    ("certificate", "_verify"): (
        Rule("it adds up in every dimension", "inner products, rational normal form", "components by balls"),
    ),
    ("enclosure", "prove_enclosure"): (
        Rule("the enclosure lies inside", "balls"),
        Rule("exactly an end of the bracket", "rational normal form", "balls"),
    ),
    ("steps", "settle"): (Rule("several relations together", "the provers of each"),),
}

# question -> what the second engine does, whatever rule made the proof
SECOND: Final[Mapping[str, str]] = {
    "Relation": (
        "exact fractions, else mpmath at 30 digits, at up to 20 points (corners, ends, asymmetric, 44-bit denominators); "
        "a descent finished by Newton's method at 45 digits; mpmath's intervals on compact boxes; "
        "limits along t = 10 ... 1e16 at 90 digits"
    ),
    "Exists": "the conditions at the witness, by exact fractions and mpmath",
    "Impossible": "exact fractions and mpmath at points: none may satisfy all conditions",
    "Root": "changes of sign on a grid, bisected by mpmath; the function at the claimed zero at 30 and 60 digits",
    "Roots": "coefficients by exact divided differences, mpmath's polyroots",
    "Optimum": "a grid and golden section by mpmath: no better point; the value there",
    "KKT": "the Lagrangian by central differences at 60 digits; feasibility, signs and complementarity at points",
    "Ode": "the residual (or the rate of a conserved quantity) by central differences at 60 digits; initial values",
    "Series": "the quotient of the remainder by mpmath at h = 1e-3 ... 1e-9",
    "Induction": "the relation at seven indices, three of them beyond the prover's small cases",
    "Certificate": "the relation for rational vectors that satisfy the hypotheses, in dimensions 1 to 3",
    "Enclosure": "the number by mpmath (quadrature and summation with an error estimate)",
}


def page() -> str:
    """``docs/engines.md``."""
    lines = [
        "# Engines against each other",
        "",
        "Written by `check docs --write docs` from `checker/prove/recheck/rules.py`; a test compares the table with the code.",
        "",
        "Every obligation that comes out proved is looked at again by engines that share no code with the proof: exact",
        "fractions of Python, mpmath at two and more precisions, mpmath's own intervals. What they contradict is DISAGREE,",
        "never PASS: both answers, the point and the expression stand in the report and in a file of their own,",
        "`disagreements/SLUG/CLAIM-PART.json` beside it, with the command that asks both again.",
        "",
        "The ledger of every proof ends with a line of the *second engine*: `yes, on the whole domain` where a second engine",
        "made the proof as well (z3's `unsat` closed by intervals, a box closed by mpmath's intervals, a rational identity by",
        "exact fractions), else `one engine alone: NAME` with the number of places at which mpmath agrees; agreement at points",
        "is no proof, and is not called one.",
        "",
        "## Which engine proves, and what the rule itself demands beside it",
        "",
        "| module | rule | proved by | and before that is said |",
        "|---|---|---|---|",
    ]
    for (module, _), rules in RULES.items():
        lines += [f"| `{module}` | {rule.says} | {rule.proves} | {rule.agrees} |" for rule in rules]
    lines += ["", "## What the second engine does", "", "| question | second look |", "|---|---|"]
    lines += [f"| `{question.lower()}` | {look} |" for question, look in SECOND.items()]
    return "\n".join(lines) + "\n"
