"""What a directed search adds to a check: what it attacks, which of the instances found count, and the witness shown.

The one idea to know: a found instance is evidence only where its numbers can be trusted.  One whose value is not a number
or drowns in rounding says nothing and is left out; a violation is recomputed in ball arithmetic where that can be had, and
one that does not stand there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from checker.expr.errors import UnsupportedError
from checker.expr.node import ZERO, Fn, Node, Num, mul, symbols_of
from checker.expr.vectors import MAX_COMPONENTS
from checker.judge.prediction import Judgement, Kind, Within
from checker.judge.sample import SEED, Sample
from checker.simulate.exact_point import Point, enclosed, fulfils, inside, points_near
from checker.simulate.measurement import Measurement
from checker.simulate.search import Attack
from checker.simulate.values import EPSILON
from checker.spec.claim import Assumption, Check, Run
from checker.verdict import Verdict
from checker.verify.evaluation import Reading
from checker.verify.stability import scatter

Array = npt.NDArray[np.float64]
CLEAR = 10.0
MOST_RECOMPUTED = 32
RESOLVED = 0.01
"""The judge takes a bound that is touched for one that holds where ten errors are below this share of its size."""


_ATTACKED = (Kind.AT_MOST, Kind.AT_LEAST, Kind.BETWEEN, Kind.LESS_THAN, Kind.EQUALS)


def attackable(check: Check) -> bool:
    """Whether a check says something of every instance that one instance can break."""
    over = check.expectation.over.get(SEED)
    return over is not None and over.rule == "every" and check.expectation.kind in _ATTACKED


def attack_of(check: Check, run: Run, assumptions: Sequence[Assumption] = ()) -> Attack | None:
    """For a claim about every instance: what a directed search drives up; ``None`` where there is nothing to drive.

    An instance counts only where the claim's checked assumptions, what the run requires and ``keep`` hold.
    """
    expected = check.expectation
    if not attackable(check):
        return None
    quantity, target = check.quantity, expected.target
    sides: dict[Kind, tuple[tuple[Node, Node], ...]] = {
        Kind.AT_MOST: ((quantity, target),),
        Kind.AT_LEAST: ((target, quantity),),
        Kind.LESS_THAN: ((quantity, target),),
        Kind.EQUALS: ((quantity, target), (target, quantity)),
    }
    if expected.upper is not None:
        sides[Kind.BETWEEN] = ((target, quantity), (quantity, expected.upper))
    held = [assumption.check for assumption in assumptions if assumption.check is not None]
    held += [node for _, node in run.require] + ([check.keep] if check.keep is not None else [])
    return Attack(sides[expected.kind], _slack(expected.within, target, expected.strictly), tuple(held), check.where)


def _slack(within: Within | None, target: Node, strictly: bool) -> Node:
    if within is None or strictly:
        return ZERO
    size = Num(Fraction(max(within.below, within.above)))
    return mul(size, Fn("abs", (target,))) if within.relative else size


@dataclass(frozen=True, slots=True)
class Screened:
    """A reading without the found instances that say nothing, and what became of the violations in it.

    ``stood`` counts entries whose violation stood in ball arithmetic, ``fell`` those it did not, ``left_out`` the
    instances found that are no evidence.
    """

    reading: Reading
    left_out: int = 0
    stood: int = 0
    fell: int = 0
    simple: int | None = None  # the row of the violation that was made simple
    narrow: tuple[int, ...] | None = None  # an entry that breaks the claim by less than doubles can tell

    @property
    def note(self) -> str:
        """The violation's standing in words, or nothing."""
        return "the violation stands in ball arithmetic" if self.stood or self.narrow else ""


