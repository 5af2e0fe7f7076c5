"""What the command imports before it has anything to do, read from ``-X importtime``: names, no times."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENGINES = {"pydantic", "numpy", "scipy", "sympy", "jax", "z3", "flint", "cvxpy"}
IN_THE_WAY = {"typing", "dataclasses", "inspect", "logging", "subprocess", "concurrent.futures", "shutil", "pathlib"}
"""Of the standard library: each costs as much as a bare interpreter's own start, or a good part of it."""


def imported(*arguments: str) -> set[str]:
    """Modules that ``check`` imports and a bare interpreter does not."""

    def names(*command: str) -> set[str]:
        told = subprocess.run(
            [sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True, timeout=60
        ).stderr
        return {line.rpartition("|")[2].strip() for line in told.splitlines() if line.startswith("import time:")}

    return names("-m", "checker.cli", *arguments) - names("-c", "pass")


@pytest.mark.parametrize("asked", ["--help", "--version"])
def test_help_imports_next_to_nothing(asked: str) -> None:
    found = imported(asked)
    assert "checker.process" in found  # the table was read
    assert found & (ENGINES | IN_THE_WAY) == set()


def test_the_help_of_another_verb_imports_no_engine() -> None:
    found = imported("lint", "--help")
    assert "checker.targets" in found
    assert found & ENGINES == set()
