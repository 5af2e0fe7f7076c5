"""The JSON Schema of a claim file, for editors: completion and red underlines while a file is written.

The one idea to know: it is made from the models and committed, and a test compares the two, so it cannot drift.  It
uses only the keywords that YAML servers know; everything finer is checked by the models and by lint.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from checker.spec.models.claims import File

_DIALECT = "http://json-schema.org/draft-07/schema#"
_UNKNOWN_TO_EDITORS = frozenset({"discriminator", "propertyNames", "prefixItems"})


def schema() -> dict[str, Any]:
    """The schema as plain data (JSON Schema draft 7 with ``$defs``)."""
    made = File.model_json_schema(schema_generator=_Generator)
    return {
        "$schema": _DIALECT,
        "title": "A claim file of check",
        **{key: _plain(value) for key, value in made.items() if key != "title"},
    }


def schema_text() -> str:
    """The schema as it is committed in ``claims/schema.json``."""
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"


class _Generator(GenerateJsonSchema):
    """Leaves ``default`` out: editors would insert it, and a default is exactly what need not be written."""

    def default_schema(self, schema: Any) -> Any:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: Any) -> Any:
        """Optional keys are left out in a file and are never null."""
        return self.generate_inner(schema["schema"])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _plain(item) for key, item in value.items() if key not in _UNKNOWN_TO_EDITORS}
        if isinstance(kept.get("title"), str):
            del kept["title"]
        return kept
    return [_plain(item) for item in value] if isinstance(value, list) else value