def screened(
    check: Check, run: Run, measurement: Measurement, reading: Reading, conditions: Sequence[Node] = ()
) -> Screened:
    """``reading`` as evidence: see ``Screened``.  Instances drawn at random are never left out.

    ``conditions`` are what an instance has to fulfil to count; a violation too small for doubles counts only where they
    certainly hold at its exact point.
    """
    excess, error, slack = _excess(check, reading)
    broken = violations(check, reading)
    sample, stood, fell = reading.sample, 0, 0
    values, errors = sample.values.copy(), sample.error.copy()
    undefined = np.zeros(sample.values.shape[0], dtype=bool)
    found = np.asarray(sample.coords[SEED] < 0)
    rows_found = found.reshape(-1, *(1,) * (values.ndim - 1))
    hidden = _hidden(check, reading, excess, error, slack) | ~np.isfinite(errors)
    hidden &= rows_found & np.isfinite(values)
    # What breaks a bound by less than doubles can tell holds for the judge, unless exact numbers say otherwise.
    with np.errstate(invalid="ignore"):
        touched = rows_found & ~broken & ~hidden & (excess > slack) & (check.expectation.kind is not Kind.EQUALS)
    asked = [place for some in (broken, hidden, touched) for place in _worst_places(np.where(some, excess - slack, -np.inf))]
    unknown = np.zeros(values.shape, dtype=bool)
    narrow: tuple[int, ...] | None = None
    unseen = broken & rows_found
    for place in asked:
        answer = _recomputed(check, run, measurement, sample, place, conditions)
        if answer is None:
            continue
        unseen[place] = False
        if isinstance(answer, str):
            undefined[place[0]] |= not touched[place]
            continue
        middle, radius, violated, admitted = answer
        if touched[place]:
            narrow = narrow or (place if violated and admitted else None)
            continue
        if violated and not broken[place] and not admitted:
            unknown[place] = True  # at the very edge of what was declared: on which side is not known
            continue
        stood, fell = stood + violated, fell + (bool(broken[place]) and not violated)
        if not (violated and broken[place]):
            values[place], errors[place] = middle, radius
    expected = check.expectation
    nodes = [node for node in (check.quantity, expected.target, expected.upper) if node is not None]
    noise = np.zeros(values.shape)
    noise[unseen] = scatter(nodes, [_instance(run, measurement, sample, tuple(place)) for place in np.argwhere(unseen)])
    errors = np.maximum(errors, noise)
    undefined |= np.any((unseen & (excess - slack <= CLEAR * noise)).reshape(len(found), -1), axis=1)
    reading = replace(reading, sample=replace(sample, values=values, error=errors))
    excess, error, slack = _excess(check, reading)
    still = violations(check, reading)
    useless = (_hidden(check, reading, excess, error, slack) & ~unknown) | ~np.isfinite(values) | ~np.isfinite(errors)
    # An instance that breaks the claim in one cell is a counterexample whatever becomes of it in another.
    breaking = np.any(still.reshape(len(found), -1), axis=1)
    if narrow is not None:
        breaking[narrow[0]] = True
    out = np.asarray(found & (undefined | np.any(useless.reshape(len(found), -1), axis=1)) & ~breaking)
    reading = _filled(reading, useless & breaking.reshape(rows_found.shape) & rows_found, found)
    rows = np.flatnonzero(~out)
    simple = np.flatnonzero((sample.coords[SEED][rows] == -1) & breaking[rows]) if out.size else np.zeros(0, dtype=int)
    return Screened(
        _rows(reading, rows) if out.any() else reading, int(out.sum()), stood, fell,
        int(simple[0]) if simple.size else None, narrow and (int(np.searchsorted(rows, narrow[0])), *narrow[1:]),
    )  # fmt: skip


