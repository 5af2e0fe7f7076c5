"""The JSON Schema for editors: committed, made from the models, and of keywords that YAML servers know."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from checker.spec.models.checks import PREDICATES
from checker.spec.models.obligations import KINDS
from checker.spec.schema import schema, schema_text
from tests.spec.conftest import SMALL

COMMITTED = Path(__file__).parents[2] / "claims" / "schema.json"
_TEXT = """$schema $defs $ref title description type properties required additionalProperties patternProperties items
minItems maxItems maxProperties enum const pattern anyOf oneOf minProperties maxLength minLength"""
KEYWORDS = frozenset(_TEXT.split())


def test_the_committed_schema_is_that_of_the_models() -> None:
    assert COMMITTED.read_text() == schema_text(), "run `check schema > claims/schema.json`"


def schemas(node: Any, names: bool = False) -> list[dict[str, Any]]:
    """Every schema inside a schema; under ``properties`` and ``$defs`` the keys are names."""
    if isinstance(node, list):
        return [found for item in node for found in schemas(item)]
    if not isinstance(node, dict):
        return []
    below = [found for key, value in node.items() for found in schemas(value, not names and key in _NAMED)]
    return below if names else [node, *below]


_NAMED = frozenset({"properties", "$defs", "patternProperties"})


def test_only_keywords_that_editors_know() -> None:
    used = {key for one in schemas(schema()) for key in one}
    assert used <= KEYWORDS, used - KEYWORDS


def test_every_reference_leads_somewhere_and_every_map_is_closed() -> None:
    made = schema()
    for one in schemas(made):
        if "$ref" in one:
            assert one["$ref"].removeprefix("#/$defs/") in made["$defs"]
        if "properties" in one:
            assert one["additionalProperties"] is False


def test_every_kind_and_predicate_is_in_it() -> None:
    definitions = schema()["$defs"]
    assert set(PREDICATES) <= set(definitions["Check"]["properties"]) & set(definitions["Control"]["properties"])
    for key in KINDS:
        assert definitions[f"{key.capitalize()}Obligation"]["properties"][key]
        assert key in definitions[f"{key.capitalize()}NearMiss"]["properties"]
    assert all("description" in one for one in definitions.values())


def problems(value: Any, rule: dict[str, Any], root: dict[str, Any], path: str = "") -> list[str]:
    """A small validator for the keywords above, so that the schema is tried on real files."""
    if "$ref" in rule:
        return problems(value, root["$defs"][rule["$ref"].removeprefix("#/$defs/")], root, path)
    for key, right in (("anyOf", lambda n: n >= 1), ("oneOf", lambda n: n == 1)):
        if key in rule and not right(sum(not problems(value, option, root, path) for option in rule[key])):
            return [f"{path}: {key}"]
    types = {"object": dict, "array": list, "string": str, "number": int | float, "integer": int, "boolean": bool}
    wanted = rule.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(isinstance(value, types[kind]) for kind in wanted):
        return [f"{path}: {type(value).__name__} is no {wanted}"]
    if "enum" in rule and value not in rule["enum"]:
        return [f"{path}: {value!r}"]
    if "pattern" in rule and isinstance(value, str) and not re.search(rule["pattern"], value):
        return [f"{path}: {value!r} does not match"]
    found: list[str] = []
    if isinstance(value, dict):
        found += [f"{path}: {key} is missing" for key in rule.get("required", []) if key not in value]
        for key, item in value.items():
            options = [one for pattern, one in rule.get("patternProperties", {}).items() if re.search(pattern, key)]
            inner = rule.get("properties", {}).get(key) or (options or [rule.get("additionalProperties", True)])[0]
            if inner is False:
                found.append(f"{path}: unknown {key}")
            elif isinstance(inner, dict):
                found += problems(item, inner, root, f"{path}.{key}")
    if isinstance(value, list):
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", 10**9):
            found.append(f"{path}: {len(value)} entries")
        for index, item in enumerate(value):
            found += problems(item, rule.get("items", {}), root, f"{path}[{index}]")
    return found


def plain(text: str) -> Any:
    """What an editor's YAML reader makes of a file."""
    return YAML(typ="safe", pure=True).load(text)


def test_files_that_are_read_satisfy_the_schema(everything: Path) -> None:
    made = schema()
    assert problems(plain(SMALL), made, made) == []
    assert problems(plain(everything.read_text()), made, made) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("quantity: lost, over: {rho", "quantty: lost, over: {rho"),
        ("domain: positive", "domain: postive"),
        ("year: 2019", "year: soon"),
        ("show: q(x) >= 0", "shw: q(x) >= 0"),
        ("    statement: A statement.\n", ""),
        ("because: zero", "becuase: zero"),
        ("known_from: memory", "known_from: hearsay"),
        ("points: 13", "pionts: 13"),
    ],
)
def test_files_that_are_refused_are_underlined(old: str, new: str) -> None:
    made = schema()
    assert SMALL.count(old) == 1
    assert problems(plain(SMALL.replace(old, new)), made, made)
