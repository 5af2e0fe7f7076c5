"""The checker as a library: the same as the command, without a terminal."""

from __future__ import annotations

import os
import time
from pathlib import Path

from checker import __version__
from checker.errors import CheckError, ExitCode
from checker.execute.journal import Journal
from checker.execute.receipts import cache, code_hash
from checker.provenance import claim_hashes, evidence_hash, presentation_hash, versions
from checker.report.write import write_report
from checker.result import PaperResult, Provenance
from checker.simulate.device import described, keep_compiled
from checker.spec.claim import Paper
from checker.spec.load import load_paper
from checker.targets import Target, grouped, resolve
from checker.verify.paper import Options, verify_paper
from checker.verify.progress import Listener, silent
from checker.verify.scales import ERROR_BUDGET


def check(
    *paths: str | os.PathLike[str],
    scale: str = "standard",
    seed: int = 0,
    device: str = "auto",
    jobs: int | None = None,
    out: str | os.PathLike[str] | None = None,
    mutants: bool | None = None,
    listener: Listener = silent,
) -> list[PaperResult]:
    """Verify claim files and return what was found, one result per file.

    ``paths`` are files, folders, slugs of ``claims/`` or ``slug/claim``; ``scale`` is smoke, standard or large; ``seed``
    shifts every random draw; ``device`` is auto, cpu or gpu; ``jobs`` is the number of processes for provers (default: the
    cores); ``mutants`` says whether claims are mutated too (default: at every scale but smoke).  Reports are written to the
    folder ``out`` if one is given, and not otherwise.

    Raises ``CheckError`` (exit code in ``.code``) for a name that is nothing, ``SpecErrors`` (a ``CheckError``) for a file
    that is not a valid claim file, ``DeviceError`` where the device asked for is absent.
    """
    options = Options(scale=scale, seed=seed, device=device, jobs=jobs or os.cpu_count() or 1, mutants=mutants)
    results = []
    for target, claims in grouped(resolve([os.fspath(path) for path in paths])):
        result = run_paper(load_paper(target.path, scale=scale), target, claims, options, listener)
        if out is not None:
            write_report(result, Path(out))
        results.append(result)
    return results


def run_paper(
    paper: Paper, target: Target, claims: frozenset[str] | None, options: Options, listener: Listener,
    journal: Journal | None = None,
) -> PaperResult:  # fmt: skip
    """Verify a claim file that has been read; provenance included.  What ``journal`` remembers is not done again."""
    known = {claim.id for claim in paper.claims}
    for claim in sorted(claims or ()):
        if claim not in known:
            raise CheckError(
                f"{target.words}: no claim {claim!r}; it has {', '.join(sorted(known))}", ExitCode.NOTHING_SELECTED
            )
    place = cache()
    if place is not None:
        keep_compiled(place / "xla")
    wall, cpu = time.perf_counter(), time.process_time()
    code = {"code_hash": code_hash(), "evidence_hash": evidence_hash(), "presentation_hash": presentation_hash()}
    result = verify_paper(paper, options, listener, claims, target.words, journal)
    return result.model_copy(
        update={
            "provenance": Provenance(
                content_hash=paper.content_hash,
                versions=versions(),
                device=described(options.device) if any(claim.measures for claim in result.claims) else "none",
                dtype="float64",
                scale=options.scale,
                seed=options.seed,
                seconds=round(time.perf_counter() - wall, 3),
                cpu_seconds=round(time.process_time() - cpu, 3),
                error_budget=ERROR_BUDGET,
                checker=__version__,
                claims=claim_hashes(claim for claim in paper.claims if claims is None or claim.id in claims),
                device_asked=options.device,
                mutants=options.makes_mutants,
                only=tuple(sorted(claims or ())),
                **code,  # as it was when the run began: it may be edited meanwhile
            )
        }
    )
