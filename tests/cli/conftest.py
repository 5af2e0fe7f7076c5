"""A small library that has been verified once, for the verbs that read reports."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from checker import api, provenance
from checker.cli import main
from tests.verify import toys

CODE = "c0de" * 16
"""Stands for the hash of the code, so that an edit of the code while the tests run changes none of them."""
TRUE_BOUND = toys.bound("1").replace("cauchy_schwarz", "true_bound")


@pytest.fixture(scope="session")
def _verified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    before = Path.cwd()
    os.chdir(folder)
    patch = pytest.MonkeyPatch()
    for name in ("evidence_hash", "presentation_hash"):
        patch.setattr(api, name, lambda: CODE)
    try:
        toys.write(folder, toys.PROVED, toys.REFUTED, toys.bound("9/10"), TRUE_BOUND)
        assert main(["toy", "--scale", "smoke", "--seed", "3", "--quiet", "--out", "reports"]) == 1
    finally:
        patch.undo()
        os.chdir(before)
    return folder


@pytest.fixture
def library(_verified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as working directory: ``claims/toy.yaml`` and ``reports/``, smoke scale, seed 3."""
    folder = tmp_path / "library"
    shutil.copytree(_verified, folder)
    for name in ("evidence_hash", "presentation_hash"):
        monkeypatch.setattr(provenance, name, lambda: CODE)
    monkeypatch.chdir(folder)
    return folder
