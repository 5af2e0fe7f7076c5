"""Verify claims: prove what can be proved, measure the rest, try to break it, and write the reports."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress

from checker.errors import CheckError, ExitCode, printable
from checker.process import complain, say

TYPE_CHECKING = False  # that of `typing`, without its import: `check --help` reads this module for its options
if TYPE_CHECKING:
    from pathlib import Path

    from checker.commands.side_by_side import Arguments
    from checker.execute.journal import Journal
    from checker.result import PaperResult
    from checker.targets import Target

_MOST_JOBS = 256
_OPEN = ("INCONCLUSIVE", "UNSUPPORTED")
_NO_REPORT = "no report written: it would replace that of the whole file (name a folder with --out)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="claim files, folders, slugs of claims/, or slug/claim"
    )
    add_run_options(parser)
    parser.add_argument("--no-mutants", action="store_true", help="make no mutants (at scale smoke none are made anyway)")
    parser.add_argument("--strict", action="store_true", help="count INCONCLUSIVE and UNSUPPORTED as failures")
    parser.add_argument(
        "--format",
        choices=("text", "json", "junit", "github"),
        default="text",
        help="what goes to standard output (default: text)",
    )
    parser.add_argument("--out", metavar="DIR", help="folder for the reports (default: reports/ beside claims/)")
    parser.add_argument("--no-cache", action="store_true", help="run even if nothing changed since the last run")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    parser.add_argument("--list", action="store_true", help="list the claims selected and stop")


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Options of every verb that runs simulations."""
    parser.add_argument("--scale", choices=("smoke", "standard", "large"), default="standard", help="default: standard")
    parser.add_argument("--seed", type=int, default=0, help="shifts every random draw (default: 0)")
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto", help="default: auto")
    parser.add_argument(
        "--jobs", type=_positive, default=os.cpu_count() or 1,
        help="processes for provers, at scale smoke also files at once (default: the cores)"
    )


def _positive(text: str) -> int:
    value = int(text)
    if not 1 <= value <= _MOST_JOBS:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {_MOST_JOBS}")
    return value


def run(options: argparse.Namespace) -> int:
    """Verify the files named; returns the exit code."""
    if not options.paths:
        raise CheckError(
            "nothing to check: name a claim file, a folder or a slug (`check --help`)", ExitCode.NOTHING_SELECTED
        )
    from pathlib import Path

    from checker.commands.side_by_side import running
    from checker.targets import grouped, resolve

    files = grouped(resolve(options.paths))
    if options.list:
        return _list(files)
    if options.out:
        _require_place(Path(options.out))
    _mention_cache()
    result: PaperResult | None
    results: list[PaperResult] = []
    verdicts: list[tuple[str, ...]] = []
    problems: list[CheckError] = []
    work = _work(files, options)
    with running(work, options.jobs) as waiting:
        for target, claims in files:
            try:
                if target.path in waiting:
                    lines, found, result = _elsewhere(waiting[target.path].result(), target, claims, options)
                else:
                    lines, found, result = _one_file(target, claims, options)
            except CheckError as problem:  # the other files are still worth checking
                problems.append(problem)
                complain(problem.message)
                continue
            finally:
                _let_go()
            verdicts.append(found)
            if options.format == "text":
                say("\n".join(lines))
            elif result is not None:
                results.append(result)
    if options.format != "text":
        say(_formatted(results, problems, options))
    if problems:
        return max(int(problem.code) for problem in problems)
    return _exit_code(verdicts, strict=options.strict)


def _require_place(folder: Path) -> None:
    """Say that nothing can be written there before hours are spent on what should be; what else may go wrong shows later."""
    try:
        if folder.is_symlink():
            raise CheckError(f"{folder}: is a symbolic link; give the folder it points to")
        if os.path.lexists(folder) and not folder.is_dir():
            raise CheckError(f"{folder}: is not a folder")
    except OSError as problem:
        raise CheckError(f"{str(folder)[:200]}: {problem.strerror}") from None


def _mention_cache() -> None:
    """Say so where the cache folder is somebody else's: every run is then a first one."""
    from checker.execute import receipts

    try:
        place = receipts.folder()
    except OSError:
        return
    reason = receipts.trusted(place)
    if reason:
        complain(f"the cache folder {place} is not used: {reason}")


def _list(files: list[tuple[Target, frozenset[str] | None]]) -> int:
    from checker.spec.load import load_paper

    for target, claims in files:
        for claim in load_paper(target.path).claims:
            if claims is None or claim.id in claims:
                say(f"{target.words}/{claim.id}")
    return int(ExitCode.OK)


def _one_file(
    target: Target, claims: frozenset[str] | None, options: argparse.Namespace
) -> tuple[tuple[str, ...], tuple[str, ...], PaperResult | None]:
    """Summary lines, unmet verdicts and result of one file, from its receipt where nothing changed.

    A whole file writes its report; single claims of it do so only into a folder that was named, because they would
    replace the report of the whole.
    """
    from checker.execute import receipts

    folder = _folder(target, options)
    address = _address(target, options)
    receipt = receipts.find(address) if claims is None and not options.no_cache else None
    if receipt is not None and options.format == "text" and receipt.stands(folder, target.path.stem):
        return receipt.lines, receipt.verdicts, None

    from checker.execute.journal import Journal
    from checker.report.json_report import dump
    from checker.report.terminal import lines
    from checker.report.write import write_report

    journal = Journal(address, fresh=options.no_cache)
    result = _remembered(receipt.result) if receipt is not None else None
    if result is None:
        result = _verify(target, claims, options, journal)

    said = tuple(lines(result))
    found = _unmet(result)
    if claims is not None and not options.out:
        return (*said, _NO_REPORT), found, result
    try:
        written = write_report(result, folder)
    except CheckError:
        if options.format == "text":  # the disk may be full, but what was found is not lost
            say("\n".join(said))
        raise
    said = (*said, _report_line(folder, result))
    if claims is None and not found and address == _address(target, options):  # neither the file nor the code has changed
        own = [path for path in written if path.name != "README.md"]
        hashes = {path.relative_to(folder).as_posix(): receipts.file_hash(path) for path in own}
        receipts.keep(address, receipts.Receipt(dump(result), said, result.verdict.value, found, hashes))
        journal.discard()
    return said, found, result


