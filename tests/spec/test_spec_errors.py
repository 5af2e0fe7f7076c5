"""Errors of meaning: each at its line and column, with what was found, what was expected and the nearest name."""

from __future__ import annotations

import pytest

from checker.spec.errors import SpecError, SpecErrors, dotted, nearest_name
from checker.spec.load import load_text
from tests.spec.conftest import Change, changed


def test_the_small_file_is_accepted(read) -> None:
    paper = read()
    assert paper.slug == "small"
    assert [claim.id for claim in paper.claims] == ["one"]
    assert all(warning.endswith(("[no-quantifier]", "[few-controls]")) for warning in paper.warnings)


# (old text, new text), key, what stands where the error points, words of the message
MISTAKES = [
    (
        ("quantity: lost, over: {rho", "quantty: lost, over: {rho"),
        "claims.one.measure[0].checks.bound.quantty",
        "quantty",
        "did you mean 'quantity'?",
    ),
    (("  one:\n", "  one:\n    statment: x\n"), "claims.one.statment", "statment", "did you mean 'statement'?"),
    (("    statement: A statement.\n", ""), "claims.one", "source", "the key 'statement' is missing"),
    (("year: 2019", "year: soon"), "paper.year", "soon", "found 'soon', expected a whole number"),
    (('arxiv: "1905.07325"', "arxiv: 1905.1"), "paper.arxiv", "1905.1", "expected an arXiv identifier in quotes"),
    (
        ("domain: integer, where: n", "domain: natural, where: n"),
        "symbols.n.domain",
        "natural",
        "expected real, positive, nonnegative",
    ),
    (("domain: positive", "domain: postive"), "symbols.rho.domain", "postive", "did you mean 'positive'?"),
    (
        ("known_from: memory", "known_from: hearsay"),
        "claims.one.source.known_from",
        "hearsay",
        "full_text, excerpt, abstract or memory",
    ),
    (
        ('source: {theorem: "1", known_from: memory}', 'source: {theorem: "1"}'),
        "claims.one.source",
        "{theorem",
        "'known_from' is missing",
    ),
    (("  x:   {domain", "  lambda: {domain"), "symbols.lambda", "lambda", "lam"),
    (("  x:   {domain", "  pi: {domain"), "symbols.pi", "pi:", "reserved"),
    (("  x:   {domain", "  2x: {domain"), "symbols.2x", "2x:", "not a name"),
    (("  x:   {domain", "  import os: {domain"), "symbols.import os", "import os", "not a name"),
    (("  one:\n", "  ../one:\n"), "claims.../one", "../one", "not a name"),
    (("  one:\n", "  __class__:\n"), "claims.__class__", "__class__", "not a name"),
    (
        ("over: {rho: every, seed: every}", "over: every"),
        "claims.one.measure[0].checks.bound.over",
        "every",
        "expected a map",
    ),
    (("seed: median", "seed: middle"), "claims.one.measure[0].checks.rate.over.seed", "middle", "every, mean, median"),
    (("seed: median", "seed: fraction >= 2"), "claims.one.measure[0].checks.rate.over.seed", "fraction", "not a share"),
    (
        ("as: rho -> oo", "as: rho => oo"),
        "claims.one.measure[0].checks.rate.as",
        "rho",
        "expected 'm -> oo', 'x -> 0' or 'N in [64, 4096]'",
    ),
    (("as: rho -> oo", "as: 'rho in [9, 3]'"), "claims.one.measure[0].checks.rate.as", "'rho in", "an empty range"),
    (("within: 0.1", "within: -3%"), "claims.one.measure[0].checks.rate.within", "-3%", "a margin is positive"),
    (
        ("within: 0.1", "within: [1%, 2]"),
        "claims.one.measure[0].checks.rate.within",
        "[1%",
        "both ends of a margin are percentages, or none is",
    ),
    (("within: 0.1", "within: ten"), "claims.one.measure[0].checks.rate.within", "ten", "not a margin"),
    (
        ("rate: 1/rho, as", "rate: 1/rho, equals: 1, as"),
        "claims.one.measure[0].checks.rate",
        "{quantity",
        "found equals and rate",
    ),
    (
        (", at_most: log(n)}", "}"),
        "claims.one.measure[0].checks.bound",
        "{quantity",
        "exactly one predicate; found none",
    ),
    (
        ("{at_most: 0, because: below}", "{because: below}"),
        "claims.one.measure[0].controls[0]",
        "{because",
        "a control changes one thing",
    ),
    (("show: q(x) >= 0", "shw: q(x) >= 0"), "claims.one.prove.square", "shw", "did you mean 'show'?"),
    (
        ("show: q(x) >= 0", "show: q(x) >= 0\n        fro: {n: 1}"),
        "claims.one.prove.square.fro",
        "fro",
        "did you mean 'for'?",
    ),
    (
        ("{show: q(x) > 0, because: zero}", "{show: q(x) > 0}"),
        "claims.one.prove.square.controls[0]",
        "{show",
        "'because' is missing",
    ),
    (("points: 13", "points: 1"), "runs.path.sweep.rho.points", "1}}", "expected 2 to 2000"),
    (("log_spaced: [10, 10000]", "log_spaced: [10, 1]"), "runs.path.sweep.rho.log_spaced", "[10", "0 < a < b"),
    (("log_spaced", "log_spced"), "runs.path.sweep.rho.log_spced", "log_spced", "did you mean 'log_spaced'?"),
    (
        ("residual_below: 1e-8", "residual_below: small"),
        "references.svm.residual_below",
        "small",
        "a number such as 12, 1e-3 or 5/2",
    ),
    (("show: q(x) >= 0", "show: q(x) >= q(z)"), "claims.one.prove.square.show", "z)", "unknown name z"),
    (("show: q(x) >= 0", "show: 'q(x) >= q(z)'"), "claims.one.prove.square.show", "z)'", "unknown name z"),
    (("show: q(x) >= 0", "show: x^2 >= 0"), "claims.one.prove.square.show", "^2", "expected **"),
    (("show: q(x) >= 0", "show: 2x >= 0"), "claims.one.prove.square.show", "2x", "a product needs its sign"),
    (("show: q(x) >= 0", "show: q(x)"), "claims.one.prove.square.show", "q(x)", "not a relation"),
    (("show: q(x) >= 0", "show: q(x, x) >= 0"), "claims.one.prove.square.show", "q(x", "takes 1 arguments, got 2"),
    (("show: q(x) >= 0", "show: log10(x) >= 0"), "claims.one.prove.square.show", "log10(x)", "log10"),
    (("show: q(x) >= 0", "show: sum(y) >= 0"), "claims.one.prove.square", "show", "the size 'n' of 'y' is symbolic"),
    (("where: n >= 1", "where: n >="), "symbols.n.where", "n >=", "found"),
    (("where: n >= 1", "where: d >= 1"), "symbols.n.where", "d", "does not mention 'n'"),
    (("where: n >= 1", "where: [n >= 1, n < 0]"), "symbols.n", "{domain", "the domain is empty"),
    (("shape: [n]", "shape: [nn]"), "symbols.y.shape[0]", "nn]", "did you mean 'n'?"),
    (("q(x): x**2", "q(x): x**2 + zz"), "definitions.q(x)", "zz", "unknown name zz"),
    (("q(x): x**2", "q(x): q(x)"), "definitions.q(x)", "q(x)", "refers to itself"),
    (("q(x): x**2", "q(x): x**2\n  rho: 1"), "definitions.rho", "rho", "one name, one meaning"),
    (("q(x): x**2", "q(x): x**2\n  svm: 1"), "references.svm", "svm", "'svm' is also a definition"),
    (
        ("q(x): x**2", "q(x): x**2\n  margins: 1"),
        "runs.path.experiment",
        "optimize",
        "publishes 'margins', which is also a definition",
    ),
    (("q(x): x**2", "q(x): x**2\n  q: 1"), "definitions.q", "q: 1", "'q' is also a definition"),
    (("experiment: optimize", "experiment: optimise"), "runs.path.experiment", "optimise", "did you mean 'optimize'?"),
    (("kind: separable", "kind: seperable"), "runs.path.params.data.kind", "seperable", "did you mean 'separable'?"),
    (("points: 8", "pionts: 8"), "runs.path.params.data.pionts", "pionts", "did you mean 'points'?"),
    (("kind: linear", "kind: linear, depth: 2"), "runs.path.params.model.depth", "depth", "unknown key"),
    (("radius: rho", "radius: rhoo"), "runs.path.params.radius", "rhoo", "did you mean 'rho'?"),
    (("radius: rho", "radius: x"), "runs.path.params.radius", "x", "'x' has no value when the run starts"),
    (("radius: rho", "radius: margins"), "runs.path.params.radius", "margins", "unknown name margins"),
    (("sweep: {rho:", "sweep: {radius:"), "runs.path.sweep", "{radius", "the sweep symbol 'radius' is not declared"),
    (
        ("sweep: {rho: {log_spaced: [10, 10000], points: 13}}", "sweep: {rho: [-1, 2]}"),
        "runs.path.sweep.rho",
        "[-1",
        "outside the domain of 'rho'",
    ),
    (
        ("sweep: {rho: {log_spaced: [10, 10000], points: 13}}", "sweep: {rho: [2, 2]}"),
        "runs.path.sweep.rho",
        "[2, 2",
        "a value occurs twice",
    ),
    (
        ("sweep: {rho: {log_spaced: [10, 10000], points: 13}}", "sweep: [{rho: 1}, {rho: 2, x: 1}]"),
        "runs.path.sweep[1]",
        "{rho",
        "every case names the same symbols",
    ),
    (("- run: path", "- run: paths"), "claims.one.measure[0].run", "paths", "did you mean 'path'?"),
    (
        ("lost: rho/norm(svm.w)", "lost: rho/norm(svm.v)"),
        "claims.one.measure[0].let.lost",
        "svm.v)",
        "unknown name svm.v",
    ),
    (("lost: rho/norm(svm.w)", "rho: rho/norm(svm.w)"), "claims.one.measure[0].let.rho", "rho", "'rho' is also"),
    (
        ("lost: rho/norm(svm.w)", "q(x): rho/norm(svm.w)"),
        "claims.one.measure[0].let.q(x)",
        "q(x)",
        "'q' is also a definition",
    ),
    (
        ("lost: rho/norm(svm.w)", "margins: rho/norm(svm.w)"),
        "claims.one.measure[0].let.margins",
        "margins",
        "published by the run",
    ),
    (("lost: rho/norm(svm.w)", "svm: rho"), "claims.one.measure[0].let.svm", "svm", "'svm' is also a reference"),
    (
        ("at_most: log(n)", "at_most: log(x)"),
        "claims.one.measure[0].checks.bound.at_most",
        "log(x)",
        "'x' has no value on the run 'path'",
    ),
    (
        ("over: {rho: every, seed: every}", "over: {seed: every}"),
        "claims.one.measure[0].checks.bound.over",
        "{seed",
        "over does not say how 'rho' is taken together",
    ),
    (
        ("over: {rho: every, seed: every}", "over: {rho: every}"),
        "claims.one.measure[0].checks.bound.over",
        "{rho",
        "how 'seed' is taken together",
    ),
    (
        ("over: {rho: every, seed: every}", "over: {rh: every, rho: every, seed: every}"),
        "claims.one.measure[0].checks.bound.over.rh",
        "every",
        "did you mean 'rho'?",
    ),
    ((", as: rho -> oo", ""), "claims.one.measure[0].checks.rate", "{quantity", "rate needs the axis it holds along"),
    (("as: rho -> oo", "as: rh -> oo"), "claims.one.measure[0].checks.rate.as", "rh", "did you mean 'rho'?"),
    (
        ("{at_most: 0,", "{of: bond, at_most: 0,"),
        "claims.one.measure[0].controls[0].of",
        "bond",
        "did you mean 'bound'?",
    ),
    (("{at_most: 0,", "{at_least: 0,"), "claims.one.measure[0].controls[0]", "{at_least", "changes no check"),
    (
        ("{at_most: 0,", "{let: {lose: 1},"),
        "claims.one.measure[0].controls[0].let.lose",
        "lose",
        "did you mean 'lost'?",
    ),
    (
        ("{at_most: 0,", "{with: {modle.kind: linear},"),
        "claims.one.measure[0].controls[0].with",
        "{modle.kind",
        "did you mean 'model'?",
    ),
    (("{at_most: 0,", "{with: {data.points: many},"), "claims.one.measure[0].controls[0].with", "{data.points", "many"),
    (
        ("{at_most: 0,", "{drop: separabel,"),
        "claims.one.measure[0].controls[0].drop",
        "separabel",
        "did you mean 'separable'?",
    ),
    (
        ("{at_most: 0,", "{at_most: 0, at: {rh: 1},"),
        "claims.one.measure[0].controls[0].at.rh",
        "1}, because",
        "did you mean 'rho'?",
    ),
    (
        ("assumes: [separable]", "assumes: [seperable]"),
        "claims.one.assumes[0]",
        "seperable",
        "did you mean 'separable'?",
    ),
    (
        ("by: data, broken_by", "check: max(svm.b) > 0, broken_by"),
        "assumptions.separable.check",
        "svm.b)",
        "unknown name svm.b",
    ),
    (("norm(w)**2", "norm(ww)**2"), "references.svm.minimise", "ww)", "did you mean"),
]


