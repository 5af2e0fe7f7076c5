"""The generated page of the experiments is the one in ``docs`` and names every key that the loader takes."""

from pathlib import Path

from checker.simulate.catalogue import EXPERIMENTS
from checker.simulate.catalogue_parts import SeparableData
from checker.simulate.reference_page import page

PAGE = Path(__file__).parents[2] / "docs" / "experiments.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: python -m checker.simulate.reference_page > docs/experiments.md"


def test_every_key_has_its_line() -> None:
    sections = {part.split("`", 1)[0]: part for part in page().split("\n## `")[1:]}
    for name, spec in EXPERIMENTS.items():
        assert all(f"| `{key}` |" in sections[name] for key in spec.params.model_fields)
    separable = page().split("### `kind: separable`\n")[1].split("###")[0]
    assert all(f"| `{key}` |" in separable for key in SeparableData.model_fields if key != "kind")
