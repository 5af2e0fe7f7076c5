"""Proving with the eyes shut: every search for counterexamples switched off, so that only soundness stands in the way."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence

import pytest

from checker.expr.domain import Domain
from checker.expr.node import Node

_MODULES = ("blowup", "certificate", "families", "induction", "inequality", "relation")


def nothing_found(goal: Node, domains: Mapping[str, Domain], given: Sequence[Node], count: int = 0) -> tuple[None, int]:
    """A refuter that looks away (and claims to have looked)."""
    return None, 1


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in _MODULES:
        monkeypatch.setattr(importlib.import_module(f"checker.prove.{module}"), "refute", nothing_found)
    monkeypatch.setattr("checker.prove.registry.rechecked", lambda _, outcome: outcome)
