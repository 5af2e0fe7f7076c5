"""Show a witness again: one instance of a measurement, or an obligation at one point.

check replay lexmaxmargin/gap_limit/limit --instance 5 --at rho=100000
check replay lexmaxmargin/log_n_optimal/chain --member 'N = 2' --set lc=1/2,1/3
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from checker.commands.run import add_run_options
from checker.errors import CheckError, ExitCode
from checker.targets import Target, resolve

if TYPE_CHECKING:
    from checker.simulate.measurement import Measurement
    from checker.spec.claim import Check, Claim, Lemma, Measure
    from checker.verify.bench import Bench


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("target", metavar="SLUG/CLAIM/PART", help="a check or an obligation, as the report names it")
    parser.add_argument("--instance", type=int, metavar="K", help="instance (seed) of the measurement (default: 0)")
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="AXIS=VALUE",
        help="coordinate of a sweep or recorded axis (repeatable)",
    )
    parser.add_argument("--member", metavar="LABEL", help="member of a `for:` family, such as 'N = 5'")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="exact value of a symbol, such as x=7/4 (repeatable)",
    )
    add_run_options(parser)


def run(options: argparse.Namespace) -> int:
    """Find the part and show it."""
    target = _target(options.target)
    claim, parts = _find(target, options)
    print(f"{target.words}/{claim.id}/{target.part}")
    for part in parts:
        lines = _instance(*part, options) if isinstance(part, tuple) else _obligation(part, options)
        print("\n".join(lines))
    return int(ExitCode.OK)


def _target(name: str) -> Target:
    found = resolve([name])[0]
    if found.claim is None or found.part is None:
        raise CheckError(f"{name}: name a claim and a part of it, as in SLUG/CLAIM/PART")
    return found


def _find(target: Target, options: argparse.Namespace) -> tuple[Claim, list[Lemma | tuple[Measure, Check]]]:
    """The claim and its parts of that name: an obligation and a check may share one, the options tell which is meant."""
    from checker.spec.load import load_paper

    paper = load_paper(target.path, scale=options.scale)
    claim = next((claim for claim in paper.claims if claim.id == target.claim), None)
    if claim is None:
        known = ", ".join(claim.id for claim in paper.claims)
        raise CheckError(f"{target.words}: no claim {target.claim!r}; it has {known}", ExitCode.NOTHING_SELECTED)
    checks = [(measure, check) for measure in claim.measures for check in measure.checks]
    lemmas: list[Lemma | tuple[Measure, Check]] = [lemma for lemma in claim.lemmas if lemma.name == target.part]
    instances: list[Lemma | tuple[Measure, Check]] = [part for part in checks if part[1].name == target.part]
    if not lemmas and not instances:
        known = ", ".join(dict.fromkeys([*(one.name for one in claim.lemmas), *(check.name for _, check in checks)]))
        message = f"{target.words}/{claim.id}: no part {target.part!r}; it has {known}"
        raise CheckError(message, ExitCode.NOTHING_SELECTED)
    if options.instance is not None or options.at:
        return claim, instances or lemmas
    if options.member is not None or options.set:
        return claim, lemmas or instances
    return claim, [*lemmas, *instances]


def _pairs(texts: list[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise CheckError(f"{option} {text}: expected NAME=VALUE")
        pairs[name.strip()] = value.strip()
    return pairs


def _instance(measure: Measure, check: Check, options: argparse.Namespace) -> Iterator[str]:
    """One instance of a measurement, every coordinate on its line."""
    import numpy as np

    from checker.verify.bench import Bench
    from checker.verify.evaluation import EvaluationError, Reader, nodes_of, read, references_named
    from checker.verify.progress import silent_text

    bench = Bench(options.seed, options.device, silent_text)
    references = references_named(measure.run, nodes_of(check))
    instance = options.instance or 0
    if instance >= 0:
        measurement = bench.instance(measure.run, instance, references)
    else:
        measurement = _found(measure, check, bench, references, options.scale, instance)
    for reason in measurement.failures.values():
        yield f"  no evidence: {reason}"
    at = {name: _number(value) for name, value in _pairs(options.at, "--at").items()}
    try:
        reading = read(replace(check, keep=None), measure.run, Reader(measurement, {}))
    except EvaluationError as problem:
        raise CheckError(str(problem)) from None
    sample = reading.sample
    yield f"  {check.quantity_text}   {check.expectation.text}"
    predicted = np.broadcast_to(reading.prediction.target, sample.values.shape)
    for index in np.ndindex(sample.values.shape):
        place = {axis: sample.coords[axis][position] for axis, position in zip(sample.axes, index, strict=True)}
        place["seed"] = instance
        if any(not np.isclose(place.get(axis, np.nan), value, rtol=1e-6) for axis, value in at.items()):
            continue
        where = ", ".join(f"{axis} = {value:.10g}" for axis, value in place.items())
        yield (
            f"  {where}: measured {sample.values[index]:.12g} (numerical error {sample.error[index]:.2g}), "
            f"predicted {predicted[index]:.12g}, difference {sample.values[index] - predicted[index]:.6g}"
        )


def _found(
    measure: Measure, check: Check, bench: Bench, references: frozenset[str], scale: str, instance: int
) -> Measurement:
    """An instance that the directed search found (they have negative numbers): the search is run again."""
    from checker.simulate.measurement import only
    from checker.verify.measures import excess_of
    from checker.verify.scales import SCALES

    excess = excess_of(check)
    if excess is None:
        raise CheckError(f"--instance {instance}: only bounds over every instance are searched")
    seeds = measure.run.seeds or SCALES[scale].instances
    measurement = bench.measurement(measure.run, seeds, references)
    try:
        return only(bench.attack(measure.run, seeds, measurement, excess), instance)
    except KeyError:
        raise CheckError(f"--instance {instance}: the search did not find that many") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CheckError(f"--at: {text!r} is not a number") from None


def _obligation(lemma: Lemma, options: argparse.Namespace) -> Iterator[str]:
    """An obligation asked again, or its two sides at the point given."""
    from checker.prove.replay import at_point
    from checker.verify.lemmas import answer_all, questions_of

    yield f"  {lemma.text}"
    point = _pairs(options.set, "--set")
    questions = [q for q in questions_of("", lemma, "") if q.near_miss < 0 and options.member in (None, q.label)]
    if not questions:
        raise CheckError(f"no member {options.member!r}; it has {', '.join(label for label, _ in lemma.members)}")
    if point:
        for question in questions:
            yield from (f"  {question.label} {line}".rstrip() for line in at_point(question.obligation, point))
        return
    for answer in answer_all(questions, options.jobs, lambda index, member: None):
        yield f"  {answer.label} {answer.verdict}: {answer.reason}".replace("  ", " ", 0)
        yield from (f"    {line.engine}: {line.question}: {line.answer}" for line in answer.evidence)
        yield from _witness(answer.witness)


def _witness(witness: Mapping[str, str]) -> Iterator[str]:
    if witness:
        yield "    at " + ", ".join(f"{name} = {value}" for name, value in witness.items())
