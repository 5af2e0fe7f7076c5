"""One paper: all its obligations and measurements, and the verdict of each claim as the worst of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from checker.execute.journal import Journal
from checker.execute.worker import terminate_all
from checker.result import (
    AssumptionResult,
    ClaimResult,
    LemmaResult,
    MeasureResult,
    MutantResult,
    PaperResult,
    Result,
)  # fmt: skip
from checker.spec.claim import Assumption, Claim, Measure, Paper
from checker.verdict import How, Verdict, worst
from checker.verify.bench import Bench
from checker.verify.measures import judge_measure, measure_result
from checker.verify.mutants import of_measure
from checker.verify.progress import REMEMBERED, Event, Listener, silent
from checker.verify.proofs import Proofs
from checker.verify.scales import SCALES


@dataclass(frozen=True, slots=True)
class Options:
    """How a paper is verified: scale, shift of all seeds, device, processes for provers, whether mutants are made."""

    scale: str = "standard"
    seed: int = 0
    device: str = "auto"
    jobs: int = 2
    mutants: bool | None = None  # None: as the scale says

    @property
    def makes_mutants(self) -> bool:
        """Whether claims are mutated too: at every scale but smoke, unless it was said."""
        return self.scale != "smoke" if self.mutants is None else self.mutants


class _Measured(Result):
    """A finished measurement and its mutants, as the journal keeps them."""

    result: MeasureResult
    mutants: tuple[MutantResult, ...] = ()


def verify_paper(
    paper: Paper, options: Options, listener: Listener = silent, only: frozenset[str] | None = None, target: str = "",
    journal: Journal | None = None,
) -> PaperResult:  # fmt: skip
    """Verify every claim of a paper, or those named in ``only``; ``target`` is how a user names the file.

    Proofs run in killable children beside the simulations of this process.  An exception (Ctrl-C included) kills the
    children and is passed on.  What ``journal`` remembers is not done again, and it hears of every part that is finished.
    """
    claims = [claim for claim in paper.claims if only is None or claim.id in only]
    target, journal = target or paper.slug, journal or Journal()
    mutated = [claim for claim in claims if options.makes_mutants and mutable(claim)]
    proofs = Proofs(claims, paper.slug, target, options.jobs, listener, journal, mutated)
    proofs.start()
    try:
        measured = _measure_all(claims, paper.slug, options, listener, target, journal)
        lemmas, refuted = proofs.result()
    except BaseException:
        terminate_all()
        raise
    results = tuple(
        _claim_result(claim, lemmas[claim.id], [part.result for part in measured[claim.id]]).model_copy(
            update=_mutants(claim, options, refuted.get(claim.id, ()), [part.mutants for part in measured[claim.id]])
        )
        for claim in claims
    )
    for result in results:
        if result.mutants:
            rejected = sum(mutant.rejected for mutant in result.mutants)
            said = f"{rejected} of {len(result.mutants)} mutants rejected"
            listener(Event("mutants", f"{paper.slug}/{result.id}", said))
        listener(Event("verdict", f"{paper.slug}/{result.id}", result.verdict.value))
    return PaperResult(
        slug=paper.slug,
        title=paper.title,
        arxiv=paper.arxiv,
        authors=paper.authors,
        year=paper.year,
        verdict=worst(_counted(result) for result in results),
        claims=results,
        notation=paper.notation,
        warnings=paper.warnings,
        notes=paper.notes,
        target=target,
        family=paper.family,
        scale=options.scale,
        seed=options.seed,
    )


def _counted(result: ClaimResult) -> Verdict:
    """What a claim contributes to its paper: an expected verdict counts as met, an unexpected PASS as a failure."""
    if result.as_expected:
        return Verdict.PASS
    return Verdict.FAIL if result.verdict is Verdict.PASS else result.verdict


def mutable(claim: Claim) -> bool:
    """Whether mutants of the claim would say anything: a neighbour of a statement that is false may well be true."""
    return Verdict(claim.expected) is Verdict.PASS


def _mutants(
    claim: Claim, options: Options, of_lemmas: Sequence[MutantResult], of_measures: Sequence[Sequence[MutantResult]]
) -> dict[str, object]:
    """The fields of a claim's result that tell of mutants; none of them has a say in its verdict."""
    if not options.makes_mutants or claim.unchecked is not None:
        return {}
    if not mutable(claim):
        return {"no_mutants": "neighbours of a claim that is expected not to hold may well be true"}
    found = (*of_lemmas, *(one for part in of_measures for one in part))
    return {"mutants": found} if found else {"no_mutants": "nothing of it passed that could be mutated"}


