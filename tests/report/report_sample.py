"""A result with one of everything that a report can show, modelled on the claims about lexicographic margins.

The curves are closed forms (gap(rho) = g + c/rho with the limit g = log p_max + H(p) of a two-point dual p), so that
the plots show what a real run shows.
"""

from __future__ import annotations

import math

from checker.result import (
    AssumptionResult,
    CellResult,
    CheckResult,
    ClaimResult,
    ControlResult,
    Curve,
    EvidenceLine,
    Figure,
    LemmaResult,
    LookResult,
    MeasureResult,
    MemberResult,
    MutantResult,
    NearMissResult,
    PaperResult,
    Provenance,
    Span,
    WitnessResult,
)
from checker.verdict import How, Verdict

INF = math.inf
RADII = tuple(30 * 10 ** (3.5 * k / 15) for k in range(16))
LIMIT = math.log(0.8) - 0.8 * math.log(0.8) - 0.2 * math.log(0.2)


def gap(rho: float) -> float:
    return LIMIT + 0.9 / rho - 4.0 / rho**2


def member(label: str, verdict: Verdict, **more: object) -> MemberResult:
    how = How.PROVED if verdict is Verdict.PASS else None
    return MemberResult.model_validate({"label": label, "verdict": verdict, "how": how, "reason": "", **more})


def chain() -> LemmaResult:
    evidence = (
        EvidenceLine(engine="z3", question="hypotheses hold together", answer="sat"),
        EvidenceLine(engine="z3", question="hypotheses and max(u) > N*V", answer="unsat"),
        EvidenceLine(engine="intervals", question="goal - bound on the box, subdivided", answer="<= 0 on 1024 boxes"),
    )
    witness = {"u[0]": "2", "u[1]": "0", "v[0]": "1", "v[1]": "1", "V": "1"}
    return LemmaResult(
        name="chain",
        kind="show",
        text="max(u) <= N*V",
        latex=r"\max_i u_i \le N V",
        covers="claim",
        verdict=Verdict.PASS,
        how=How.PROVED,
        reason="proved for every value asked",
        members=tuple(member(f"N = {n}", Verdict.PASS, evidence=evidence, seconds=0.1 * n) for n in (2, 5)),
        near_misses=(
            NearMissResult(
                text="max(u) <= (N - 1)*V",
                rejected=True,
                members=(
                    member("N = 2", Verdict.FAIL, witness=witness, detail="2 <= 1 is false"),
                    member("N = 5", Verdict.FAIL, reason="refuted by z3, checked exactly"),
                ),
            ),
        ),
    )


def stationarity() -> LemmaResult:
    return LemmaResult(
        name="stationary",
        kind="show",
        text="diff(log_loss(a, B), a) == 0",
        latex=r"\partial_a \log L\left(\tfrac49+\frac{\log(5/4)}{1.8B},B\right)=0",
        covers="step",
        verdict=Verdict.PASS,
        how=How.PROVED,
        reason="symbolically zero and enclosed",
        members=(
            member(
                "",
                Verdict.PASS,
                evidence=(
                    EvidenceLine(engine="SymPy", question="left - right simplifies to 0", answer="yes"),
                    EvidenceLine(engine="balls", question="0 in left - right", answer="at 12 points, radius <= 1e-45"),
                ),
            ),
        ),
    )


def limit_check() -> CheckResult:
    figure = Figure(
        title="gap of the constrained path against its predicted limit",
        x_label="rho, bound on the parameter norm",
        y_label="gap = best margin - margin",
        x_log=True,
        curves=(
            Curve(
                label="gap, mean and range of 32 seeds",
                role="observable",
                x=RADII,
                y=tuple(gap(r) for r in RADII),
                y_low=tuple(gap(r) - 0.4 / r for r in RADII),
                y_high=tuple(gap(r) + 0.4 / r for r in RADII),
            ),
            Curve(label="log p_max + H(p)", role="prediction", x=(RADII[0], RADII[-1]), y=(LIMIT, LIMIT)),
            Curve(label="H(p), drops log p_max", role="control", x=(RADII[0], RADII[-1]), y=(0.5004, 0.5004)),
            Curve(label="0", role="control", x=(RADII[0], RADII[-1]), y=(0.0, 0.0)),
        ),
    )
    return CheckResult(
        name="limit",
        quantity="gap - log(max(p)) - entropy(p)",
        prediction="limit: 0, as: rho -> oo, within: 0.001",
        over="seed: every",
        verdict=Verdict.PASS,
        how=How.SIMULATED,
        reason="extrapolated to [-1.52e-05, 2.31e-05], inside 0 ± 0.001 on every seed",
        conditions=("the next order is 1/rho, as declared",),
        cells=(
            CellResult(
                label="every seed",
                interval=Span(lo=-1.5234e-5, hi=2.3051e-5),
                inner=Span(lo=-0.0005, hi=0.0005),
                outer=Span(lo=-0.001, hi=0.001),
                verdict=Verdict.PASS,
            ),
        ),
        looks=(
            LookResult(seeds=8, alpha=5e-5, decided=None, interval=Span(lo=-0.0012, hi=0.0014)),
            LookResult(seeds=16, alpha=1.6667e-5, decided=Verdict.PASS, interval=Span(lo=-1.5234e-5, hi=2.3051e-5)),
        ),
        header=("rho", "gap", "error"),
        rows=tuple((r, gap(r), 1e-12 * r) for r in RADII),
        figure=figure,
    )


