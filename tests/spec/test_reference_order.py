"""A reference may use what references that stand before it publish, and not one that stands after it."""

from tests.spec.conftest import Read, Refuse

LINE = "  svm: {minimise: norm(w)**2, in: {w: [d]}, subject_to: 'y*(X @ w) >= 1', dual: a, residual_below: 1e-8}\n"
LATER = "  scaled: {minimise: norm(v)**2, in: {v: [d]}, subject_to: 'X @ v == svm.value*y', residual_below: 1e-8}\n"


def test_a_later_reference_uses_an_earlier_one(read: Read) -> None:
    paper = read((LINE, LINE + LATER), ("min(margins)}", "min(margins) + 0*norm(scaled.v)}"))
    references = paper.claims[0].measures[0].run.references
    assert set(references) == {"svm", "scaled"}


def test_an_earlier_reference_cannot_use_a_later_one(refuse: Refuse) -> None:
    errors = refuse((LINE, LATER + LINE), ("min(margins)}", "min(margins) + 0*norm(scaled.v)}"))
    assert any("scaled" in error.message or "svm" in error.found for error in errors)
