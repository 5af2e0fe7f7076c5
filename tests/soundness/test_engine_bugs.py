"""The recorded wrong answers of the engines: still given (or the record is out of date), and never believed."""

from __future__ import annotations

import functools

import pytest

from tests.soundness.engine_bugs import BUGS, Bug, answer, is_sound, verdicts

QUICK = [bug for bug in BUGS if not bug.slow]  # ``python -m tests.soundness.engine_bugs`` asks all


@functools.cache
def asked(bug: Bug) -> tuple[str, str]:
    """Each pair of claims is asked once."""
    return verdicts(bug)


@pytest.mark.parametrize("bug", QUICK, ids=lambda bug: f"{bug.engine}: {bug.asked}")
def test_the_engine_still_says_so(bug: Bug) -> None:
    said = answer(bug)
    assert said == bug.says, (
        f"{bug.engine} answers {said} now, and not {bug.says} as recorded (truth: {bug.truth}): "
        "update tests/soundness/engine_bugs.py"
    )


@pytest.mark.parametrize("bug", [bug for bug in QUICK if bug.wrong], ids=lambda bug: bug.wrong)
def test_the_wrong_answer_is_not_believed(bug: Bug) -> None:
    assert is_sound(asked(bug)), asked(bug)


def test_enough_of_the_right_ones_are_proved() -> None:
    # a checker that never answers would pass the test above
    right = [bug for bug in QUICK if bug.right]
    assert [asked(bug)[1] for bug in right].count("proved") >= 0.8 * len(right)