def rate_check() -> CheckResult:
    error = tuple(0.9 / r for r in RADII)
    figure = Figure(
        title="|gap - limit| against rho",
        x_label="rho",
        y_label="|gap - limit|",
        x_log=True,
        y_log=True,
        curves=(
            Curve(label="|gap - limit|", role="observable", x=RADII, y=tuple(abs(gap(r) - LIMIT) for r in RADII)),
            Curve(label="1/rho", role="prediction", x=RADII, y=error),
            Curve(label="1/rho**2", role="control", x=RADII, y=tuple(27 / r**2 for r in RADII)),
            Curve(label="1/sqrt(rho)", role="control", x=RADII, y=tuple(0.164 / math.sqrt(r) for r in RADII)),
        ),
    )
    return CheckResult(
        name="rate",
        quantity="abs(gap - log(max(p)) - entropy(p))",
        prediction="rate: 1/rho, as: rho -> oo, within: 0.1",
        over="seed: every",
        verdict=Verdict.PASS,
        how=How.SIMULATED,
        reason="p in [0.989, 0.996], q in [-0.25, -0.09] against 1/rho; 16 sizes, 3.5 decades",
        conditions=("sizes below rho = 300 set aside (from: 300)",),
        cells=(
            CellResult(
                label="exponent p",
                interval=Span(lo=0.98871, hi=0.99642),
                inner=Span(lo=0.95, hi=1.05),
                outer=Span(lo=0.9, hi=1.1),
                verdict=Verdict.PASS,
            ),
            CellResult(
                label="extra logs q",
                interval=Span(lo=-0.2513, hi=-0.0902),
                inner=Span(lo=-0.25, hi=0.25),
                outer=Span(lo=-0.5, hi=0.5),
                verdict=Verdict.PASS,
            ),
        ),
        figure=figure,
    )


def bound_check() -> CheckResult:
    figure = Figure(
        title="gap on every data set against log N",
        x_label="instance",
        y_label="gap",
        curves=(
            Curve(
                label="gap",
                role="observable",
                x=tuple(range(32)),
                y=tuple(0.35 + 0.25 * math.sin(2.3 * k) for k in range(32)),
                joined=False,
            ),
            Curve(label="log(12)", role="bound", x=(0, 31), y=(math.log(12), math.log(12))),
            Curve(label="log(12)/100", role="control", x=(0, 31), y=(math.log(12) / 100, math.log(12) / 100)),
            Curve(label="allowed", role="region", x=(0, 31), y=(), y_low=(-INF, -INF), y_high=(math.log(12),) * 2),
        ),
    )
    return CheckResult(
        name="bound",
        quantity="gap",
        prediction="at_most: log(N)",
        over="rho: every, seed: every",
        verdict=Verdict.PASS,
        how=How.SURVIVED,
        reason="none of 512 entries above the bound; largest gap 0.598, slack 1.887",
        cells=tuple(
            CellResult(
                label=f"rho = {r:.4g}",
                interval=Span(lo=0.1, hi=0.35 + 0.9 / r),
                inner=Span(lo=-INF, hi=math.log(12)),
                outer=Span(lo=-INF, hi=math.log(12)),
                verdict=Verdict.PASS,
            )
            for r in RADII
        ),
        figure=figure,
    )


