"""The JSON Schema of the report for machines, so that other programs can rely on what ``--format json`` prints.

The one idea to know: it is made from the models of the result, and what ``dump`` does to them (a summary in front, timings
and a checksum at the end) is done here too.  Within one version keys are only ever added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from checker.report.json_report import SCHEMA_VERSION
from checker.report.summary import PaperSummary
from checker.result import PaperResult

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TIMED = ("MemberResult", "MeasureResult")
_NOT_A_NUMBER = ["NaN", "Infinity", "-Infinity"]


def report_schema(*, closed: bool = False) -> dict[str, Any]:
    """The schema of one report; ``closed`` refuses keys it does not know (a later checker may add some)."""
    made = PaperResult.model_json_schema(schema_generator=_Generator)
    summary = PaperSummary.model_json_schema(schema_generator=_Generator)
    definitions: dict[str, Any] = {**made.pop("$defs"), **summary.pop("$defs"), "PaperSummary": summary}
    for name in _TIMED:
        del definitions[name]["properties"]["seconds"]
    definitions["Provenance"]["properties"]["timings"] = {
        "type": "object",
        "additionalProperties": {"type": "number"},
        "description": "seconds of each obligation and measurement",
    }
    definitions["Provenance"]["properties"]["checksum"] = {
        "type": "string",
        "description": "SHA-256 of this report without this key, as JSON with its keys sorted",
    }
    made["properties"] = {
        "schema_version": {"const": SCHEMA_VERSION},
        "summary": {"$ref": "#/$defs/PaperSummary"},
        **{key: value for key, value in made["properties"].items() if key != "schema_version"},
    }
    made["required"] = ["schema_version", "summary", *made["required"]]
    schema = {
        "$schema": DIALECT,
        "$id": f"check-report-{SCHEMA_VERSION}",
        "title": f"A report of check, version {SCHEMA_VERSION}",
        "description": "`check PATH --format json` prints one of these, an array of them for several files.",
        **{key: value for key, value in made.items() if key not in ("title", "description")},
        "$defs": definitions,
    }
    return {**_plain(schema, closed), "title": schema["title"]}


def report_schema_text() -> str:
    """The schema as it is committed in ``docs/report.schema.json``."""
    return json.dumps(report_schema(), indent=1, sort_keys=True) + "\n"


class _Generator(GenerateJsonSchema):
    """Numbers that are not finite are written as text."""

    def float_schema(self, schema: Any) -> Any:
        return {"anyOf": [super().float_schema(schema), {"enum": _NOT_A_NUMBER}]}

    def default_schema(self, schema: Any) -> Any:
        return self.generate_inner(schema["schema"])


def _plain(value: Any, closed: bool, names: bool = False) -> Any:
    """Without the titles that pydantic invents; ``names``: the keys are names and not keywords."""
    if isinstance(value, list):
        return [_plain(item, closed) for item in value]
    if not isinstance(value, Mapping):
        return value
    kept = {
        key: _plain(item, closed, not names and key in ("properties", "$defs"))
        for key, item in value.items()
        if names or not (key == "title" and isinstance(item, str))
    }
    if not names and "properties" in kept:
        kept.pop("additionalProperties", None)
        if closed:
            kept["additionalProperties"] = False
    return kept
