"""Hand-written C as a peer: compiled by the benchmark for this machine, into a folder that goes away again.

The one idea to know: the compiler may use everything that this processor has and may reorder sums, as somebody who
writes C for speed lets it; that both sides agree is checked on their numbers.
"""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.peers import compiler

Array: TypeAlias = npt.NDArray[Any]

SOURCE = Path(__file__).parent / "logistic.c"
FLAGS = ("-std=gnu11", "-O3", "-march=native", "-ffast-math", "-fopenmp-simd", "-fPIC")
# Linked apart and without -ffast-math: with it the library would switch off subnormal numbers for the whole process that
# loads it, and so for the tool on the other side of the comparison.
_VECTOR = 16
"""Points are padded to whole vectors of the widest kind: 16 numbers in single, two of 8 in double precision."""
_PATIENCE_S = 120


class CompileError(Exception):
    """There is no C compiler, or it refuses; one line."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """``descend(rows, steps, step)``: weights (seeds, d) after ``steps`` from zero, for rows (seeds, n, d)."""

    descend: Callable[[Array, int, float], Array]
    prepare: Callable[[Array], Array]
    version: str


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S)
    except (OSError, subprocess.SubprocessError) as error:
        raise CompileError(f"the C compiler does not run: {error}"[:200]) from None
    if done.returncode:
        raise CompileError(f"the C compiler refuses: {(done.stderr.splitlines() or ['no message'])[0]}"[:200])


def logistic(folder: Path, points: int, dimension: int, dtype: type) -> Compiled:
    """The C program for one size and type (``np.float64`` or ``np.float32``); raises ``CompileError``."""
    cc = compiler()
    if cc is None:
        raise CompileError("no C compiler was found (cc, or the one named by CC)")
    double = dtype is np.float64
    padded = -(-points // _VECTOR) * _VECTOR
    block = padded // 2 if double else padded  # what was fastest of ten block sizes, at 200 points in 20 dimensions
    library = folder / f"logistic_{np.dtype(dtype).name}_{points}_{dimension}.so"
    sized = (f"-DN={padded}", f"-DD={dimension}", f"-DREAL={'double' if double else 'float'}")
    named = (f"-DEXP={'exp' if double else 'expf'}", f"-DBLOCK={block}")
    program = library.with_suffix(".o")
    _run([cc, *FLAGS, *sized, *named, "-c", str(SOURCE), "-o", str(program)])
    _run([cc, "-shared", str(program), "-o", str(library), "-lm"])
    pointer: Any = np.ctypeslib.ndpointer(dtype=dtype, flags="C_CONTIGUOUS")
    function = ctypes.CDLL(str(library)).descend
    function.argtypes = [pointer, pointer, ctypes.c_long, ctypes.c_double if double else ctypes.c_float]
    function.restype = None

    def prepare(rows: Array) -> Array:
        """Rows (seeds, n, d) by feature and padded: (seeds, d, padded), aligned as NumPy aligns."""
        found: Array = np.zeros((rows.shape[0], dimension, padded), dtype=dtype)
        found[:, :, :points] = np.swapaxes(rows, 1, 2)
        return found

    def descend(prepared: Array, steps: int, step: float) -> Array:
        weights: Array = np.zeros((prepared.shape[0], dimension), dtype=dtype)
        for seed in range(prepared.shape[0]):
            function(prepared[seed], weights[seed], steps, step / points)
        return weights

    said = subprocess.run([cc, "--version"], capture_output=True, text=True).stdout.splitlines()
    return Compiled(descend, prepare, said[0] if said else "unknown")