@pytest.mark.parametrize(
    ("change", "key", "at", "words"), MISTAKES, ids=[f"{i}-{m[0][1][:24]}" for i, m in enumerate(MISTAKES)]
)
def test_a_mistake_is_reported_where_it_stands(refuse, change: Change, key: str, at: str, words: str) -> None:
    errors = refuse(change)
    lines = [str(error) for error in errors]
    source = changed(change).split("\n")
    hits = [error for error in errors if dotted(error.path) == key and words in str(error)]
    assert hits, "\n".join(lines)
    assert source[hits[0].line - 1][hits[0].column - 1 :].startswith(at)
    assert str(hits[0]).startswith(f"small.yaml:{hits[0].line}:{hits[0].column}: {key}: ")
    assert len(errors) <= 2, "one mistake is not reported many times over"
    assert all("\n" not in line and line.isprintable() for line in lines)
    assert not any(
        word in line
        for line in lines
        for word in ("pydantic", "Traceback", "input_type", "<list>", "<map>", "Value error")
    )


def test_all_mistakes_of_a_file_are_reported_at_once(refuse) -> None:
    errors = refuse(
        ("show: q(x) >= 0", "show: q(x) >= q(z)"),
        ("radius: rho", "radius: rhoo"),
        ("where: n >= 1", "where: m >= 1"),
        ("assumes: [separable]", "assumes: [none]"),
    )
    keys = [dotted(error.path) for error in errors]
    assert keys == [
        "symbols.n.where",
        "runs.path.params.radius",
        "claims.one.assumes[0]",
        "claims.one.prove.square.show",
    ]


