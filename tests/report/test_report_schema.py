"""The JSON Schema of reports: committed, made from the models, and true of the reports in this repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checker.cli import main
from checker.report.json_report import SCHEMA_VERSION, dump
from checker.report.report_schema import report_schema, report_schema_text
from checker.result import PaperResult

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "docs" / "report.schema.json"
REPORTS = sorted((ROOT / "reports").glob("*.json"))
KEYWORDS = frozenset(
    {"$schema", "$id", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties"}
    | {"items", "prefixItems", "minItems", "maxItems", "enum", "const", "anyOf"}
)
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": int | float,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def problems(value: Any, rule: dict[str, Any], root: dict[str, Any], path: str = "") -> list[str]:
    """What ``value`` breaks of the keywords above; an unknown keyword is an error of the schema."""
    assert set(rule) <= KEYWORDS, set(rule) - KEYWORDS
    if "$ref" in rule:
        return problems(value, root["$defs"][rule["$ref"].removeprefix("#/$defs/")], root, path)
    if "anyOf" in rule and all(problems(value, option, root, path) for option in rule["anyOf"]):
        return [f"{path}: none of the alternatives"]
    if "type" in rule:
        right = isinstance(value, TYPES[rule["type"]]) and not (isinstance(value, bool) and rule["type"] != "boolean")
        if not right:
            return [f"{path}: {type(value).__name__} is no {rule['type']}"]
    if ("enum" in rule and value not in rule["enum"]) or ("const" in rule and value != rule["const"]):
        return [f"{path}: {value!r}"]
    found: list[str] = []
    if isinstance(value, dict):
        known = rule.get("properties", {})
        found += [f"{path}: no {key}" for key in rule.get("required", ()) if key not in value]
        for key, item in value.items():
            more = rule.get("additionalProperties", {})
            if key not in known and more is False:
                found.append(f"{path}: {key} is not known")
            else:
                found += problems(item, known.get(key, more if isinstance(more, dict) else {}), root, f"{path}.{key}")
    if isinstance(value, list):
        first = rule.get("prefixItems", [])
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
            found.append(f"{path}: {len(value)} items")
        for index, item in enumerate(value):
            below = first[index] if index < len(first) else rule.get("items", {})
            found += problems(item, below, root, f"{path}[{index}]")
    return found


def test_the_committed_schema_is_that_of_the_models() -> None:
    assert COMMITTED.read_text() == report_schema_text(), "run `check schema --report > docs/report.schema.json`"


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--report"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["schema_version"] == {"const": SCHEMA_VERSION}


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_the_committed_reports_follow_it(path: Path) -> None:
    report = json.loads(path.read_text(encoding="utf-8"))
    for closed in (False, True):
        schema = report_schema(closed=closed)
        assert problems(report, schema, schema) == []


def test_there_are_reports_to_try_it_on() -> None:
    assert len(REPORTS) >= 3


def broken(report: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    claim = report["claims"][0]
    return [
        ("another version", {**report, "schema_version": SCHEMA_VERSION + 1}),
        ("no summary", {key: value for key, value in report.items() if key != "summary"}),
        ("no verdict", {**report, "claims": [{key: value for key, value in claim.items() if key != "verdict"}]}),
        ("a verdict that is none", {**report, "claims": [{**claim, "verdict": "TRUE"}]}),
        ("text for a number", {**report, "seed": "zero"}),
        ("a claim for the list of claims", {**report, "claims": claim}),
    ]


def test_what_is_no_report_is_told_apart(paper: PaperResult) -> None:
    report, schema = json.loads(dump(paper)), report_schema()
    assert problems(report, schema, schema) == []
    for name, wrong in broken(report):
        assert problems(wrong, schema, schema), name
    unknown, closed = {**report, "more": 1}, report_schema(closed=True)
    assert problems(unknown, schema, schema) == []  # keys may be added within a version
    assert problems(unknown, closed, closed) == [": more is not known"]