def controls() -> tuple[ControlResult, ...]:
    return (
        ControlResult(
            text="let p: svm.alpha/max(svm.alpha)",
            because="duals not normalised",
            form="let",
            check="limit",
            verdict=Verdict.FAIL,
            rejected=True,
            reason="misses the region on 32 of 32 seeds",
            interval=Span(lo=-0.613, hi=-0.158),
            region=Span(lo=-0.001, hi=0.001),
        ),
        ControlResult(
            text="rate: 1/rho**2",
            because="next order",
            form="prediction",
            check="rate",
            verdict=Verdict.FAIL,
            rejected=True,
            reason="",
            interval=Span(lo=0.4943, hi=0.4983),
            region=Span(lo=0.9, hi=1.1),
        ),
        ControlResult(
            text="at_most: log(N)/100",
            because="a bound below what is attained",
            form="prediction",
            check="bound",
            verdict=Verdict.FAIL,
            rejected=True,
            reason="at rho = 30, seed 5",
            interval=Span(lo=0.1, hi=0.598),
            region=Span(lo=-INF, hi=0.0248),
        ),
    )


def headline_claim() -> ClaimResult:
    return ClaimResult(
        id="log_n_optimal",
        statement=r"For every model and every $\rho$, the constrained path is a $\log N$-optimal margin path: "
        r"$\gamma^*(\rho)-\log N\le\gamma(\theta_c(\rho))\le\gamma^*(\rho)$.",
        source={"section": "abstract", "known_from": "abstract"},
        origin="paper",
        strength="upper",
        verdict=Verdict.PASS,
        how=(How.PROVED, How.SIMULATED, How.SURVIVED),
        headline="gap at most 0.598 of the allowed log 12 = 2.485; limit met to 2.4e-5",
        reason="every lemma proved, every check inside its region",
        expected=Verdict.PASS,
        as_expected=True,
        assumptions=(
            AssumptionResult(
                name="separable",
                statement="The data are linearly separable.",
                enforced="by the data generator; checked on 32 of 32 instances",
                verdict=Verdict.PASS,
            ),
            AssumptionResult(
                name="minimiser",
                statement="The constrained path is the global minimiser of the loss in the ball.",
                enforced="declared only",
                verdict=Verdict.PASS,
            ),
        ),
        lemmas=(chain(), stationarity()),
        measures=(
            MeasureResult(
                run="linear_path",
                experiment="optimize",
                summary="data separable; model linear; rho from 30 to 94868 (16 values); float64",
                seeds=32,
                checks=(bound_check(), limit_check(), rate_check()),
                controls=controls(),
                seconds=12.5,
            ),
        ),
        mutants=(
            MutantResult(text="max(u) <= N*V/2", change="constant halved", of="chain", rejected=True),
            MutantResult(
                text="max(u) <= N*V**2", change="exponent 1 -> 2", of="chain", rejected=False, reason="true for V >= 1"
            ),
        ),
        not_shown=r"That $\gamma^*(\rho)\to\infty$ for non-homogeneous models.",
    )


def finding_claim() -> ClaimResult:
    rho = (10.0, 100.0, 1000.0, 10000.0)
    phi = (0.124, 0.0280, 0.00466, 0.00066)
    figure = Figure(
        title="angle of the constrained path on the counterexample",
        x_label="rho",
        y_label="distance to the lexicographic max margin, radians",
        x_log=True,
        curves=(
            Curve(label="pi - phi", role="observable", x=rho, y=tuple(math.pi - p for p in phi)),
            Curve(label="0", role="prediction", x=rho, y=(0.0,) * 4),
        ),
    )
    return ClaimResult(
        id="lexicographic_unconditional",
        statement=r"Every limit point of $\theta_c(\rho)/\|\theta_c(\rho)\|$ is a lexicographic max margin.",
        source={"section": "abstract", "known_from": "memory"},
        origin="paper",
        strength=None,
        verdict=Verdict.FAIL,
        how=(),
        headline="the path goes to the other maximiser, 3.1409 radians away at rho = 1e4",
        reason="refuted at rho = 10000",
        expected=Verdict.FAIL,
        as_expected=True,
        measures=(
            MeasureResult(
                run="counterexample",
                experiment="evaluate",
                summary="three continuous 1-homogeneous functions of an angle; float64",
                seeds=1,
                checks=(
                    CheckResult(
                        name="direction",
                        quantity="pi - phi",
                        prediction="limit: 0, as: rho -> oo, within: 0.1",
                        over="seed: every",
                        verdict=Verdict.FAIL,
                        how=None,
                        reason="the interval [3.139, 3.143] misses 0 ± 0.05",
                        cells=(
                            CellResult(
                                label="limit",
                                interval=Span(lo=3.1391, hi=3.1429),
                                inner=Span(lo=-0.05, hi=0.05),
                                outer=Span(lo=-0.1, hi=0.1),
                                verdict=Verdict.FAIL,
                            ),
                        ),
                        header=("rho", "phi", "exp(rho) L"),
                        rows=tuple(zip(rho, phi, (1.46, 1.14, 1.031, 1.006), strict=True)),
                        figure=figure,
                        witness=WitnessResult(
                            where={"rho": "10000", "seed": "0"},
                            measured="3.14093",
                            predicted="0",
                            replay="check replay lexmaxmargin/lexicographic_unconditional --at rho=10000",
                        ),
                    ),
                ),
                controls=(),
            ),
        ),
        finding_instead=r"It holds where margin vectors $\{f(\theta):\|\theta\|=1\}$ form a stable set.",
        finding_shown_by="the claim lexicographic_stable and the counterexample here",
    )


