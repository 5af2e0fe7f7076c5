"""The reference pages of the claim language: claim files, obligations, predictions and the rules of lint.

The one idea to know: every line is read off the models that load a claim file (their docstrings and the descriptions of their
fields), so a page cannot promise a key that the loader refuses; the examples are those that a test has judged.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterable, Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from checker.commands.examples import OBLIGATIONS, PREDICTIONS, claim_file
from checker.spec.models import checks, claims, header, obligations, runs
from checker.spec.models.base import Parsed
from checker.spec.remarks import ERRORS, FAMILIES, REMARKS

_TABLE = ["| key | value | default | meaning |", "|---|---|---|---|"]
_WRITTEN = "Written by `check docs --write docs` from the models that read a claim file; a test compares the two."
_COMPANIONS = tuple(name for name in checks.Predicates.model_fields if name not in checks.PREDICATES)


def claim_files() -> str:
    """``docs/claim_files.md``: every key of a claim file outside of ``params``."""
    parts: list[tuple[str, str, type[BaseModel]]] = [
        ("The file", "", claims.File),
        ("`paper`", "`paper:`", header.Paper),
        ("`symbols`", "`symbols: {name: ...}`", header.Symbol),
        ("`definitions`: a number that solves an equation", "`definitions: {name: {solves: ...}}`", header.Solves),
        ("`definitions`: a maximiser", "`definitions: {name: {maximises: ...}}`", header.Maximises),
        ("`definitions`: a minimiser", "`definitions: {name: {minimises: ...}}`", header.Minimises),
        ("`definitions`: a flow", "`definitions: {name: {flow: ...}}`", header.Flow),
        ("`references`", "`references: {name: ...}`", header.Reference),
        ("`assumptions`", "`assumptions: {name: ...}`", header.Assumption),
        ("`runs`", "`runs: {name: ...}`", runs.Run),
        ("`runs`: an axis with equal ratios", "`sweep: {m: {log_spaced: [1, 100], points: 9}}`", runs.LogSpaced),
        ("`claims`", "`claims: {name: ...}`", claims.Claim),
        ("`source`", "`source:` of a claim", claims.Source),
        ("`finding`", "`finding:` of a claim", claims.Finding),
        ("`measure`", "one entry of `measure:`", checks.Measure),
        ("`checks`", "`checks: {name: ...}`; one prediction of docs/predictions.md stands beside these", checks.Check),
        ("`keep`", "`keep:` of a check", checks.Keep),
        ("`controls`", "one entry of `controls:` of a measurement; keys of a prediction may stand here too", checks.Control),
    ]
    lines = [
        "# The keys of a claim file",
        "",
        _WRITTEN,
        "A claim file is one YAML document. Every value is read as text, so numbers stay exact; formulas with commas,",
        "colons or a leading `*` are put in single quotes. A single entry of a list may stand without brackets.",
        "",
        "Formulas: [grammar.md](grammar.md). Obligations (`prove:`): [obligations.md](obligations.md). Predictions (under",
        "`checks:`): [predictions.md](predictions.md). `params:` of a run: [experiments.md](experiments.md).",
    ]
    for title, where, model in parts:
        lines += ["", f"## {title}", "", *([f"Where: {where}.", ""] if where else []), _prose(model), ""]
        lines += _table(_own(model))
    return "\n".join(lines) + "\n"


def obligation_page() -> str:
    """``docs/obligations.md``: every kind of obligation, the engines it is put to, and an example that is proved."""
    routes = _routes()
    lines = [
        "# Obligations",
        "",
        _WRITTEN,
        "An obligation is an entry of `prove:`; the key that names its kind stands first. Every kind has these keys:",
        "",
        *_table(_fields(obligations.Obligation, obligations.Obligation.model_fields)),
        "",
        "and `controls`: near misses that the same engines must refute, each a patch of the obligation's own keys with a",
        "`because`. An obligation comes back proved, refuted with an exact witness, or undecided with the reason. That every",
        "formula is defined on its domain, and that the hypotheses can hold together, is asked as well.",
    ]
    for kind, model in obligations.KINDS.items():
        own = [name for name in model.model_fields if name not in obligations.Obligation.model_fields]
        asked, needs = routes[kind]
        lines += ["", f"## `{kind}`", "", _prose(model), "", *_table(_fields(model, own))]
        lines += ["", f"Engines: {asked}. Proved takes: {needs}.", "", *_yaml(f"part: {OBLIGATIONS[kind]}")]
        if kind == "kkt":
            lines += ["", "The program:", "", *_table(_fields(obligations.Program, obligations.Program.model_fields))]
    return "\n".join(lines) + "\n"


def prediction_page() -> str:
    """``docs/predictions.md``: every predicate of a check, and what may stand beside it."""
    fields = checks.Predicates.model_fields
    lines = [
        "# Predictions",
        "",
        _WRITTEN,
        "A check under `checks:` has a `quantity` and exactly one of the predictions below. The judge forms an interval of the",
        "quantity (over instances, or with confidence over seeds, finite-size error included) and says where it lies: PASS",
        "inside the region and every control rejected, FAIL outside, INCONCLUSIVE in between.",
        "",
        "Beside a prediction may stand:",
        "",
        *_table(_fields(checks.Predicates, _COMPANIONS)),
        "",
        "`equals`, `limit`, rates and `attained` need `within`; rates, limits and `monotone` need `as`; an asymptotic rate",
        "needs eight sizes over two decades.",
    ]
    for kind in checks.PREDICATES:
        check, control = PREDICTIONS[kind]
        said = fields[kind].description or ""
        lines += ["", f"## `{kind}`", "", f"{said[0].upper()}{said[1:]}.", ""]
        lines += [f"Value: {_value(fields[kind].annotation, list(fields[kind].metadata))}.", ""]
        lines += _yaml(f"checks: {{part: {check}}}", f"controls: [{control}]")
    return "\n".join(lines) + "\n"


def lint_page() -> str:
    """``docs/lint.md``: every rule by its name."""
    lines = [
        "# What lint says",
        "",
        _WRITTEN.replace("the models that read a claim file", "`checker/spec/remarks.py`"),
        "Each line of `check lint` ends in the name of its rule in brackets. An error refuses the file; a remark is a question",
        "that a reviewer would ask, and is printed at the end of the report as well. `check lint --strict` counts remarks as",
        "errors, `--ignore RULE` leaves one out.",
        "",
        "| rule | what it means |",
        "|---|---|",
        *(f"| `{code}` (error) | {text} |" for code, text in ERRORS.items()),
        *(f"| `{code}` | {text} |" for code, text in REMARKS.items()),
        "",
        f"Families of the library (`family:` of a paper; the list is open): {', '.join(FAMILIES)}.",
    ]
    return "\n".join(lines) + "\n"


def _yaml(*lines: str) -> list[str]:
    return ["```yaml", *lines, "```"]


def _routes() -> dict[str, tuple[str, str]]:
    """The engines of the example of each kind, in words."""
    from checker.prove.routes import route
    from checker.spec.load import load_text

    paper = load_text(claim_file(obligations=True), "examples", "examples.yaml")
    found = {}
    for kind, claim in zip(OBLIGATIONS, paper.claims, strict=True):
        asked = route(claim.lemmas[0].members[0][1].question)
        found[kind] = (", ".join(asked.engines), asked.needs)
    engines, needs = found["show"]
    equations = "; equations are put to balls, rational normal form and SymPy, limits to asymptotic expansions too"
    found["show"] = (f"{engines}{equations}", f"{needs} (inequalities), an exact zero and balls around it (equations)")
    return found


def _prose(model: type[BaseModel]) -> str:
    text = inspect.cleandoc(model.__doc__ or "").replace("``", "`")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _own(model: type[BaseModel]) -> list[tuple[str, str, str, str]]:
    """The fields of a model without those of a prediction, which have their own page."""
    shared = set(checks.Predicates.model_fields) if issubclass(model, checks.Predicates) else set()
    return _fields(model, [name for name in model.model_fields if name not in shared])


def _fields(model: type[BaseModel], names: Iterable[str]) -> list[tuple[str, str, str, str]]:
    rows = []
    for name in names:
        field = model.model_fields[name]
        default = "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
        value = _value(field.annotation, list(field.metadata))
        said = field.description or ""
        rows.append((field.alias or name, value, default, "" if said == value else said))
    return rows


def _table(rows: Iterable[tuple[str, str, str, str]]) -> list[str]:
    def line(row: tuple[str, str, str, str]) -> str:
        key, value, default, said = (cell.replace("|", "\\|") for cell in row)
        return f"| `{key}` | {value} | {default} | {said} |"

    return [*_TABLE, *map(line, rows)]


def _default(value: Any) -> str:
    if value is None or value in ([], {}, ()):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _value(annotation: Any, metadata: list[Any]) -> str:
    """A type in the words of a claim file."""
    for one in metadata:
        if isinstance(one, Parsed):
            return one.what
    parts = list(_parts(annotation))
    words = dict.fromkeys(word for part in parts for word in _words(part))
    return " or ".join(words) or "a map"


def _parts(annotation: Any) -> Iterator[Any]:
    """The alternatives of a type, ``None`` left out."""
    if get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _parts(part)
    elif annotation is not type(None):
        yield annotation


def _words(part: Any) -> Iterator[str]:
    origin, arguments = get_origin(part), get_args(part)
    if hasattr(part, "__metadata__"):  # Annotated: what reads it says what it is
        parsed = [one for one in part.__metadata__ if isinstance(one, Parsed)]
        schemas = [one for one in part.__metadata__ if type(one).__name__ == "WithJsonSchema"]
        if parsed:
            yield parsed[0].what
        elif schemas and "description" in schemas[0].json_schema:
            yield schemas[0].json_schema["description"]
        else:
            yield from (word for one in _parts(arguments[0]) for word in _words(one))
    elif origin is Literal:
        yield " or ".join(f"`{word}`" for word in arguments)
    elif origin is list:
        yield f"a list of {_several(arguments[0])}"
    elif origin is dict:
        yield f"a map of names to {_several(arguments[1])}"
    elif isinstance(part, type) and issubclass(part, BaseModel):
        yield "a map"
    elif part is Any:
        yield "values"
    else:
        yield re.sub(r"\W+", " ", str(getattr(part, "__name__", part))).strip().lower()


def _several(inside: Any) -> str:
    """What a list or map holds, in the plural."""
    words = dict.fromkeys(word for one in _parts(inside) for word in _words(one))
    return " or ".join(dict.fromkeys(_plural(word) for word in words)) or "values"


def _plural(word: str) -> str:
    short = word.split(" such as ")[0]
    if short.startswith("a ") and " of " not in short:
        return f"{short.removeprefix('a ')}s"
    return "texts" if short == "text" else word