def test_errors_come_in_the_order_of_their_lines() -> None:
    errors = SpecErrors([SpecError("b", 9), SpecError("a", 2, 5), SpecError("a", 2, 5), SpecError("c", 2, 1)], "f.yaml")
    assert str(errors).splitlines() == ["f.yaml:2:1: c", "f.yaml:2:5: a", "f.yaml:9:1: b"]


def test_nothing_a_terminal_obeys_is_printed() -> None:
    error = SpecError("unknown \x1b[31m", found="\u202ex", file="f.yaml")
    assert str(error).isprintable()


def test_paths_and_names() -> None:
    assert dotted(("claims", "c", "measure", 0, "run")) == "claims.c.measure[0].run"
    assert nearest_name("quantty", ["quantity", "over"]) == "quantity"
    assert nearest_name("RHO", ["rho"]) == "rho"
    assert nearest_name("zebra", ["rho"]) == ""


HOSTILE = [
    "__import__('os').system('x')",
    "().__class__.__base__.__subclasses__()",
    "(lambda: 0)()",
    "f'{x}'",
    "(x := 1)",
    "[x for x in x]",
    "x.__class__",
    "9**9**9**9",
    "factorial(10**8)",
    "Sum(1, (n, 1, 10**12))",
    "-" * 1900 + "x",
    "(" * 900 + "x" + ")" * 900,
    "x" * 5000,
    "open('/etc/passwd')",
    "10**10**9",
]


@pytest.mark.parametrize("payload", HOSTILE, ids=[payload[:20] for payload in HOSTILE])
@pytest.mark.parametrize("where", ["show: q(x) >= 0", "radius: rho", "at_most: log(n)", "q(x): x**2", "where: n >= 1"])
def test_a_hostile_formula_is_refused_wherever_it_stands(refuse, payload: str, where: str) -> None:
    key = where.partition(": ")[0]
    quoted = payload.replace("'", "''")
    relation = f"{quoted} >= 0" if key in ("show", "where") else quoted
    lines = [str(error) for error in refuse((where, f"{key}: '{relation}'"))]
    assert lines
    assert all(len(line) < 1500 and line.isprintable() for line in lines)


def test_markup_in_a_statement_is_kept_as_text(read) -> None:
    """Making it harmless is the report's business; the reader must not change what the author wrote."""
    assert (
        read(("A statement.", "'<script>alert(1)</script> [x](javascript:y)'"))
        .claims[0]
        .statement.startswith("<script>")
    )


def test_an_unknown_scale_is_the_caller_s_mistake() -> None:
    with pytest.raises(ValueError, match="unknown scale"):
        load_text("a: 1", "small", "small.yaml", "huge")