_COMPILE_ORDER = ("train", "optimize", "evaluate", "other")


def _compile_class(measure: Measure) -> str:
    return measure.run.experiment if measure.run.experiment in _COMPILE_ORDER else "other"


def _measure_all(
    claims: Sequence[Claim], slug: str, options: Options, listener: Listener, target: str, journal: Journal
) -> dict[str, list[_Measured]]:
    """The measurements of all claims, side by side: most of their time is compilation, which keeps one core busy.

    Runs that claims share are measured once, by whoever comes first.
    """
    scale, settings = SCALES[options.scale], replay_settings(options)
    bench = Bench(
        options.seed, options.device, lambda text: listener(Event("batch", slug, text)), scale.thorough, scale.time_limit
    )

    def measured(claim: Claim, index: int) -> _Measured:
        name, measure = f"{slug}/{claim.id}", claim.measures[index]
        known = journal.find(("measurement", claim.id, index), _Measured)
        if known is not None:
            for check in known.result.checks:
                listener(Event("check", name, f"{check.name}: {check.verdict}{REMEMBERED}"))
            return known
        listener(Event("claim", name, f"measuring {measure.run.name}"))
        checks = sum(len(one.checks) for one in claim.measures)
        judged = judge_measure(measure, scale, bench, checks)
        result = measure_result(judged, f"{target}/{claim.id}", settings)
        for check in result.checks:
            listener(Event("check", name, f"{check.name}: {check.verdict}"))
        if options.makes_mutants and mutable(claim):
            listener(Event("claim", name, f"mutating the checks on {measure.run.name}"))
            found = _Measured(result=result, mutants=tuple(of_measure(judged)))
        else:
            found = _Measured(result=result)
        if judged.final:
            journal.keep(("measurement", claim.id, index), found)
        return found

    pool = ThreadPoolExecutor(max_workers=options.jobs)
    try:
        parts = [(claim, index) for claim in claims for index in range(len(claim.measures))]
        # What takes longest to compile goes first, so that no core is left waiting for it at the end.
        parts.sort(key=lambda part: _COMPILE_ORDER.index(_compile_class(part[0].measures[part[1]])))
        waiting = {(c.id, index): pool.submit(measured, c, index) for c, index in parts}
        return {c.id: [waiting[c.id, index].result() for index in range(len(c.measures))] for c in claims}
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def replay_settings(options: Options) -> str:
    """The options that measure the same instance again, where they are not the defaults."""
    scale = f" --scale {options.scale}" if options.scale != "standard" else ""
    return scale + (f" --seed {options.seed}" if options.seed else "")


