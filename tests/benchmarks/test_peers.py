"""A peer that is missing, silent or wrong is not run; the C peer computes what NumPy computes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.compiled import CompileError, logistic
from benchmarks.goals import Settings, Status
from benchmarks.peers import Peer, Recipe, find
from benchmarks.rates import r1
from benchmarks.remote import PeerError, remote
from benchmarks.simulation import numpy_batched, numpy_loop

ROWS = np.random.default_rng(0).normal(size=(3, 37, 5)) + 0.3
STEPS = 30


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = {name: Recipe("there_is_no_such_module", recipe.pins) for name, recipe in peers.RECIPES.items()}
    monkeypatch.setattr(peers, "RECIPES", recipes)


def test_a_missing_peer_has_a_reason_and_no_interpreter(nobody: None, tmp_path: Path) -> None:
    found = find("torch", tmp_path)
    assert not found.available
    assert "not installed" in found.reason
    assert "no folder was given" in find("torch", None).reason


def test_what_is_importable_is_found_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "RECIPES", {"torch": Recipe("numpy", ())})
    assert find("torch", None) == Peer("torch", Path(sys.executable), np.__version__)


def test_a_missing_peer_is_not_run_and_never_beaten(nobody: None, tmp_path: Path) -> None:
    (result,) = r1(Settings(tmp_path))
    assert result.status is Status.NOT_RUN
    assert result.values == ()


def test_pins_are_exact() -> None:
    for name, recipe in peers.RECIPES.items():
        assert all(pin.count("==") == 1 for pin in recipe.pins), name
    assert {"neural-tangents==0.6.5", "jax==0.4.23", "jaxlib==0.4.23"} <= set(peers.RECIPES["neural-tangents"].pins)


def test_a_child_that_fails_says_so_and_one_that_ends_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    served = Path(peers.__file__).parent / "children" / "served.py"
    (tmp_path / "served.py").write_text(served.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "child.py").write_text(
        "import os\nfrom served import serve\n"
        "def prepare(request):\n"
        "    if request['name'] == 'end':\n        os._exit(0)\n"
        "    print('a library that talks')\n"
        "    return {request['name']: lambda: sum(range(10))}, {'value': 1 / request['divisor']}\n"
        "serve(prepare)\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("benchmarks.remote.CHILDREN", tmp_path)
    with remote(Path(sys.executable), "child.py") as child:
        assert child.ask("prepare", name="sum", divisor=4) == {"value": 0.25}
        assert child.round("sum").cpu >= 0
        with pytest.raises(PeerError, match="ZeroDivisionError"):
            child.ask("prepare", name="bad", divisor=0)
        with pytest.raises(PeerError, match="KeyError"):
            child.round("nobody")
        with pytest.raises(PeerError, match="has ended"):
            child.ask("prepare", name="end")


def test_both_numpy_peers_compute_the_same() -> None:
    assert np.allclose(numpy_loop(ROWS, STEPS), numpy_batched(ROWS, STEPS), rtol=1e-12)
    assert not np.allclose(numpy_loop(ROWS, STEPS), numpy_loop(ROWS, STEPS + 1), rtol=1e-6)


@pytest.mark.parametrize(("dtype", "apart"), [(np.float64, 1e-13), (np.float32, 1e-5)])
def test_the_c_peer_computes_what_numpy_computes(dtype: type, apart: float, tmp_path: Path) -> None:
    if peers.compiler() is None:  # then the peer is not run, as the next test shows
        return
    made = logistic(tmp_path, ROWS.shape[1], ROWS.shape[2], dtype)
    true = numpy_loop(ROWS, STEPS)
    found = made.descend(made.prepare(ROWS), STEPS, 0.25)
    assert np.abs(found - true).max() <= apart * np.abs(true).max()
    assert made.version
    assert np.float64(1e-310) * 0.5 > 0  # loading it has not switched off subnormal numbers for everybody else


def test_without_a_compiler_there_is_no_c_peer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CC", "there-is-no-such-compiler")
    with pytest.raises(CompileError, match="no C compiler"):
        logistic(tmp_path, 8, 2, np.float64)
    monkeypatch.setenv("CC", "false")
    with pytest.raises(CompileError, match="refuses"):
        logistic(tmp_path, 8, 2, np.float64)