def inconclusive_claim() -> ClaimResult:
    return ClaimResult(
        id="ensemble_discards_shallow",
        statement=r"The shallowest sub-model is discarded: $\tilde\theta_1\to0$.",
        source={"section": "4", "known_from": "memory"},
        origin="derived",
        strength="tight",
        verdict=Verdict.INCONCLUSIVE,
        how=(How.PROVED,),
        headline="exponent in [-1.31, -0.82] against -1 ± 0.1",
        reason="straddles -0.9; 512 seeds would suffice; control `rate: 1/rho**2` not rejected",
        expected=Verdict.PASS,
        as_expected=False,
        lemmas=(stationarity(),),
        measures=(
            MeasureResult(
                run="ensemble",
                experiment="train",
                summary="data given; model sum; float64",
                seeds=64,
                checks=(
                    CheckResult(
                        name="shrinks",
                        quantity="norm(w)",
                        prediction="rate: 1/rho",
                        over="seed: median",
                        verdict=Verdict.INCONCLUSIVE,
                        how=None,
                        reason="the interval straddles the outer region; 512 seeds would suffice",
                        cells=(
                            CellResult(
                                label="exponent p",
                                interval=Span(lo=0.82, hi=1.31),
                                inner=Span(lo=0.95, hi=1.05),
                                outer=Span(lo=0.9, hi=1.1),
                                verdict=None,
                                note="finite-size error dominates",
                            ),
                        ),
                    ),
                ),
                controls=(
                    ControlResult(
                        text="rate: 1/rho**2",
                        because="next order",
                        form="prediction",
                        check="shrinks",
                        verdict=Verdict.INCONCLUSIVE,
                        rejected=False,
                        reason="straddles",
                        interval=Span(lo=0.41, hi=0.66),
                        region=Span(lo=0.9, hi=1.1),
                    ),
                ),
                failures={"seed 7, rho = 64": "train_residual 3e-4 above 1e-6"},
            ),
        ),
    )


def proxy_claim() -> ClaimResult:
    return ClaimResult(
        id="kkt_direction",
        statement="Gradient flow converges in direction to a KKT point.",
        source={"theorem": "C4", "known_from": "memory"},
        origin="paper",
        strength=None,
        verdict=Verdict.PASS,
        how=(How.SURVIVED,),
        headline="residual at most 0.0518 on 8 seeds",
        reason="inside",
        expected=Verdict.PASS,
        as_expected=True,
        proxy="a small cone residual at finite time, not convergence",
        measures=(),
    )


def unchecked_claim() -> ClaimResult:
    return ClaimResult(
        id="general_models",
        statement="The same for every continuous homogeneous model.",
        source={"section": "3", "known_from": "memory"},
        origin="paper",
        strength=None,
        verdict=Verdict.INCONCLUSIVE,
        how=(),
        headline="",
        reason="",
        expected=Verdict.PASS,
        as_expected=True,
        unchecked="quantifies over all models; no run can cover it",
    )


def sample_paper() -> PaperResult:
    return PaperResult(
        slug="lexmaxmargin",
        title="Lexicographic and Depth-Sensitive Margins in Homogeneous and Non-Homogeneous Deep Models",
        arxiv="1905.07325",
        authors=("M. S. Nacson", "S. Gunasekar", "J. D. Lee", "N. Srebro", "D. Soudry"),
        year=2019,
        verdict=Verdict.INCONCLUSIVE,
        claims=(headline_claim(), finding_claim(), inconclusive_claim(), proxy_claim(), unchecked_claim()),
        warnings=("claim general_models has no check",),
        provenance=Provenance(
            content_hash="c0ffee",
            code_hash="beef",
            versions={"python": "3.11", "jax": "0.10.2"},
            device="cpu",
            dtype="float64",
            scale="standard",
            seed=0,
            seconds=31.4,
            cpu_seconds=55.5,
            error_budget=1e-4,
        ),
    )