def _work(files: list[tuple[Target, frozenset[str] | None]], options: argparse.Namespace) -> dict[Path, Arguments]:
    """The files that are verified in processes of their own, with the arguments of each: several, at the scale smoke."""
    if len(files) < 2 or options.jobs < 2 or options.scale != "smoke":
        return {}
    from checker.execute import receipts

    shared = (
        "--scale", options.scale, "--seed", str(options.seed), "--device", options.device, "--jobs", "1",
        *(("--out", options.out) if options.out else ()), *(("--no-mutants",) if options.no_mutants else ()),
        *(("--no-cache",) if options.no_cache else ()),
    )  # fmt: skip
    work: dict[Path, Arguments] = {}
    for target, claims in files:
        known = claims is None and not options.no_cache and receipts.find(_address(target, options)) is not None
        if not known:
            names = [str(target.path)] if claims is None else [f"{target.path}/{claim}" for claim in sorted(claims)]
            work[target.path] = (*shared, "--", *names)  # a folder may be named --out=x
    return work if len(work) > 1 else {}


def _elsewhere(
    text: str, target: Target, claims: frozenset[str] | None, options: argparse.Namespace
) -> tuple[tuple[str, ...], tuple[str, ...], PaperResult]:
    """The same as ``_one_file`` for a file that another process has verified and reported."""
    from checker.report.json_report import load
    from checker.report.terminal import lines

    result = load(text)
    no_report = claims is not None and not options.out
    last = _NO_REPORT if no_report else _report_line(_folder(target, options), result)
    return (*lines(result), last), _unmet(result), result


def _let_go() -> None:
    """Give back what one file has compiled: no other file runs the same programs, and together they fill the memory."""
    if "jax" not in sys.modules:
        return
    import ctypes
    import gc

    import jax

    jax.clear_caches()  # type: ignore[no-untyped-call]
    gc.collect()
    with suppress(OSError, AttributeError):  # what glibc keeps for later goes back to the system
        ctypes.CDLL(None).malloc_trim(0)


def _unmet(result: PaperResult) -> tuple[str, ...]:
    return tuple(claim.verdict.value for claim in result.claims if not claim.as_expected)


def _report_line(folder: Path, result: PaperResult) -> str:
    return printable(f"report: {os.path.relpath(folder / (result.slug + '.md'))}")


def _folder(target: Target, options: argparse.Namespace) -> Path:
    from pathlib import Path

    return Path(options.out) if options.out else _default_folder(target, options.scale)


def _address(target: Target, options: argparse.Namespace) -> str:
    """Where the receipt of the file lies.  Raises ``SpecErrors`` where it is no file that may be read."""
    from checker.execute import receipts
    from checker.spec.source import read_bytes

    return receipts.key(
        read_bytes(target.path),
        {
            "words": target.words, "scale": options.scale, "seed": options.seed, "device": options.device,
            "mutants": not options.no_mutants,
        },
    )  # fmt: skip


def _remembered(text: str) -> PaperResult | None:
    """The result in a receipt; ``None`` where it is no valid result, whatever its checksum says."""
    from checker.report.json_report import load

    try:
        return load(text)
    except CheckError:
        return None


def _default_folder(target: Target, scale: str) -> Path:
    """``reports/`` holds the standard scale; the other scales get a folder of their own inside it."""
    from checker.targets import report_folder

    folder = report_folder(target.path)
    return folder if scale == "standard" else folder / scale


def _verify(
    target: Target, claims: frozenset[str] | None, options: argparse.Namespace, journal: Journal
) -> PaperResult:
    from checker.spec.load import load_paper

    # Read before anything heavy is imported: the author of a malformed file gets the answer at once.
    paper = load_paper(target.path, scale=options.scale)

    from checker.api import run_paper
    from checker.console import display
    from checker.verify.paper import Options

    settings = Options(
        scale=options.scale,
        seed=options.seed,
        device=options.device,
        jobs=options.jobs,
        mutants=False if options.no_mutants else None,
    )
    with display(quiet=options.quiet) as listener:
        return run_paper(paper, target, claims, settings, listener, journal)


def _formatted(results: list[PaperResult], problems: list[CheckError], options: argparse.Namespace) -> str:
    if options.format == "junit":
        from checker.report.junit import junit

        return junit(results, strict=options.strict, unread=[problem.message for problem in problems])
    if options.format == "github":
        from checker.report.github import annotations, mistakes

        said = [line for result in results for line in annotations(result, strict=options.strict)]
        return "\n".join([*said, *(line for problem in problems for line in mistakes(problem))])
    from checker.report.json_report import dump

    texts = [dump(result).rstrip() for result in results]
    return texts[0] if len(texts) == 1 else "[" + ",\n".join(texts) + "]"


def _exit_code(verdicts: list[tuple[str, ...]], *, strict: bool) -> int:
    """1 where a claim has an unexpected verdict that counts, else 0; an unexpected PASS counts."""
    unmet = {verdict for found in verdicts for verdict in found}
    lenient = set() if strict else set(_OPEN)
    return int(ExitCode.FAILED if unmet - lenient else ExitCode.OK)
