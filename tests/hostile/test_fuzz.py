"""The quick share of ``python -m tests.hostile``: a few hundred inputs of every kind, none of which gets through."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.expr.errors import ExpressionError
from checker.expr.parse import parse
from tests.hostile import __main__ as command
from tests.hostile import sandbox
from tests.hostile.answers import NAMES, answer
from tests.hostile.inputs import PAYLOADS, Input, broken_formulas, honest, inputs, mutated_data, written
from tests.hostile.shrink import shrunk


@pytest.mark.parametrize("number", [11])
def test_nothing_gets_through(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 10.0)
    tally = command.Tally()
    for batch in inputs(160, number):
        tally.try_all(batch)
    assert not tally.escapes
    tried = {label for label, _ in tally.counts}
    assert len(tried) == 7
    assert {outcome for _, outcome in tally.counts} >= {"read", "refused", "loaded", "printed"}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.one_of(broken_formulas(), st.text(max_size=40), st.sampled_from(PAYLOADS)))
def test_a_formula_is_read_or_refused(text: str) -> None:
    try:
        parse(text, NAMES)
    except ExpressionError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said


def test_the_same_seed_gives_the_same_inputs() -> None:
    assert [one for batch in inputs(60, 3) for one in batch] == [one for batch in inputs(60, 3) for one in batch]


def test_mutations_begin_with_files_that_load() -> None:
    def quiet(name: str) -> None:
        return None

    assert answer(Input("file", "", written(honest()[0])), quiet) == "loaded"
    changed = [mutated_data(random.Random(number)) for number in range(6)]
    assert len(set(changed)) == 6


def test_an_escape_is_made_small() -> None:
    found = shrunk(Input("file", "", "a" * 40 + "<script>" + "b" * 40), lambda one: "<script>" in str(one.content))
    assert found.content == "<script>"


def test_the_table_counts_what_got_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def fooled(one: Input, stage: Callable[[str], None]) -> str:
        if "system" in str(one.content):
            open("/etc/hostname").close()
        return "read"

    monkeypatch.setattr(command, "answer", fooled)
    tally = command.Tally()
    tally.try_all([Input("formula", "kind", "x"), Input("formula", "kind", "system"), Input("formula", "kind", "y")])
    assert [one.content for one, _ in tally.escapes] == ["system"]
    assert "| all | 3 | 2 | 1 |" in "\n".join(command.table(tally))
