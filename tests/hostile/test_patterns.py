"""No regular expression of the checker takes long for any text that a claim may hold, however it is written.

The one idea to know: the expressions are found in the source, with the methods they are used by, so that a new one is tried
without anybody thinking of it.  One that steps back over a run of blanks or digits for each of them takes many times the limit.
"""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

import checker
from checker.spec.models.base import MAX_PROSE

ROOT = Path(checker.__file__).parent
LIMIT_S = 1.0  # of processor time: what a whole answer may take
_METHODS = frozenset(("match", "search", "fullmatch", "finditer", "findall", "sub", "split"))
UNITS = (
    *("within ", " ", "a", "1", "0.", ".", "_", "1_", "1e", "a ", "a.", " a", "1 ", "\n", "a\n", "\t"),
    *("(", "[", "{", "'", '"', "'\"", "$", "$a", "`", "`a", "\\", "\\a", "\\\\", "*", "**", "#", " #", "|", "!", "=", "a="),
    *("-", "%", " %", "/", ",", ", a", "O(", "x in [", " in [", "x->", "www.", "for every ", "fraction >= ", "paper"),
    *("{a}", "..", "1..", ":", ": ", ".yaml", ".yaml:1", "claims\t", "a-", "A"),
)
FRAMES = (("", "\0"), ("a", "!"), ("O(", "1"))
Use = tuple[str, int, "re.Pattern[str] | re.Pattern[bytes]", str]  # file, line, expression, method


def uses() -> Iterator[Use]:
    """Every regular expression in the source with each method that it is used by."""
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        named: dict[str, set[str]] = {}
        shown = path.relative_to(ROOT).as_posix()
        for call in calls:
            assert isinstance(call.func, ast.Attribute)
            holder = call.func.value
            if isinstance(holder, ast.Name) and holder.id != "re" and call.func.attr in _METHODS:
                named.setdefault(holder.id, set()).add(call.func.attr)
            written = call.args[0] if call.args else None
            direct = isinstance(holder, ast.Name) and holder.id == "re" and call.func.attr in _METHODS
            if direct and isinstance(written, ast.Constant) and isinstance(written.value, str):
                yield shown, call.lineno, re.compile(written.value), call.func.attr
        if any(isinstance(call.func, ast.Attribute) and call.func.attr == "compile" for call in calls):
            yield from ((shown, 0, *found) for found in _held(path, named))


def _held(path: Path, named: dict[str, set[str]]) -> Iterator[tuple[re.Pattern[str] | re.Pattern[bytes], str]]:
    """The expressions that a module holds; those in a table are used by ``search``."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    for name, value in vars(importlib.import_module(".".join(parts))).items():
        if isinstance(value, re.Pattern):
            yield from ((value, method) for method in sorted(named.get(name, {"search"})))
        elif isinstance(value, tuple):
            entries = [one for entry in value if isinstance(entry, tuple) for one in entry] + list(value)
            yield from ((one, "search") for one in entries if isinstance(one, re.Pattern))


def seconds(pattern: re.Pattern[str] | re.Pattern[bytes], method: str, text: str) -> float:
    """Processor time of one use."""
    given = text.encode() if isinstance(pattern.pattern, bytes) else text
    before = time.process_time()
    if method == "sub":
        pattern.sub(given[:0], given)  # type: ignore[arg-type]
    elif method == "finditer":
        list(pattern.finditer(given))  # type: ignore[arg-type]
    else:
        getattr(pattern, method)(given)
    return time.process_time() - before


def slow(found: Iterator[Use], limit: float = LIMIT_S) -> list[str]:
    """Uses that take more than the limit, with the text that makes them slow."""
    texts = [f"{first}{unit * (MAX_PROSE // len(unit))}{last}" for unit in UNITS for first, last in FRAMES]
    bad = []
    for file, line, pattern, method in found:
        for text in texts:
            if all(seconds(pattern, method, text) > limit for _ in range(3)):
                bad.append(f"{file}:{line}: {method} of {pattern.pattern!r} in {text[:12]!r}...")
                break
    return bad


def test_no_expression_takes_long() -> None:
    found = list(uses())
    assert len(found) > 60
    assert not slow(iter(found))


def test_one_that_steps_back_is_found() -> None:
    bad: Use = ("x.py", 1, re.compile(r"\s*%"), "search")
    fine: Use = ("x.py", 2, re.compile(r"(?<!\s)\s*%"), "search")
    assert [line.partition(" ")[0] for line in slow(iter([bad, fine]), limit=LIMIT_S / 100)] == ["x.py:1:"]
