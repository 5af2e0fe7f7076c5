"""Hostile inputs, drawn with a seed: formulas from the grammar, files from the JSON Schema, mutations of honest files, prose.

The one idea to know: most random text is refused at its first character, so every kind starts from something that is nearly
right, and breaks it in one or two places.
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from checker.expr.functions import FUNCTIONS
from checker.spec.tree import parse_tree

ROOT = Path(__file__).resolve().parents[2]
Data: TypeAlias = str | list[Any] | dict[str, Any]

PAYLOADS = (
    "__import__('os').system('touch /tmp/hostile')", "().__class__.__base__.__subclasses__()", "(lambda: 0)()", "f'{x}'",
    "(x := 1)", "[y for y in u]", "x.real", "exec('1')", "eval(x)", "open('/etc/passwd')", "9**9**9**9", "10**10**9",
    "factorial(10**8)", "Sum(1, (k, 1, 10**12))", "Product(k, (k, 1, 99999))", "1e1000*1e1000", "1e400", "0x10", "1_000",
    "010", ".inf", ".nan", "-0.0", "nan", "inf", "binomial(10**9, 5)", "gamma(10**7)", "x**10**6", "exp(exp(exp(exp(9))))",
    "diff(exp(sin(x))**x, x, 8)", "Integral(Integral(exp(x*y), (y, 0, x)), (x, 0, oo))", "limit(x**x**x, x, 0)",
    "((((((((((x))))))))))", "-" * 300 + "x", "x" + "+x" * 300, "not " * 50 + "x > 0", "x < x < x", "1/0", "0**0", "0*log(0)",
    "E(z)", "E(E(z))", "grad(x, x)", "hessian(dot(u, u), u)", "A @ A.T @ u", "trace(inv(A))", "u[10**9]", "\u0445", "\u2212x",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- x", "![x](javascript:alert(1))", "[x](//evil.example)",
    "a | b", "```", "::error::x", "##[add-matcher]x", "%0A::error::x", "]]>", "$\\href{javascript:1}{x}$", "$\\def\\x{y}$",
    "$" + "{" * 60 + "$", "\u05d0\u05d1 rtl", "e\u0301" * 20, "\U0001f600", "\ud800", "\u202egnp", "\x1b[31m", "\x00", "\r\n",
    "../../etc/passwd", "/etc/passwd", "con", "nul", "-rf", "~", "null", "no", "1e-3", "2019-01-01", "12:30", "*x", "&x", "!x",
    "{{7*7}}", "${x}", "$(id)", "`id`", "x\ty", "{", "}", "[", "]", ":", "- -", "? x", "%x", "@x", "|", ">", "#", "'", '"',
    "1e999", "1..10", "1..200", "1000000000", "O(x**999)", "fraction >= 1e-300", "0%", "1e-999", "5/0", "m -> oo",
    "normal(0, 0)", "uniform(1, 0)", "normal(x, 1e300)",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to ask: a ``formula``, a line of ``prose``, or a claim ``file``; ``deep``: every translator as well."""

    kind: str
    label: str
    content: str | bytes
    deep: bool = False


def drawn(strategy: st.SearchStrategy[str], count: int, number: int) -> list[str]:
    """``count`` examples of a strategy, the same for the same seed."""
    found: list[str] = []

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found[:count]


def formulas() -> st.SearchStrategy[str]:
    """Texts of the grammar: names, numbers, operators, functions, binders and forms, nested."""
    leaf = st.sampled_from(
        [
            "x",
            "t",
            "n",
            "u",
            "A",
            "z",
            "half",
            "pi",
            "oo",
            "E",
            "0",
            "1",
            "2",
            "-1",
            "1/3",
            "2.5",
            "1e-3",
            "1e900",
            "7**70",
        ]
    )
    scalar = [name for name, row in FUNCTIONS.items() if row.least <= 1]
    binary = [name for name, row in FUNCTIONS.items() if row.largest is None or row.largest >= 2]

    def grow(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.tuples(part, st.sampled_from(["+", "-", "*", "/", "**", " @ "]), part).map(
                lambda p: f"({p[0]}{p[1]}{p[2]})"
            ),
            st.tuples(st.sampled_from(scalar), part).map(lambda p: f"{p[0]}({p[1]})"),
            st.tuples(st.sampled_from(binary), part, part).map(lambda p: f"{p[0]}({p[1]}, {p[2]})"),
            st.tuples(st.sampled_from(["Sum", "Product", "Integral"]), part, part, part).map(
                lambda p: f"{p[0]}({p[1]}, (k, {p[2]}, {p[3]}))".replace("x", "k", 1)
            ),
            st.tuples(part, st.sampled_from(["x", "t"]), st.integers(0, 9)).map(
                lambda p: f"diff({p[0]}, {p[1]}, {p[2]})"
            ),
            st.tuples(part, part).map(lambda p: f"limit({p[0]}, x, {p[1]})"),
            st.tuples(part, part, part).map(lambda p: f"({p[0]} if {p[1]} > {p[2]} else {p[0]})"),
            st.lists(part, min_size=1, max_size=4).map(lambda p: f"[{', '.join(p)}]"),
            part.map(lambda p: f"f({p})"),
            part.map(lambda p: f"E({p})"),
            part.map(lambda p: f"norm({p}, 1)"),
            part.map(lambda p: f"({p})[0]"),
        )

    term = st.recursive(leaf, grow, max_leaves=12)
    relation = st.tuples(term, st.sampled_from(["==", "<=", "<", ">", "!="]), term).map(
        lambda p: f"{p[0]} {p[1]} {p[2]}"
    )
    return st.one_of(term, relation, st.tuples(relation, relation).map(" and ".join))


