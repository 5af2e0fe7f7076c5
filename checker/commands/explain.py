"""Say what a claim file will have proved and measured, and what would refute it, without running anything."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from checker.errors import ExitCode
from checker.targets import grouped, resolve

if TYPE_CHECKING:
    from checker.spec.claim import Claim, Lemma, Measure


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="claim files, slugs, or slug/claim")
    parser.add_argument("--scale", choices=("smoke", "standard", "large"), default="standard", help="default: standard")


def run(options: argparse.Namespace) -> int:
    """Explain the claims named."""
    from checker.spec.load import load_paper

    for target, claims in grouped(resolve(options.paths)):
        paper = load_paper(target.path, scale=options.scale)
        for claim in paper.claims:
            if claims is None or claim.id in claims:
                print("\n".join(_claim(f"{target.words}/{claim.id}", claim)), end="\n\n")
    return int(ExitCode.OK)


def _claim(name: str, claim: Claim) -> Iterator[str]:
    yield f"{name}  (expected {claim.expected})"
    yield f"  {' '.join(claim.statement.split())}"
    for assumption in claim.assumptions:
        how = (
            f"checked: {assumption.check_text}"
            if assumption.check is not None
            else f"by {assumption.by or 'declaration only'}"
        )
        yield f"  assumes {assumption.name} ({how})"
    for lemma in claim.lemmas:
        yield from _lemma(lemma)
    for measure in claim.measures:
        yield from _measure(measure)
    if claim.unchecked:
        yield f"  not checked: {claim.unchecked}"


def _lemma(lemma: Lemma) -> Iterator[str]:
    members = f" for {', '.join(label for label, _ in lemma.members)}" if len(lemma.members) > 1 else ""
    yield f"  proves {lemma.name} ({lemma.kind}, covers {lemma.covers}){members}: {lemma.text}"
    for text, _ in lemma.near_misses:
        yield f"    must refute: {text}"


def _measure(measure: Measure) -> Iterator[str]:
    from checker.verify.presentation import describe_run

    yield f"  measures {measure.run.name} ({measure.run.experiment}: {describe_run(measure.run)})"
    for check in measure.checks:
        over = ", ".join(f"{axis}: {over.rule}" for axis, over in check.expectation.over.items())
        yield f"    {check.name}: {check.quantity_text}  {check.expectation.text}  over {over or 'the one instance'}"
    for control in measure.controls:
        yield f"    must reject: {control.text} ({control.because})"
