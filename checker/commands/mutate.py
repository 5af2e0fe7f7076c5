"""Change claims in the standard ways and say which changes their checks notice.

Every proved obligation and every check that passes is changed in up to eight ways: a constant, an exponent, a sign, a
relation, a value, a term, factor or hypothesis left out.  The changed obligation has to be refuted by the same provers; the
changed prediction or quantity has to come out FAIL under the same rule on the same measurement (nothing is simulated
twice).  What is not noticed is printed with the reason: it may be true, or undecided, or inside the declared margin.

`check PATH` does the same at the scales standard and large and puts the score into the report.  Claims that are expected
to fail are left out: a neighbour of a false statement may well be true.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from checker.commands.run import add_run_options
from checker.errors import CheckError, ExitCode
from checker.result import ClaimResult, PaperResult
from checker.targets import Target, grouped, resolve

_LONGEST = 100


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="claim files, folders, slugs of claims/, or slug/claim"
    )
    add_run_options(parser)
    parser.add_argument(
        "--min-score", type=_percentage, metavar="PERCENT", help="exit 1 where a file has a lower share rejected"
    )
    parser.add_argument("--all", action="store_true", help="list the rejected mutants too")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _percentage(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError("expected a number from 0 to 100")
    return value


def run(options: argparse.Namespace) -> int:
    """Print a table for each file; returns the exit code."""
    if not options.paths:
        raise CheckError("nothing to mutate: name a claim file, a folder or a slug", ExitCode.NOTHING_SELECTED)
    code = ExitCode.OK
    for target, claims in grouped(resolve(options.paths)):
        paper = _verified(target, claims, options)
        print("\n".join(_lines(paper, options.all)), flush=True)
        rejected, made = _score(paper.claims)
        if options.min_score is not None and 100 * rejected < options.min_score * made:
            code = ExitCode.FAILED
            print(f"{paper.slug}: below the {options.min_score:g} % that were asked for", flush=True)
    return int(code)


def _verified(target: Target, claims: frozenset[str] | None, options: argparse.Namespace) -> PaperResult:
    from checker.spec.load import load_paper

    paper = load_paper(target.path, scale=options.scale)

    from checker.api import run_paper
    from checker.console import display
    from checker.verify.paper import Options

    settings = Options(scale=options.scale, seed=options.seed, device=options.device, jobs=options.jobs, mutants=True)
    with display(quiet=options.quiet) as listener:
        return run_paper(paper, target, claims, settings, listener)


def _score(claims: tuple[ClaimResult, ...]) -> tuple[int, int]:
    mutants = [mutant.rejected for claim in claims for mutant in claim.mutants]
    return sum(mutants), len(mutants)


def _lines(paper: PaperResult, everything: bool) -> Iterator[str]:
    """One line a claim, its survivors indented below it, and the score of the file."""
    from checker.report.escape import clean, clip
    from checker.report.wording import score_words

    width = max((len(claim.id) for claim in paper.claims), default=0)
    for claim in paper.claims:
        said = score_words(*_score((claim,))) if claim.mutants else f"none: {claim.no_mutants or 'unchecked'}"
        yield f"{clean(claim.id):<{width}}  {claim.verdict}  {said}"
        for mutant in claim.mutants:
            if mutant.rejected and not everything:
                continue
            mark = "rejected" if mutant.rejected else "survives"
            yield f"  {mark}  {clean(mutant.of)}: {clean(mutant.change)}: {clip(clean(mutant.text), _LONGEST)}"
            yield f"            {clip(clean(mutant.reason), 2 * _LONGEST)}"
    yield f"{clean(paper.slug)}: {score_words(*_score(paper.claims))}"