def broken_formulas() -> st.SearchStrategy[str]:
    """A formula with a payload or a stray token put into it."""
    piece = st.one_of(
        st.sampled_from(PAYLOADS), st.sampled_from("()[]{},:;=<>!&|^%@#'\"\\.~`? \n\t_$0123456789eEjJxlfbru")
    )
    return st.tuples(formulas(), piece, st.floats(0, 1)).map(_insert)


def _insert(parts: tuple[str, str, float]) -> str:
    text, piece, share = parts
    place = int(share * len(text))
    return text[:place] + piece + text[place:]


def prose() -> st.SearchStrategy[str]:
    """Running text with markup, maths and payloads."""
    piece = st.one_of(
        st.sampled_from(PAYLOADS),
        st.text(max_size=8),
        st.sampled_from(["$x^2$", "`x`", "word ", "\n\n", "    ", "\\", "$"]),
    )
    return st.lists(piece, min_size=1, max_size=6).map("".join)


@functools.cache
def _schema() -> dict[str, Any]:
    return json.loads((ROOT / "claims" / "schema.json").read_text("utf-8"))


def from_schema(source: random.Random, node: Mapping[str, Any] | None = None, depth: int = 0) -> Data:
    """Data that the JSON Schema of claim files allows, but for a payload here and there."""
    node = _schema() if node is None else node
    if "$ref" in node:
        node = _schema()["$defs"][node["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in node or "oneOf" in node:
        return from_schema(source, source.choice(node.get("anyOf") or node["oneOf"]), depth)
    if "enum" in node or "const" in node:
        return str(source.choice(node.get("enum") or [node["const"]]))
    kind = node.get("type", "string")
    kind = source.choice(kind) if isinstance(kind, list) else kind
    if kind == "object" and depth < 9:
        required, properties = set(node.get("required", ())), node.get("properties", {})
        chosen = {key: one for key, one in properties.items() if key in required or source.random() < 0.25}
        found = {key: from_schema(source, one, depth + 1) for key, one in chosen.items()}
        more = node.get("additionalProperties")
        if isinstance(more, dict):
            found |= {
                source.choice("xtnabcd"): from_schema(source, more, depth + 1) for _ in range(source.randint(0, 3))
            }
        return found
    if kind == "array" and depth < 9:
        return [from_schema(source, node.get("items", {}), depth + 1) for _ in range(source.randint(0, 3))]
    return source.choice(PAYLOADS if source.random() < 0.2 else ("x", "t", "x > 0", "x*t", "1", "2/3", "true", "run"))


def written(data: Data, indent: int = 0) -> str:
    """Block YAML with every text in single quotes."""
    pad = "  " * indent
    if isinstance(data, dict) and data:
        return "".join(f"{pad}{_quoted(key)}:{_below(value, indent)}" for key, value in data.items())
    if isinstance(data, list) and data:
        return "".join(f"{pad}-{_below(value, indent)}" for value in data)
    return f"{pad}{_inline(data)}\n"


def _below(value: Data, indent: int) -> str:
    return f"\n{written(value, indent + 1)}" if value and not isinstance(value, str) else f" {_inline(value)}\n"


def _inline(value: Data) -> str:
    return _quoted(value) if isinstance(value, str) else "{}" if isinstance(value, dict) else "[]"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@functools.cache
def honest() -> tuple[dict[str, Any], ...]:
    """Small claim files: each claim of the committed ones with what it stands on, and at most six obligations."""
    found = []
    for path in sorted([*(ROOT / "claims").glob("*.yaml"), *(ROOT / "tests" / "soundness").glob("*.yaml")]):
        whole = parse_tree(path.read_text("utf-8"), str(path)).data
        for name, claim in whole["claims"].items():
            small = {**claim, "origin": "paper", "prove": dict(list(claim.get("prove", {}).items())[:6])}
            runs = {measure["run"] for measure in claim.get("measure", ())}
            part = {
                **whole,
                "claims": {name: small},
                "runs": {k: v for k, v in whole.get("runs", {}).items() if k in runs},
            }
            text = json.dumps([part["claims"], part["runs"], part.get("definitions", {})])
            part["symbols"] = {k: v for k, v in whole.get("symbols", {}).items() if k in text}
            found.append({key: value for key, value in part.items() if value})
    return tuple(sorted(found, key=lambda data: len(json.dumps(data)))[:80])


def _paths(data: Data, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield from _paths(value, (*path, key))


def _at(data: Any, path: Sequence[str | int]) -> Any:
    for key in path:
        data = data[key]
    return data


def mutated_data(source: random.Random) -> str:
    """An honest file with a leaf replaced, two subtrees exchanged, a key renamed, or a piece of another file."""
    data = json.loads(json.dumps(source.choice(honest())))
    for _ in range(source.choice((1, 1, 2, 3))):
        places = [path for path in _paths(data) if path]
        path = source.choice(places)
        above, key = _at(data, path[:-1]), path[-1]
        act = source.randrange(5)
        if act == 0:
            above[key] = source.choice(PAYLOADS)
        elif act == 1:
            above[key] = json.loads(json.dumps(_at(data, source.choice(places))))
        elif act == 2 and isinstance(above, dict):
            above[source.choice((*PAYLOADS, *map(str, above)))] = above.pop(key)
        elif act == 3:
            other = source.choice(honest())
            above[key] = json.loads(json.dumps(_at(other, source.choice(list(_paths(other))))))
        elif isinstance(above[key], str):
            text = above[key]
            above[key] = _insert((text, source.choice(PAYLOADS), source.random()))
    return written(data)


def mutated_text(source: random.Random) -> bytes:
    """An honest file with bytes flipped, lines lost, doubled or exchanged, or pieces of another file put in."""
    content = bytearray(written(source.choice(honest())).encode())
    for _ in range(source.choice((1, 1, 2, 4))):
        act = source.randrange(6)
        place = source.randrange(len(content) or 1)
        if act == 0 and content:
            content[place] ^= 1 << source.randrange(8)
        elif act == 1:
            content[place:place] = source.choice(PAYLOADS).encode("utf-8", "surrogatepass")
        elif act == 2:
            del content[place : place + source.randrange(1, 40)]
        else:
            lines = content.split(b"\n")
            one, two = source.randrange(len(lines)), source.randrange(len(lines))
            if act == 3:
                lines[one], lines[two] = lines[two], lines[one]
            elif act == 4:
                lines[one:one] = lines[two : two + 3]
            else:
                lines[one:one] = written(source.choice(honest())).encode().split(b"\n")[two : two + 5]
            content = bytearray(b"\n".join(lines))
    return bytes(content)


def soup(source: random.Random) -> str:
    """Lines of YAML made of its own signs, keys of the language and payloads."""
    words = ("paper", "symbols", "claims", "x", "prove", "show", "domain", "real", *PAYLOADS)
    signs = (
        ": ",
        ":\n  ",
        "\n",
        "- ",
        "\n- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        '"',
        "|\n  ",
        ">\n  ",
        "? ",
        "&a ",
        "*a",
        "!!",
        " #",
        "  ",
    )
    return "".join(source.choice(signs if source.random() < 0.5 else words) for _ in range(source.randrange(2, 30)))


def inputs(count: int, number: int) -> Iterator[list[Input]]:
    """About ``count`` inputs in batches of one kind each, the same for the same seed."""
    source = random.Random(number)
    shares: tuple[tuple[str, str, float, Callable[[int], Sequence[str | bytes]]], ...] = (
        ("formula", "grammar", 0.25, lambda n: drawn(formulas(), n, number)),
        ("formula", "broken formulas", 0.25, lambda n: drawn(broken_formulas(), n, number + 1)),
        ("prose", "prose", 0.15, lambda n: drawn(prose(), n, number + 2)),
        ("file", "soup", 0.20, lambda n: [soup(source) for _ in range(n)]),
        ("file", "JSON Schema", 0.05, lambda n: [_whole(source) for _ in range(n)]),
        ("file", "mutated text", 0.05, lambda n: [mutated_text(source) for _ in range(n)]),
        ("file", "mutated data", 0.05, lambda n: [mutated_data(source) for _ in range(n)]),
    )
    for kind, label, share, make in shares:
        deep_every = {"grammar": 8, "mutated data": 4}.get(label, 0)
        made = make(max(2, round(count * share)))
        batch = [Input(kind, label, content) for content in made]
        yield [replace(one, deep=bool(deep_every) and index % deep_every == 0) for index, one in enumerate(batch)]


def _whole(source: random.Random) -> str:
    data = from_schema(source)
    assert isinstance(data, dict)
    frame = json.loads(json.dumps(source.choice(honest())))
    return written({**frame, **{key: value for key, value in data.items() if source.random() < 0.4}})
