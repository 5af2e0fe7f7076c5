"""Who the tool is compared with: where each peer lives, which version it is, or why it was not run.

The one idea to know: peers may not share an environment with the tool (one needs a JAX of 2023), so each has one of its
own below the folder ``--peers``, and runs as a child process that speaks JSON.  What is not found is not run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a peer is installed: exact pins, and whether pip may look for what they need besides.

    ``module`` is what has to be importable (after ``before``), ``python`` the version that the pins exist for (``None``:
    any).
    """

    module: str
    pins: tuple[str, ...]
    complete: bool = False  # the pins are all there is: `--no-deps`
    python: tuple[int, int] | None = None
    before: str = ""


# neural-tangents declares TensorFlow (for one experimental function that nothing here uses), which alone would be half a
# gigabyte and would move NumPy: so the list is complete, nothing is looked up, and that function's module is left out.
RECIPES: Mapping[str, Recipe] = {
    "torch": Recipe("torch", ("torch==2.6.0", "numpy==2.2.6")),
    "neural-tangents": Recipe(
        "neural_tangents",
        ("neural-tangents==0.6.5", "jax==0.4.23", "jaxlib==0.4.23", "ml_dtypes==0.3.2", "numpy==1.26.4", "scipy==1.12.0",
         "opt_einsum==3.3.0", "frozendict==2.4.4", "typing_extensions==4.12.2"),
        complete=True,
        python=(3, 11),
        before="import sys, types; sys.modules['neural_tangents.experimental'] = types.ModuleType('experimental')",
    ),
    "PEPit": Recipe("PEPit", ("PEPit==0.5.1", "cvxpy==1.9.3")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer that was looked for: the interpreter that has it and its version, or the reason why there is none."""

    name: str
    python: Path | None = None
    version: str = ""
    reason: str = ""

    @property
    def available(self) -> bool:
        """Whether it can be run."""
        return self.python is not None


def find(name: str, folder: Path | None) -> Peer:
    """The peer in its own environment below ``folder``, else in the environment of this process, else not at all."""
    recipe = RECIPES[name]
    own = None if folder is None else folder / name / "bin" / "python"
    candidates = [python for python in (own, Path(sys.executable)) if python is not None and python.exists()]
    for python in candidates:
        version = _version(python, recipe)
        if version:
            return Peer(name, python, version)
    where = "no folder was given with --peers" if folder is None else f"the folder given with --peers has no {name}"
    return Peer(name, reason=f"{name} is not installed: {where}")


def _version(python: Path, recipe: Recipe) -> str:
    """The version that ``python`` imports; empty where it cannot."""
    module = recipe.module
    code = (
        f"{recipe.before}\nimport json, importlib; importlib.import_module({module!r})\n"
        "from importlib.metadata import version, packages_distributions as p\n"
        f"print(json.dumps(version(p()[{module!r}][0])))"
    )
    try:
        done = subprocess.run(
            [python, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=_PATIENCE_S, check=True,
            env={**os.environ, "PYTHONPATH": ""},
        )  # fmt: skip
        return str(json.loads(done.stdout.splitlines()[-1]))
    except (subprocess.SubprocessError, OSError, ValueError, IndexError):
        return ""


def install(folder: Path) -> list[str]:
    """Make an environment for every peer below ``folder``, with pip; returns a line for each, its failure included."""
    said = []
    for name, recipe in RECIPES.items():
        if recipe.python not in (None, sys.version_info[:2]):
            wanted = ".".join(map(str, recipe.python or ()))
            said.append(f"{name}: not installed; its pins exist for Python {wanted}, this is {sys.version.split()[0]}")
            continue
        place = folder / name
        venv.create(place, with_pip=True, clear=True)
        command = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", *recipe.pins]
        done = subprocess.run([*command, *(("--no-deps",) if recipe.complete else ())], capture_output=True, text=True)
        if done.returncode:
            said.append(f"{name}: pip failed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")
            shutil.rmtree(place)
            continue
        found = find(name, folder)
        said.append(f"{name}: {found.version} in {place}" if found.available else f"{name}: installed, but does not import")
    return said


def compiler() -> str | None:
    """The C compiler of this machine."""
    return shutil.which(os.environ.get("CC", "cc"))
