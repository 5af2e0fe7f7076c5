"""Elaboration: what provers, experiments and the judge receive, and that a small change changes it."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import pytest

from checker.expr.domain import Domain
from checker.expr.node import Num, num, symbols_of
from checker.judge.prediction import Kind, Over
from checker.prove import obligation as asked
from checker.spec.claim import Check, Claim, Control, Lemma, Measure, Paper
from checker.spec.constants import exact, growth, rough
from checker.spec.errors import SpecErrors
from checker.spec.load import load_paper, load_text
from checker.spec.models.base import exact_number
from checker.spec.models.obligations import KINDS
from checker.spec.patches import PatchError, patched
from checker.spec.scope import Scope
from tests.spec.conftest import changed


@pytest.fixture(scope="module")
def paper() -> Paper:
    return load_paper(Path(__file__).parent / "files" / "everything.yaml")


def claim(paper: Paper, name: str) -> Claim:
    return next(one for one in paper.claims if one.id == name)


def lemma(paper: Paper, name: str) -> Lemma:
    return next(one for one in claim(paper, "obligations").lemmas if one.name == name)


def question(paper: Paper, name: str) -> asked.Question:
    return lemma(paper, name).members[0][1].question


def measure(paper: Paper, run: str) -> Measure:
    return next(m for one in paper.claims for m in one.measures if m.run.name == run)


def check(paper: Paper, name: str) -> Check:
    return next(one for one in measure(paper, "path").checks if one.name == name)


def control(paper: Paper, because: str) -> Control:
    return next(one for one in measure(paper, "path").controls if because in one.because)


def tree(text: str):
    names = {name: Domain() for name in ("x", "v", "rho", "sigma", "s", "lo", "hi", "margins", "n")}
    return Scope(symbols=names).parse(text)


# obligations


def test_every_kind_of_obligation_is_elaborated(paper: Paper) -> None:
    kinds = {one.kind for one in claim(paper, "obligations").lemmas}
    assert kinds == set(KINDS)
    assert {type(one.members[0][1].question) for one in claim(paper, "obligations").lemmas} == set(
        asked.Question.__args__
    )


def test_a_near_miss_is_the_obligation_with_one_field_changed(paper: Paper) -> None:
    first, second = lemma(paper, "relation").near_misses
    assert first[0] == "show: x**2 + v**2 >= 3*x*v (too much)"
    assert first[1][0][1].given == lemma(paper, "relation").members[0][1].given
    assert second[1][0][1].given == ()
    assert first[1][0][1].question != lemma(paper, "relation").members[0][1].question


def test_a_near_miss_may_put_one_field_in_the_place_of_another(paper: Paper) -> None:
    highest = lemma(paper, "highest")
    (_, ((_, missed),)) = highest.near_misses[0]
    assert isinstance(missed.question, asked.Optimum)
    assert not missed.question.maximise
    assert question(paper, "highest").maximise


def test_families_are_one_member_each(paper: Paper) -> None:
    family = lemma(paper, "family")
    assert [label for label, _ in family.members] == ["n = 1", "n = 2", "n = 3", "n = 4"]
    last = family.members[-1][1]
    assert last.domains["p"].shape == (Num(Fraction(4)),)
    assert "n" not in last.domains
    assert [label for label, _ in lemma(paper, "table").members] == ["size = 2", "size = 4"]
    assert [label for label, _ in lemma(paper, "grid").members] == [
        "n = 1, size = 2",
        "n = 1, size = 8",
        "n = 2, size = 2",
        "n = 2, size = 8",
    ]


def test_an_obligation_carries_the_domains_of_exactly_its_symbols(paper: Paper) -> None:
    relation = lemma(paper, "relation").members[0][1]
    assert set(relation.domains) == {"x", "v"}
    assert relation.given == (tree("x >= 0"), tree("v >= 0"))


def test_conditions_between_symbols_come_with_them(paper: Paper) -> None:
    tied = lemma(paper, "tied").members[0][1]
    assert set(tied.domains) == {"lo", "hi"}
    assert tied.given == (tree("lo <= hi"),)
    assert tied.domains["hi"].hi == 1
    angle = lemma(paper, "angle").members[0][1]
    assert angle.domains["b"] == Domain(lo=Fraction(0))
    assert [symbols_of(node) for node in angle.given] == [{"b"}]


def test_domains_are_exact(paper: Paper) -> None:
    sigma = lemma(paper, "implicit_optimum").members[0][1].domains["sigma"]
    assert sigma == Domain(lo=Fraction(0), lo_open=True, hi=Fraction(2))


def test_numbers_defined_by_an_equation_bring_their_own_obligation(paper: Paper) -> None:
    existence = question(paper, "fixed_is_defined")
    assert isinstance(existence, asked.Root)
    assert existence.inside == existence.lies_in == (Num(Fraction(0)), Num(Fraction(1)))
    used = lemma(paper, "implicit").members[0][1]
    assert used.domains["fixed"] == Domain(lo=Fraction(0), hi=Fraction(1))
    assert len(used.given) == 1
    assert question(paper, "peak_is_defined").maximise
    assert not question(paper, "best_is_defined").maximise


def test_the_defining_equation_is_asked_only_of_claims_that_use_it(read) -> None:
    definition = ("  q(x): x**2\n", "  q(x): x**2\n  one_half: {solves: 2*x == 1, for: x, in: [0, 1]}\n")
    assert [one.name for one in read(definition).claims[0].lemmas] == ["square"]
    used = read(definition, ("show: q(x) >= 0", "show: q(x) >= -one_half"))
    assert [one.name for one in used.claims[0].lemmas] == ["square", "one_half_is_defined"]


def test_laws_become_densities(paper: Paper) -> None:
    text = repr(question(paper, "expectation"))
    assert "Integral" in text
    assert "'exp'" in text
    assert "Sum" in repr(question(paper, "discrete"))


def test_series_orders_and_points(paper: Paper) -> None:
    assert question(paper, "expansion").order == 2
    assert exact(question(paper, "expansion_elsewhere").about) == 1


def test_the_derivative_along_a_flow_is_the_chain_rule(paper: Paper) -> None:
    """along(x**2 + v**2) with x' = v, v' = -x is 2*x*v - 2*v*x."""
    goal = question(paper, "conserved").goal
    assert symbols_of(goal) == {"x", "v"}
    assert rough(goal.left, {"x": 3.0, "v": 5.0}) == 0.0
    (_, ((_, missed),)) = lemma(paper, "conserved").near_misses[0]
    assert rough(missed.question.goal.left, {"x": 3.0, "v": 5.0}) == 2 * 3 * 5 + 2 * 5 * 3


@pytest.mark.parametrize(
    "text",
    [
        "along(x, v) == 0",
        "spiral == 0",
        "along(x, spiral + 1) == 0",
        "along(x) == 0",
        "diff(along(x**2, spiral), x) == 0",
    ],
)
def test_a_flow_stands_only_in_along(everything: Path, text: str) -> None:
    source = everything.read_text().replace("along(x**2 + v**2, spiral) == 0", text)
    with pytest.raises(SpecErrors, match=r"claims.obligations.prove.conserved.show"):
        load_text(source, "everything", "e.yaml")


def test_a_member_outside_an_irrational_domain_is_refused(everything: Path) -> None:
    good = everything.read_text().replace("angle: {show: sin(b) >= 0}", "angle: {show: sin(b) >= 0, for: {b: [3]}}")
    assert lemma(load_text(good, "everything", "e.yaml"), "angle").members[0][0] == "b = 3"
    with pytest.raises(SpecErrors, match="4 is outside the domain of 'b'"):
        load_text(good.replace("for: {b: [3]}", "for: {b: [4]}"), "everything", "e.yaml")


@pytest.mark.parametrize(
    ("obligation", "words"),
    [
        ("{root: x, of: x, in: [0, 1]}", "one of lies_in and equals"),
        ("{root: x, of: x, in: [0, 1], lies_in: [0, 1], equals: 0}", "one of lies_in and equals"),
        ("{root: x, of: x, in: [1, 0], equals: 0}", "an empty interval"),
        ("{root: X, of: x, in: [0, 1], equals: 0}", "'X' is an array"),
        ("{root: zz, of: x, in: [0, 1], equals: 0}", "'zz' is not declared"),
        ("{optimum: x, in: [0, 1], equals: 0}", "one of minimise and maximise"),
        ("{optimum: x, minimise: x, maximise: x, in: [0, 1], equals: 0}", "one of minimise and maximise"),
        (
            "{kkt: {minimise: x, subject_to: [x >= 0]}, at: {x: 0}, multipliers: [1, 1]}",
            "one for each of 1 constraints",
        ),
        ("{ode: {x: -x}, time: rho}", "one of solution and conserved"),
        ("{ode: {x: -x}, time: rho, solution: {rho: 1}}", "the unknowns of the equation and these differ"),
        ("{series: x, of: exp(x), equals: 1, error: x}", "not an order of error"),
        ("{series: x, of: exp(x), equals: 1, error: O(rho)}", "not a power of what tends to 0"),
        ("{series: x, of: exp(x), about: 1, equals: 1, error: O(x**2)}", "expected O((x - (1))**k)"),
        ("{certificate: x >= 0, given: x > 0, multipliers: [1, 2]}", "one for each of 1 in given"),
        ("{enclosure: 'exp(1)', lies_in: [3, 2]}", "an empty interval"),
        ("{show: x > 0, for: {x: 1..3000}}", "the range has to hold 1 to 200"),
        ("{show: rho > 0, for: {rho: [-1]}}", "outside the domain of 'rho'"),
        ("{show: x > 0, for: {rho: [1]}}", "'rho' does not occur"),
        ("{show: x > 0, for: {zz: [1]}}", "'zz' is not a declared scalar symbol"),
        ("{root: x, of: x, in: [-1, 1], equals: 0, for: {x: [1]}}", "the unknown of the obligation"),
        ("{show: x > 0, for: [{x: 1}, {rho: 1}]}", "every case names the same symbols"),
        ("{show: x > 0, controls: [{because: nothing}]}", "the control changes nothing"),
        ("{show: x > 0, time_limit: 1e4}", "at most 600"),
        ("{show: x > 0, covers: everything}", "step, case or claim"),
        ("{show: x > 0, root: x}", "unknown key"),
    ],
)
def test_an_obligation_that_says_nothing_definite_is_refused(refuse, obligation: str, words: str) -> None:
    errors = refuse(("    prove:\n", f"    prove:\n      wrong: {obligation}\n"))
    assert any(words in str(error) and error.path[:4] == ("claims", "one", "prove", "wrong") for error in errors), (
        errors
    )


# checks


def test_every_predicate_is_elaborated(paper: Paper) -> None:
    assert {one.expectation.kind for one in measure(paper, "path").checks} == set(Kind)


def test_an_expectation_holds_what_was_written(paper: Paper) -> None:
    slope = check(paper, "slope").expectation
    assert (slope.kind, slope.axis, slope.start, slope.up_to) == (Kind.RATE, "rho", 10.0, "logs")
    assert slope.text == "rate: curve, as rho -> oo, from 10, within 0.1, correction 1/rho, up_to logs"
    assert slope.target == slope.correction
    assert check(paper, "slope_low").expectation.until == (10.0, 1000.0)
    assert check(paper, "start").expectation.to_zero
    assert check(paper, "most").expectation.attained
    assert check(paper, "least").expectation.strictly
    band = check(paper, "band").expectation
    assert (band.within.below, band.within.above, band.within.relative) == (0.1, 0.2, False)
    assert band.over["seed"] == Over("fraction", 0.9, 0.05)
    assert band.upper is not None
    assert check(paper, "equal").expectation.bounded == (0.0, 3.0)
    assert check(paper, "equal").expectation.within.relative
    assert exact(check(paper, "falls").expectation.target) == -1
    chosen = check(paper, "chosen")
    assert chosen.where == tree("rho <= 100")
    assert (chosen.keep is not None, chosen.keep_share) == (True, 0.8)


def test_definitions_with_arguments_are_filled_in(paper: Paper) -> None:
    assert symbols_of(check(paper, "band").quantity) == {"rho", "svm.w", "margins"}


def test_a_time_with_logarithmic_axis_becomes_the_recorded_logarithm(paper: Paper) -> None:
    one = measure(paper, "slow").checks[0]
    assert one.expectation.axis == "s"
    assert one.expectation.target == tree("1/s")


def test_a_power_of_that_time_is_refused(everything: Path) -> None:
    text = everything.read_text().replace("rate: 1/log(t), as", "rate: 1/t, as")
    with pytest.raises(SpecErrors, match="'t' itself is never evaluated"):
        load_text(text, "everything", "everything.yaml")


def test_parameters_are_numbers_or_trees(paper: Paper) -> None:
    params = measure(paper, "path").run.params
    assert params.radius == tree("rho")
    assert params.data.shift == 2.5
    step = measure(paper, "descent").run.params.dynamics.step
    assert symbols_of(step) == {"m"}


def test_sweeps(paper: Paper) -> None:
    axis = measure(paper, "path").run.sweep[0]
    assert (axis.values[0], axis.values[-1], len(axis.values)) == (10.0, 10000.0, 13)
    ratios = [b / a for a, b in zip(axis.values, axis.values[1:], strict=False)]
    assert max(ratios) - min(ratios) < 1e-12
    cases = measure(paper, "cases").run
    assert cases.sweep == ()
    assert dict(cases.case_values) == {"rho": (1.0, 2.0), "tol": (1.0, 2.5)}


def test_a_log_spaced_axis_of_an_integer_symbol_is_rounded(everything: Path) -> None:
    text = everything.read_text().replace("m: [8, 16, 32]", "m: {log_spaced: [1, 8], points: 12}")
    values = measure(load_text(text, "everything", "e.yaml"), "descent").run.sweep[0].values
    assert values == (1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0)


def test_scales_change_only_what_they_name(everything: Path) -> None:
    runs = {scale: measure(load_paper(everything, scale), "path").run for scale in ("smoke", "standard", "large")}
    assert len(runs["smoke"].sweep[0].values) == 8
    assert runs["large"].params.data.points == 16
    assert runs["standard"].params == runs["smoke"].params
    assert len({run.key for run in runs.values()}) == 3


def test_equal_runs_share_a_key_and_different_ones_do_not(read) -> None:
    second = (
        "claims:\n",
        "  twin:\n    experiment: optimize\n    params: {loss: exp(-u), radius: rho, model: {kind: linear}, "
        "data: {dimension: 3, kind: separable, points: 8}}\n"
        "    sweep: {rho: {log_spaced: [1e1, 10000], points: 13}}\nclaims:\n",
    )
    more = (
        "        controls:\n          - {at_most: 0",
        "        controls: [{at_most: 0, because: x}, {rate: 1/rho**2, because: y}]\n      - run: twin\n"
        "        checks: {low: {quantity: rho, over: {rho: every, seed: every}, at_least: 0}}\n"
        "        controls:\n          - {at_least: 1e9, because: far}\n          - {at_least: 1e8",
    )
    drop = ("\n          - {rate: 1/rho**2, because: next order}", "")
    first, twin = (m.run for m in read(second, more, drop).claims[0].measures)
    assert first.key == twin.key
    other = read(second, more, drop, ("dimension: 3}\n", "dimension: 4}\n")).claims[0].measures
    assert other[0].run.key != other[1].run.key


def test_arms_are_parameters_of_their_own(paper: Paper) -> None:
    run = measure(paper, "descent").run
    assert {arm: params.dynamics.steps for arm, params in run.arms.items()} == {"one": 50, "two": 100}
    assert symbols_of(measure(paper, "descent").checks[0].quantity) == {"log_loss.one", "log_loss.two"}


def test_draws_that_nobody_can_make_are_unsupported_and_not_an_error(paper: Paper) -> None:
    one = measure(paper, "ordered")
    assert "tie drawn symbols together" in one.unsupported
    assert one.checks == ()


def test_the_laws_of_what_is_drawn_come_with_the_run(paper: Paper) -> None:
    run = measure(paper, "tails").run
    assert (run.laws["z"].name, run.laws["z"].parameters) == ("normal", (num(0), num(1)))
    assert set(measure(paper, "walk").run.laws) == {"z"}
    assert measure(paper, "halves").run.laws == {}
    text = (Path(__file__).parent / "files" / "everything.yaml").read_text(encoding="utf-8")
    other = load_text(text.replace("normal(0, 1)", "normal(0, 2)"), "everything", "e.yaml")
    assert measure(other, "tails").run.key != run.key
    assert measure(other, "halves").run.key == measure(paper, "halves").run.key


def test_what_a_run_draws_or_moves_has_to_be_declared_and_a_law_is_not_conditioned() -> None:
    text = (Path(__file__).parent / "files" / "everything.yaml").read_text(encoding="utf-8")
    wrong = {
        "draw: [z], samples": ("draw: [zz], samples", "'zz' is not declared"),
        "map: {v: v/2 + z}, start: {v: x}": ("map: {vv: 1/2 + z}, start: {vv: x}", "'vv' is not declared"),
        "{law: 'normal(0, 1)', meaning: standard normal}": ("{law: 'normal(0, sigma)', meaning: z}", "needs 'sigma'"),
        "{law: 'normal(0, 1)', meaning": ("{law: 'normal(0, 1)', where: z > 0, meaning", "conditioned law"),
    }
    for before, (after, said) in wrong.items():
        with pytest.raises(SpecErrors, match=said):
            load_text(text.replace(before, after), "everything", "e.yaml")


def test_references_publish_their_outputs(paper: Paper) -> None:
    svm = measure(paper, "path").run.references["svm"]
    assert (list(svm.variables), svm.duals, svm.residual_below) == (["w"], ("a",), 1e-10)
    assert "svm" not in measure(paper, "draws").run.references


# controls


def test_every_form_of_control(paper: Paper) -> None:
    assert {one.form for one in measure(paper, "path").controls} == {"prediction", "let", "with", "drop"}


def test_a_prediction_control_reuses_the_measurement(paper: Paper) -> None:
    one = control(paper, "another constant")
    assert one.run is None
    assert [c.name for c in one.checks] == ["equal", "crossing"], "it applies to every check with that predicate"
    assert one.checks[0].quantity == check(paper, "equal").quantity
    assert exact(one.checks[0].expectation.target) == 1


def test_a_let_control_changes_the_quantity_and_not_the_run(paper: Paper) -> None:
    one = control(paper, "not normalised")
    assert one.run is None
    assert one.checks[0].quantity == tree("rho - min(margins)")
    assert one.checks[0].expectation == check(paper, "equal").expectation


def test_a_let_control_may_replace_a_definition_of_the_file(paper: Paper) -> None:
    one = control(paper, "another order")
    assert [c.name for c in one.checks] == ["slope", "slope_up"]
    assert one.checks[0].expectation.target == tree("1/rho**2")


def test_a_let_control_may_replace_part_of_a_reference(paper: Paper) -> None:
    one = control(paper, "another norm")
    assert one.run.references["svm"].subject_to == measure(paper, "path").run.references["svm"].subject_to
    assert one.run.references["svm"].minimise != measure(paper, "path").run.references["svm"].minimise
    assert one.run.params == measure(paper, "path").run.params


def test_a_with_control_keeps_prediction_and_quantity(paper: Paper) -> None:
    one = control(paper, "another loss")
    assert one.checks == (check(paper, "equal"),)
    assert one.run.key != measure(paper, "path").run.key
    assert one.original_on_patched == ()


def test_a_control_of_run_and_prediction_carries_the_true_prediction_along(paper: Paper) -> None:
    one = control(paper, "run and prediction")
    assert one.original_on_patched == (check(paper, "equal"),)
    assert exact(one.checks[0].expectation.target) == 3
    assert one.run.params.data.points == 4


def test_a_dropped_assumption_is_broken_and_suspended(paper: Paper) -> None:
    one = control(paper, "'separable' is dropped")
    assert one.run.params.data.flip == 1
    assert one.suspended == ("separable",)
    assert len(one.checks) == len(measure(paper, "path").checks)


def test_at_pins_a_point(paper: Paper) -> None:
    assert dict(control(paper, "only at small radius").at) == {"rho": 10.0}


def test_an_assumption_without_broken_by_cannot_be_dropped(refuse) -> None:
    errors = refuse((", broken_by: {data.flip: 1}", ""), ("{at_most: 0, because: below}", "{drop: separable}"))
    assert "does not say what breaks it; expected broken_by:" in str(errors[0])


def test_a_rate_without_authored_control_gets_its_neighbours(read) -> None:
    paper = read(("          - {rate: 1/rho**2, because: next order}\n", ""))
    added = [c for c in paper.claims[0].measures[0].controls if "added by the tool" in c.because]
    assert [c.text for c in added] == [
        "rate: 1/rho times rho**(1/4)",
        "rate: 1/rho times rho**(-1/4)",
        "rate: 1/rho times log(rho)",
        "rate: 1/rho times 1/log(rho)",
    ]
    slopes = [growth(c.checks[0].expectation.target, "rho", 1e4, {}) for c in added[:2]]
    assert slopes == pytest.approx([-0.75, -1.25])
    assert not [c for c in read().claims[0].measures[0].controls if "added by the tool" in c.because]


def test_assumptions_go_to_claim_and_measurement(paper: Paper) -> None:
    one = claim(paper, "predicates")
    assert [(a.name, a.by, a.check is not None) for a in one.assumptions] == [
        ("separable", "data", False),
        ("generic", None, True),
    ]
    assert one.measures[0].assumptions == one.assumptions


def test_a_paper_is_immutable_and_remembers_its_content(read) -> None:
    first, second = read(), read(("title: A paper", "title: Another paper"))
    assert first == read()
    assert first.content_hash != second.content_hash
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.slug = "x"  # type: ignore[misc]


# small parts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", "12"),
        ("-0.5", "-1/2"),
        ("1e-3", "1/1000"),
        ("5/2", "5/2"),
        (".1", "1/10"),
        ("010", "10"),
        ("1.5e2", "150"),
    ],
)
def test_numbers_are_exact(text: str, value: str) -> None:
    assert exact_number(text) == Fraction(value)


@pytest.mark.parametrize("text", ["", "x", "1e", "1/0", "1/2/3", "1_000", "0x10", "nan", "inf", "1e9999", "--1", "٣"])
def test_what_is_not_a_number(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        exact_number(text)


def test_constants_exact_and_rough() -> None:
    assert exact(tree("2**10/3 - 1")) == Fraction(1021, 3)
    assert exact(tree("sqrt(4)")) is None
    assert exact(tree("x - x")) is None
    assert rough(tree("exp(1) + sqrt(x)"), {"x": 4.0}) == pytest.approx(2.718281828459045 + 2)
    assert rough(tree("log(x)"), {"x": -1.0}) is None
    assert growth(tree("rho**(-1/2)"), "rho", 100.0, {}) == pytest.approx(-0.5)


def test_patches() -> None:
    run = {"params": {"model": {"parts": [{"depth": "1"}]}}, "sweep": {"m": ["1"]}}
    assert patched(run, {"model.parts[0].depth": "2"})["params"]["model"]["parts"][0]["depth"] == "2"
    assert patched(run, {"sweep.m": ["3"]})["sweep"] == {"m": ["3"]}
    assert run["params"]["model"]["parts"][0]["depth"] == "1", "the original is not touched"
    for path in ("modle.depth", "model.parts[1].depth", "sweep.m.x", "model.parts.depth"):
        with pytest.raises(PatchError):
            patched(run, {path: "1"})


FINE_GRAINED = (Path(__file__).parent / "files" / "residual_dynamics.yaml").read_text()


def test_the_example_of_the_language_is_read() -> None:
    paper = load_text(FINE_GRAINED, "residual_dynamics", "r.yaml")
    (one,) = paper.claims
    assert [c.name for m in one.measures for c in m.checks] == ["shrinks", "small"]
    shrinks = one.measures[0].checks[0].expectation
    assert shrinks.over["k"] == Over("max")
    assert growth(shrinks.target, "m", 1e4, {}) == pytest.approx(-0.5)
    assert [c.form for c in one.measures[0].controls] == ["let", "drop"]


def test_the_small_file_shows_only_its_changes() -> None:
    assert changed() == changed(("A statement.", "A statement."))
