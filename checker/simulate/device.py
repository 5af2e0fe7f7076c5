"""Which device computes, and the numerical settings without which a verdict would not be the same everywhere.

float64 and full-precision matrix products are set before the first array exists; TF32 would be wrong in the fourth
digit.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import jax

from checker.errors import CheckError
from checker.execute.receipts import trusted
from checker.simulate.compile_cache import install

# A batched decomposition of jaxlib hands pieces to XLA's pool of threads and waits for them on a thread of the same pool: as
# many of them at once as there are threads, and none ever ends (seen with two eigenvalue problems on two cores).  Claims are
# measured side by side, one thread a core, so the pool gets several threads for each; XLA reads their number from NPROC.
_POOL_THREADS_PER_CORE = 4
os.environ.setdefault("NPROC", str(_POOL_THREADS_PER_CORE * max(2, os.cpu_count() or 1)))


class DeviceError(CheckError):
    """A device was asked for that this machine does not have."""


# XLA's newer fusion emitters take half as long again to compile our programs on a CPU, which then run no faster
# (jaxlib 0.10.2: 2.9 s against 1.8 s for a constrained path that runs 0.01 s a seed).
# Optimisation level 1 saves another sixth of the compilation and costs nothing measurable in the run.
_QUICK_COMPILATION: Mapping[str, Any] = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 1}


@lru_cache(maxsize=4)
def compiler_options(platform: str, thorough: bool = True) -> dict[str, Any]:
    """Options for ``jax.jit`` on ``platform``; none where this version of XLA does not know ours.

    What runs once on little data (a quantity of a claim) is not worth being optimised: ``thorough=False``.
    """
    if platform != "cpu":
        return {}
    options = dict(_QUICK_COMPILATION) if thorough else {**_QUICK_COMPILATION, "xla_backend_optimization_level": 0}
    try:
        jax.jit(lambda x: x + 1, compiler_options=options)(0.0)
    except (RuntimeError, ValueError):
        return {}
    return options


def configure() -> None:
    """Switch JAX to float64 and to matrix products of full precision; idempotent."""
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    jax.config.update("jax_default_matmul_precision", "highest")  # type: ignore[no-untyped-call]


def keep_compiled(folder: Path) -> None:
    """Keep compiled programs in ``folder``, apart for each version of XLA and each kind of processor.

    A cache only: where it cannot be written or read, everything is compiled as before.  A program of another user is none
    of ours: neither ``folder`` nor what lies in it may be a link or open to others.
    """
    if trusted(folder):
        return
    kind = hashlib.sha256(f"{jax.__version__} {metadata.version('jaxlib')} {_processor()}".encode()).hexdigest()[:16]
    install(folder / kind)


def _processor() -> str:
    """What the compiled code depends on; code for another processor may not run on this one."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())


def choose(device: str) -> Any:
    """The JAX device for ``"auto"``, ``"cpu"`` or ``"gpu"``; raises ``DeviceError`` where there is none."""
    configure()
    if device == "auto":
        return jax.devices()[0]
    if device not in ("cpu", "gpu"):
        raise DeviceError(f"device: expected auto, cpu or gpu, found {device!r}")
    try:
        return jax.devices(device)[0]
    except RuntimeError:
        raise DeviceError(
            f"device: {device} was asked for and JAX finds none here (it has {jax.default_backend()}); use --device cpu"
        ) from None


def described(device: str) -> str:
    """The device that ``choose`` gives, in words: its platform and, where that says more, its kind; never a host."""
    chosen = choose(device)
    platform_name, kind = str(chosen.platform), str(chosen.device_kind)
    return platform_name if kind.lower() == platform_name else f"{platform_name}: {kind}"