def _claim_result(claim: Claim, lemmas: Sequence[LemmaResult], measures: Sequence[MeasureResult]) -> ClaimResult:
    """The verdict of a claim is the worst of its parts."""
    checks = [check for measure in measures for check in measure.checks]
    missing = [measure for measure in measures if measure.unsupported]
    parts = [
        *(lemma.verdict for lemma in lemmas),
        *(check.verdict for check in checks),
        *(Verdict.UNSUPPORTED for _ in missing),
    ]
    verdict = worst(parts)
    how = _how(lemmas, measures) if verdict is Verdict.PASS else ()
    named = [
        *((lemma.name, lemma.verdict, lemma.reason) for lemma in lemmas),
        *((c.name, c.verdict, c.reason) for c in checks),
    ]
    named += [(measure.run, Verdict.UNSUPPORTED, measure.unsupported) for measure in missing]
    reason = "; ".join(f"{name}: {why}" for name, part, why in named if part is verdict) or (
        claim.unchecked or "nothing to check"
    )
    expected = Verdict(claim.expected)
    headline = _headline(lemmas, measures, verdict, reason)
    return ClaimResult(
        id=claim.id,
        statement=claim.statement,
        source=claim.source,
        origin=claim.origin,
        strength=claim.strength,
        verdict=verdict,
        how=how,
        headline=headline,
        reason=headline if verdict is Verdict.PASS else reason,
        expected=expected,
        as_expected=verdict is expected or (not parts and claim.unchecked is not None),
        assumptions=tuple(_assumption_result(assumption, measures) for assumption in claim.assumptions),
        lemmas=tuple(lemmas),
        measures=tuple(measures),
        finding_instead=claim.finding.instead if claim.finding else None,
        finding_shown_by=claim.finding.shown_by if claim.finding else None,
        proxy=claim.proxy,
        unchecked=claim.unchecked,
        not_shown=claim.not_shown,
        notes=claim.notes,
    )


def _how(lemmas: Sequence[LemmaResult], measures: Sequence[MeasureResult]) -> tuple[How, ...]:
    """Kinds of evidence a PASS rests on; lemmas count only where they cover the claim or a case of it."""
    kinds = {lemma.how for lemma in lemmas if lemma.covers != "step"} | {c.how for m in measures for c in m.checks}
    if not measures and not any(lemma.covers != "step" for lemma in lemmas):
        kinds |= {lemma.how for lemma in lemmas}
    return tuple(kind for kind in How if kind in kinds)


_COVERED = {"claim": "the claim", "case": "cases of it", "step": "steps of it"}


def _headline(lemmas: Sequence[LemmaResult], measures: Sequence[MeasureResult], verdict: Verdict, reason: str) -> str:
    """The verdict in one line: what was proved, what the first check found, how many near misses were rejected."""
    if verdict is not Verdict.PASS:
        return reason
    said = []
    for covers, words in _COVERED.items():
        count = sum(len(lemma.members) for lemma in lemmas if lemma.covers == covers)
        if count:
            said.append(f"{count} {'obligation' if count == 1 else 'obligations'} proved ({words})")
            break
    said += [check.reason.split(";")[0] for measure in measures for check in measure.checks][:1]
    controls = [control for measure in measures for control in measure.controls]
    misses = [near_miss for lemma in lemmas for near_miss in lemma.near_misses]
    rejected = sum(c.rejected for c in controls) + sum(n.rejected for n in misses)
    return "; ".join([*said, f"{rejected} of {len(controls) + len(misses)} near misses rejected"])


def _assumption_result(assumption: Assumption, measures: Sequence[MeasureResult]) -> AssumptionResult:
    if assumption.check is not None:
        failed = [reason for m in measures for reason in m.failures.values() if f"{assumption.name!r}" in reason]
        enforced = f"checked on every instance: {assumption.check_text}"
        return AssumptionResult(
            name=assumption.name,
            statement=assumption.statement,
            enforced=enforced if not failed else f"{enforced}; broken on {len(failed)}",
            verdict=Verdict.ERROR if failed else Verdict.PASS,
        )
    if assumption.by is not None:
        return AssumptionResult(
            name=assumption.name,
            statement=assumption.statement,
            enforced=f"by the {assumption.by}",
            verdict=Verdict.PASS,
        )
    return AssumptionResult(
        name=assumption.name, statement=assumption.statement, enforced="declared only", verdict=Verdict.UNSUPPORTED
    )
