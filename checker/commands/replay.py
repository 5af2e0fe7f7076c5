"""Show a witness or a measurement again, and say of one that a report holds whether it comes out the same.

From a report: scale, seed, instance and point are those stored in it.
  check replay reports/lexmaxmargin.json                        what can be replayed
  check replay reports/lexmaxmargin.json gap_limit/limit        a check: its witness, or else the whole measurement
  check replay reports/lexmaxmargin.json gap_limit/limit#2      the second near miss that the report lists for it
  check replay reports/lexmaxmargin.json log_n_optimal/chain    an obligation, asked again
What differs from the report (claim file, code, packages, device) is said first.  A value is the same where it agrees with
the stored one within the numerical errors of both, the end of an interval where it agrees in six digits.

From a claim file, with options as the Markdown of a report prints them:
  check replay lexmaxmargin/gap_limit/limit --instance 5 --at rho=100000
  check replay lexmaxmargin/log_n_optimal/chain --member 'N = 2' --set V=1/2 --set lc[0]=1/3

exit codes: 0 the same (or shown), 1 it came out otherwise, 2 a mistake in the command or a report that cannot be read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from checker.commands.run import add_run_options
from checker.errors import CheckError, ExitCode
from checker.targets import Target, resolve

if TYPE_CHECKING:
    from checker.spec.claim import Check, Claim, Lemma, Measure


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument(
        "target", metavar="SLUG/CLAIM/PART|REPORT.json", help="a check or an obligation, or the JSON of a report"
    )
    parser.add_argument("part", nargs="?", metavar="CLAIM/PART", help="of a report: what to replay (default: list it)")
    parser.add_argument(
        "--whole", action="store_true", help="of a report: measure and judge all again, even where there is a witness"
    )
    parser.add_argument("--claims", metavar="DIR", help="of a report: the folder of its claim file (default: beside it)")
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
    parser.set_defaults(scale=None, seed=None)  # a report brings its own


def run(options: argparse.Namespace) -> int:
    """Find the part and show it, or replay it from a report."""
    if options.target.endswith(".json"):
        from checker.commands.replay_report import replay_report

        return replay_report(options)
    if options.part is not None or options.whole or options.claims is not None:
        raise CheckError("CLAIM/PART, --whole and --claims go with the JSON of a report; name the part as SLUG/CLAIM/PART")
    options.scale, options.seed = options.scale or "standard", options.seed or 0
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
    from checker.verify.again import points_again
    from checker.verify.bench import Bench
    from checker.verify.progress import silent_text

    bench = Bench(options.seed, options.device, silent_text)
    at = {name: _number(value) for name, value in _pairs(options.at, "--at").items()}
    again = points_again(measure, check, bench, options.scale, options.instance or 0, at)
    yield from (f"  no evidence: {reason}" for reason in again.failures)
    yield f"  {check.quantity_text}   {check.expectation.text}"
    for point in again.points:
        where = ", ".join(f"{axis} = {value:.10g}" for axis, value in point.place.items())
        yield (
            f"  {where}: measured {point.value:.12g} (numerical error {point.error:.2g}), "
            f"predicted {point.predicted:.12g}, difference {point.value - point.predicted:.6g}"
        )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CheckError(f"--at: {text!r} is not a number") from None


def _obligation(lemma: Lemma, options: argparse.Namespace) -> Iterator[str]:
    """An obligation asked again, or its two sides at the point given."""
    from checker.verify.lemmas import answer_all, at_point_again, questions_of

    yield f"  {lemma.text}"
    point = _pairs(options.set, "--set")
    questions = [q for q in questions_of("", lemma, "") if q.near_miss < 0 and options.member in (None, q.label)]
    if not questions:
        raise CheckError(f"no member {options.member!r}; it has {', '.join(label for label, _ in lemma.members)}")
    if point:
        for question in questions:
            yield from (f"  {question.label} {line}".rstrip() for line in at_point_again(question, point))
        return
    for answer in answer_all(questions, options.jobs, lambda index, member: None):
        yield f"  {answer.label} {answer.verdict}: {answer.reason}".replace("  ", " ", 0)
        yield from (f"    {line.engine}: {line.question}: {line.answer}" for line in answer.evidence)
        yield from _witness(answer.witness)


def _witness(witness: Mapping[str, str]) -> Iterator[str]:
    if witness:
        yield "    at " + ", ".join(f"{name} = {value}" for name, value in witness.items())