def _filled(reading: Reading, empty: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> Reading:
    """The reading with what a counterexample has in cells where its numbers say nothing taken from a drawn instance."""
    drawn = np.flatnonzero(~found)
    if not empty.any() or not drawn.size:
        return reading
    sample, prediction = reading.sample, reading.prediction

    def put(array: Array) -> Array:
        full = np.broadcast_to(array, empty.shape)
        return np.where(empty, full[drawn[0]][None], full)

    return replace(
        reading,
        sample=replace(sample, values=put(sample.values), error=put(sample.error)),
        prediction=replace(
            prediction, target=put(prediction.target), upper=None if prediction.upper is None else put(prediction.upper)
        ),
    )


def violations(check: Check, reading: Reading) -> npt.NDArray[np.bool_]:
    """Where an entry of the sample breaks the claim by more than the slack and ten numerical errors."""
    excess, error, slack = _excess(check, reading)
    with np.errstate(invalid="ignore"):
        return np.asarray(excess - slack > CLEAR * error)


def _excess(check: Check, reading: Reading) -> tuple[Array, Array, Array]:
    """How far each entry breaks the claim, its numerical error, and the slack of the verdict, of the sample's shape."""
    sample, prediction = reading.sample, reading.prediction
    values, kind = sample.values, prediction.kind
    target = np.broadcast_to(prediction.target, values.shape)
    parts = {
        Kind.AT_LEAST: [target - values],
        Kind.EQUALS: [values - target, target - values],
        Kind.BETWEEN: [target - values, values - np.broadcast_to(prediction.upper, values.shape)]
        if prediction.upper is not None
        else [target - values],
    }.get(kind, [values - target])
    error = sample.error + 8 * EPSILON * np.maximum(np.abs(values), np.abs(target))
    within = check.expectation.within
    slack = np.zeros(values.shape)
    if within is not None and not prediction.strictly:
        slack = np.broadcast_to(max(within.below, within.above) * (np.abs(target) if within.relative else 1.0), values.shape)
    return np.maximum.reduce(parts), error, slack


def _hidden(check: Check, reading: Reading, excess: Array, error: Array, slack: Array) -> npt.NDArray[np.bool_]:
    """The entries whose numerical error hides on which side of the region they lie."""
    values, prediction = reading.sample.values, reading.prediction
    with np.errstate(invalid="ignore"):
        holds = excess + error <= slack
        if prediction.kind is Kind.EQUALS:
            return np.asarray(~holds & (excess - error <= slack / 2))
        size = np.maximum(np.abs(values), np.abs(np.broadcast_to(prediction.target, values.shape)))
        size = np.where(np.isfinite(size), size, 0.0).max(axis=0, keepdims=True)
        unresolved = CLEAR * error > RESOLVED * size
        return np.asarray(~holds & (excess - slack <= CLEAR * error) & unresolved)


def _worst_places(violations: Array) -> list[tuple[int, ...]]:
    """Where a violation has to be recomputed, the worst first."""
    order = np.argsort(-violations, axis=None, kind="stable")[:MOST_RECOMPUTED]
    places = [tuple(int(i) for i in np.unravel_index(int(flat), violations.shape)) for flat in order]
    return [place for place in places if violations[place] > -np.inf]


def _recomputed(
    check: Check, run: Run, measurement: Measurement, sample: Sample, place: tuple[int, ...], conditions: Sequence[Node]
) -> tuple[float, float, bool, bool] | str | None:
    """Quantity, its error, whether the claim is broken and whether the point certainly counts, in ball arithmetic, at the
    first exact point of the instance that breaks the claim; a text where the quantity is undefined.

    ``None`` where ball arithmetic cannot say: names computed by a solver, arrays too large, an enclosure too wide.
    """
    values = _instance(run, measurement, sample, place)
    if values is None:
        return None
    expected = check.expectation
    nodes = [node for node in (check.quantity, expected.target, expected.upper, *conditions) if node is not None]
    named = frozenset().union(*(symbols_of(node) for node in nodes)) | set(getattr(run.params, "draw", ()))
    values = {name: value for name, value in values.items() if name in named and np.all(np.isfinite(value))}
    if sum(value.size for value in values.values()) > MAX_COMPONENTS:
        return None
    first: tuple[float, float, bool, bool] | str | None = None
    for number, point in enumerate(points_near(run.domains, values)):
        try:
            answer = _at_point(check, point)
        except (UnsupportedError, ArithmeticError, RecursionError):
            return None
        if isinstance(answer, tuple) and answer[2]:
            counts = _counts(run, point, conditions)
            if counts is not False:
                return (*answer, counts is True)
            answer = "no instance"
        full = (*answer, False) if isinstance(answer, tuple) else answer
        if number == 0 or isinstance(first, str):
            first = full
    return first


def _counts(run: Run, point: Point, conditions: Sequence[Node]) -> bool | None:
    """Whether an exact point is an instance: in the domains, and all conditions hold; ``None`` where that is open."""
    drawn = [name for name in getattr(run.params, "draw", ()) if name in point]
    if not all(inside(run.domains[name], point[name]) for name in drawn if run.domains[name].rows is None):
        return False
    answers = [fulfils(condition, point) for condition in conditions]
    if False in answers:
        return False
    ranged = any(name in getattr(run.params, "ranges", {}) for name in drawn)
    return None if None in answers or ranged else True


def _at_point(check: Check, point: Point) -> tuple[float, float, bool] | str | None:
    expected = check.expectation
    sides = [enclosed(node, point) for node in (check.quantity, expected.target)]
    upper = enclosed(expected.upper, point) if expected.upper is not None else None
    quantity, target = sides
    if quantity is None or target is None or (expected.upper is not None and upper is None):
        return "undefined"
    if not all(np.isfinite([*quantity, *target])):
        return None
    within = expected.within
    slack = 0.0
    if within is not None and not expected.strictly:
        slack = max(within.below, within.above) * (max(map(abs, target)) if within.relative else 1.0)
    over = quantity[0] - (upper[1] if upper is not None else target[1])
    under = target[0] - quantity[1]
    certain = {
        Kind.AT_LEAST: under, Kind.EQUALS: max(over, under), Kind.BETWEEN: max(over, under),
    }.get(expected.kind, over)  # fmt: skip
    middle, radius = (quantity[0] + quantity[1]) / 2, (quantity[1] - quantity[0]) / 2
    if not certain > slack and radius > EPSILON * max(1.0, abs(middle)):
        return None  # too wide to contradict the measurement
    return middle, radius, certain > slack


def _instance(
    run: Run, measurement: Measurement, sample: Sample, place: tuple[int, ...]
) -> Mapping[str, Array] | None:
    """The numbers of one entry: what the instance was given, and the symbols of its cell of the sweep."""
    where = dict(zip(sample.axes, place, strict=True))
    seed = sample.coords[SEED][where[SEED]]
    rows = np.flatnonzero(measurement.coords[SEED] == seed)
    if rows.size != 1:
        return None
    found: dict[str, Array] = {}
    for name, item in measurement.observables.items():
        if item.twin is not None or set(item.axes) - {SEED}:
            continue
        found[name] = item.values[rows[0]] if item.axes else item.values
    for axis, index in where.items():
        if axis != SEED:
            found[axis] = np.asarray(sample.coords[axis][index])
    case = where.get("case")
    if case is not None:
        number = int(sample.coords["case"][case])
        found |= {name: np.asarray(values[number]) for name, values in run.case_values.items()}
    return {name: np.asarray(value, dtype=np.float64) for name, value in found.items()}


def _rows(reading: Reading, rows: npt.NDArray[np.int64]) -> Reading:
    """The reading of some of its instances."""
    sample, prediction = reading.sample, reading.prediction
    count = len(sample.coords[SEED])

    def cut(array: Array) -> Array:
        return array[rows] if array.ndim == sample.values.ndim and array.shape[0] == count else array

    return replace(
        reading,
        sample=replace(
            sample, values=sample.values[rows], error=sample.error[rows],
            coords={**sample.coords, SEED: sample.coords[SEED][rows]},
        ),
        prediction=replace(
            prediction, target=cut(prediction.target),
            upper=None if prediction.upper is None else cut(prediction.upper),
        ),
        kept=len(rows),
    )  # fmt: skip


def simplest(check: Check, screen: Screened, judgement: Judgement) -> Judgement:
    """The judgement with the violation that was made simple as its witness, at the smallest cell where it is one.

    What passed is failed by an entry that breaks the claim by less than doubles can tell, but stands in exact numbers.
    """
    if screen.narrow is not None and judgement.verdict is not Verdict.FAIL:
        places = dict(zip(screen.reading.sample.axes, screen.narrow, strict=True))
        said = "broken by less than doubles can tell, at an exact point"
        worst = {axis: places[axis] for axis in judgement.worst if axis in places}
        return replace(judgement, verdict=Verdict.FAIL, how=None, reason=said, worst=worst)
    if screen.simple is None or not judgement.worst:
        return judgement
    broken = np.argwhere(violations(check, screen.reading)[screen.simple])
    if not len(broken):
        return judgement
    axes = [axis for axis in screen.reading.sample.axes if axis != SEED]
    cell = dict(zip(axes, (int(i) for i in broken[0]), strict=True))
    return replace(judgement, worst={SEED: screen.simple, **{axis: cell[axis] for axis in axes if axis in judgement.worst}})


def spelled(run: Run, measurement: Measurement, seed: float, named: Sequence[Node]) -> dict[str, str]:
    """The symbols that an instance gives values to, as short as they can be written."""
    rows = np.flatnonzero(measurement.coords[SEED] == seed)
    used = frozenset().union(*(symbols_of(node) for node in named))
    bases = {name.partition("[")[0] for name in used}
    found = {}
    for name in getattr(run.params, "draw", ()):
        item = measurement.observables.get(name)
        if name in bases and rows.size == 1 and item is not None and item.axes == (SEED,):
            found[name] = _array(item.values[rows[0]])
    return found


def _array(values: Array) -> str:
    """An array in words: its entries, or the few that are not zero."""
    if values.ndim == 0:
        return _number(float(values))
    nonzero = np.argwhere(values != 0)
    if values.size > 6 and len(nonzero) <= 6:
        entries = ", ".join(f"{_number(float(values[tuple(i)]))} at {list(map(int, i))}" for i in nonzero)
        return f"zero but for {entries}" if entries else "zero"
    if values.size <= 24:
        return str(np.vectorize(_number, otypes=[object])(values).tolist()).replace("'", "")
    alike = np.unique(values)
    if len(alike) <= 2:
        return " and ".join(f"{_number(float(v))} in {int((values == v).sum())} entries" for v in alike)
    return f"{values.size} numbers from {_number(float(values.min()))} to {_number(float(values.max()))}"


def _number(value: float) -> str:
    near = Fraction(value).limit_denominator(1000)
    if float(near) == value and near.denominator > 1 and len(str(near)) < len(f"{value:.17g}"):
        return str(near)
    return f"{value:.17g}" if float(f"{value:.6g}") != value else f"{value:.6g}"
