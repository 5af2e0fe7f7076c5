"""A share of the random fuzz: ``python -m tests.soundness.fuzz --count 5000`` is the long version."""

from __future__ import annotations

import pytest

from checker.prove.obligation import Relation
from checker.prove.outcome import Status
from checker.prove.registry import prove
from tests.soundness.asking import asked, read
from tests.soundness.fuzz import blindfold, run


@pytest.mark.parametrize("seed", [101, 102])
def test_nothing_false_is_proved_with_every_refuter_off(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    blindfold(monkeypatch)
    found = run(15, seed, unmoved=4)
    assert found.tried.total() == 15
    assert found.proved == []
    assert found.kept.total() >= 2  # what is tight is proved: the false neighbours were within reach of the rules


def test_the_blindfold_leaves_nothing_to_refute_with(monkeypatch: pytest.MonkeyPatch) -> None:
    blindfold(monkeypatch)
    for text in ("x**2 < 0", "exp(x) == 7", "limit(1/t, t, oo) == 3", "Integral(x, (x, 0, 1)) > 9 + a"):
        assert prove(asked(Relation(read(text)))).status is not Status.PROVED
