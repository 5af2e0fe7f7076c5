"""Every goal by its name: what is promised, what is timed, and which function measures it.

The one idea to know: the functions are imported when their goal is asked for, after the process has been pinned to one
thread and in the order in which they run; G12 and G9 are no slower for what the others import.
"""

from __future__ import annotations

import importlib
import resource
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from benchmarks.goals import Goal, Measured, Result, Settings, at_least

_ROWS: tuple[tuple[str, str, str, str], ...] = (
    (
        "G1", "simulation.g1",
        "Logistic gradient descent, 64 seeds, f32: at least 15 times a NumPy loop, 300 times PyTorch autograd, 20 "
        "times PyTorch batched, at most 1.2 times hand-written AVX C.",
        "the tool's `measure` of the run of a claim file (drawing the data, 10,000 steps for each of 64 seeds, "
        "two records with their KKT residuals), per seed and step. The tool has no single precision (verdicts are "
        "float64): its side is f64, the peers are as the goal says. The loop does 1,000 steps, PyTorch autograd "
        "one seed.",
    ),
    (
        "G2", "simulation.g2",
        "The same in f64: at least 6 times the NumPy loop.",
        "as G1, all sides in f64.",
    ),
    (
        "G3", "simulation.g3",
        "Checkpoints cost at most 5 %.",
        "the same run with 16 records (the default of a claim) and with 2 (the fewest): the whole measurement "
        "counts, the compiled program alone is shown.",
    ),
    (
        "G4", "flow.g4",
        "t = 1e6 by the modified flow: error of w at most 1e-8, at least 100 times faster than stepping.",
        "two claims' runs on one instance (200 points in 20 dimensions, start at 0): 10^6 steps of gradient "
        "descent of size 1/1000, and `remainder_flow` with `modified` and its default tolerance to the same step "
        "number. Larger steps are shown, because the error grows with their square. Time is that of `measure` for "
        "one seed.",
    ),
    (
        "G5", "flow.g5",
        "t = 1e100 with 33 checkpoints at most 0.6 of 1e5 true steps.",
        "`measure` of one seed by `remainder_flow` to s = 100 log 10, recorded 33 times, and by 10^5 steps of "
        "gradient descent.",
    ),
    (
        "G6", "judging.g6",
        "Rate verdicts: no false PASS on planted 1/log t, 1/log^2 t, log log t/log t, t^-1/2 and plateau.",
        "the judge on every planted curve (five truths with corrections or shares, watched from t = 10^3 to 10^6, "
        "10^12, 10^30 and 10^100, without noise and with 1 % over 32 seeds) claimed to follow each of the five "
        "forms, within 5 %.",
    ),
    (
        "G7", "kernels.g7",
        "Empirical NTK at least 1.5 times neural-tangents' structured derivatives, at least 30 times its "
        "NTK-vector products.",
        "`networks.layers.tangent_kernel`, jitted with the tool's own options, on 64 inputs of a network with 3 "
        "layers of 256; neural-tangents gets the same weights. The experiment `tangent_kernel` also draws the "
        "network and its limit, which no peer does, so the kernel alone is timed.",
    ),
    (
        "G8", "kernels.g8",
        "Exact FC-NTK 1000 x 1000, 10 layers, at most 0.6 of neural-tangents' time; CNTK with pooling at most "
        "1.0.",
        "`networks.recursion.relu_limit`, jitted with the tool's own options. The tool's convolutions are "
        "one-dimensional, so both sides take 24 signals of 32 pixels and 3 channels, 5 layers.",
    ),
    (
        "G9", "startup.g9",
        "`check --help` at most 3 times bare python, cached `check` at most 5 times, a symbolic claim at most 60 "
        "times.",
        "processor time of `python -m checker.cli ...` in a fresh process with everything that it starts, over "
        "`python -c pass`.",
    ),
    (
        "G10", "startup.g10",
        "The second run with the compilation cache at most 0.65 of the first.",
        "processor time of `check` on a small training claim at scale smoke, receipts off, twice with one cache "
        "folder that was empty before.",
    ),
    (
        "G11", "symbolic.g11",
        "An `arb` certificate at most 0.1 of one SymPy limit; a tight extremum at most 1,000 boxes.",
        "`prove_on_parts` on a strict inequality in one variable on [0, 10], and `sympy.limit` of its difference "
        "at infinity; other constants in every round, SymPy's cache emptied. The whole `prove` (samples, "
        "certificate, second engine) is shown. Boxes: calls of the interval evaluator during the whole proof.",
    ),
    (
        "G12", "startup.g12",
        "A hanging obligation killed within its limit + 50 ms.",
        "wall time of `execute.worker.run` on a loop that swallows every exception, minus its limit of one "
        "second.",
    ),
    (
        "G13", "symbolic.g13",
        "Every translated function within its stated bound of 50-digit arithmetic for |u| up to 800: 4 ulp, "
        "except where the library cannot.",
        "all scalar functions of one argument, jitted, against mpmath with 256 bits; digamma for u > 0, as its "
        "bound says.",
    ),
    (
        "G14", "whole.g14",
        "A paper at standard at most 60 s on two cores, the whole library at most 60 min, the test suite at most "
        "5 min.",
        "wall seconds in the committed reports; with `--whole`, of a run from an empty cache and of the suite "
        "without slow tests.",
    ),
    (
        "G15", "judging.g15",
        "Time to verdict: sequential sampling reaches the same verdicts with at most 1/3 of the seeds that a "
        "fixed design of equal error needs.",
        "mean seeds of the judge's batches over 16 kinds of claim `equals` over a mean (margins of 1/2 to 3 "
        "standard deviations; true, and false by one or three margins), over the one fixed number that decides "
        "each kind in as many runs (at least 99 %) with the same intervals and budget. A design that knew "
        "deviation and truth of each kind is shown.",
    ),
    (
        "R1", "rates.r1",
        "Beside the goals: a convergence rate at least as fast as PEPit with its default solver.",
        "`prove` on a certificate for the contraction of gradient descent, and PEPit's semidefinite program for "
        "one strong convexity. Not the same work: PEPit finds the rate, the tool checks a proof for every strong "
        "convexity.",
    ),
)  # fmt: skip

GOALS: Mapping[str, Goal] = {name: Goal(name, sentence, how) for name, _, sentence, how in _ROWS}
_PLACES: Mapping[str, str] = {name: place for name, place, _, _ in _ROWS}
_ANY = at_least(0)  # of what broke before it said what it would measure


def measure_goal(name: str, settings: Settings) -> Measured:
    """Measure one goal.  A benchmark that breaks is a goal that was not run, with the reason; it never stops the others."""
    module, function = _PLACES[name].split(".")
    before, results = _spent(), list[Result]()
    try:
        own: Callable[[Settings], Iterable[Result]] = getattr(importlib.import_module(f"benchmarks.{module}"), function)
        for result in own(settings):
            results.append(result)
    except Exception as error:
        said = (str(error).splitlines() or [""])[0]
        broken = Result("the rest of the goal", _ANY, not_run=f"{type(error).__name__}: {said}"[:300])
        results.append(broken)
    return replace(Measured(GOALS[name], tuple(results)), seconds=_spent() - before)


def _spent() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
