"""Provers without their refuters: what stays between a false claim and PROVED is the soundness of the proof rules alone.

The one idea to know: sampling, descent, the search for models and the second engine's look at what was proved are replaced
in every module that holds a reference to them, so that a rule cannot be saved by a counterexample found elsewhere.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import sys

import pytest

import checker.prove
from checker.prove import inequality, registry, schur
from checker.prove.obligation import Obligation
from checker.prove.outcome import Outcome


def _nowhere(*_args: object, **_keywords: object) -> tuple[None, int]:
    return None, 0


def _unseen(_: Obligation, outcome: Outcome) -> Outcome:
    return outcome


def switch_off_refuters(patch: pytest.MonkeyPatch) -> None:
    """Until ``patch`` is undone, no inequality is refuted by a point, whoever asks."""
    for found in pkgutil.iter_modules(checker.prove.__path__, "checker.prove."):
        importlib.import_module(found.name)
    blind = functools.partial(inequality.prove_inequality, sampler=False, budget=40)
    patch.setattr(registry, "rechecked", _unseen)
    patch.setattr(schur, "_member", lambda *_: None)
    replaced = {inequality.prove_inequality: blind, inequality.refute: _nowhere}
    for name, module in list(sys.modules.items()):
        if name.startswith("checker.prove"):
            for attribute, value in list(vars(module).items()):
                if callable(value) and value in replaced:
                    patch.setattr(module, attribute, replaced[value])
