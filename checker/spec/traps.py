"""What YAML does behind an author's back, and the one-line remedy for each trap.

The one idea to know: a formula is ordinary text to us and often is not to YAML.  Whenever YAML would read something
else than what was written (a comma splits, ``#`` cuts, ``\\beta`` becomes a backspace), the file is refused with the
quotes that mend it.
"""

from __future__ import annotations

import re

from checker.spec.errors import SpecError, quote

QUOTE = "put it in single quotes"
ALIAS = f"YAML aliases (*name) are not allowed; if this is a formula, {QUOTE}"
ANCHOR = f"YAML anchors (&name) are not allowed; if this is text, {QUOTE}"
TAG = f"YAML tags (!name) are not allowed; if this is text, {QUOTE}"
KEY_NOT_TEXT = "a key is a plain name, not a map or a list"

_SPLIT = f"a comma, colon or '#' has split this; quote this formula: {QUOTE}"
_NULL = f"no value; remove the key, or if this is a piece of a formula, quote this formula: {QUOTE}"
_COMMENT = f"' #' starts a comment and cuts this short; quote this formula: {QUOTE}, or put two spaces before a comment"
_BACKSLASH = "in double quotes a backslash makes another character; use single quotes"
_BOOLEAN_KEYS = frozenset({"on", "off", "yes", "no", "true", "false", "null", "~"})
_OPENING = {")": "(", "]": "[", "}": "{"}
_ESCAPE = re.compile(r'\\[^"\\]|\\\Z')
_LONGEST_LINE = 1_000  # where a value starts is not looked for in a longer line: every start is tried
_IN_QUOTES = re.compile(r"'[^']*'|\"[^\"]*\"")


def unbalanced(text: str) -> bool:
    """Whether brackets open that do not close, or close that did not open."""
    if not any(character in text for character in "()[]{}"):
        return False
    open_brackets: list[str] = []
    for character in _IN_QUOTES.sub("", text):
        if character in "([{":
            open_brackets.append(character)
        elif character in ")]}" and (not open_brackets or open_brackets.pop() != _OPENING[character]):
            return True
    return bool(open_brackets)


def value(text: str, style: str, source: str, after: str, *, split: bool) -> str:
    """The complaint about a text value, or an empty string.  ``source`` is what stands in the file, quotes included."""
    if style == "plain":
        if text in {"", "~", "null", "Null", "NULL"}:
            return _NULL
        if split:
            return _SPLIT
        if re.match(r" #", after) or re.search(r"\S #", source):
            return _COMMENT
    if style == "double" and _ESCAPE.search(source[1:-1].replace("\\\\", "")):
        return _BACKSLASH
    return ""


def key(text: str, style: str, source: str, *, formula_allowed: bool, split: bool) -> str:
    """The complaint about a key.  Under ``definitions`` and ``let`` a key may have arguments: ``q(z)``."""
    if text == "<<":
        return "YAML merge keys (<<) are not allowed; write the keys out"
    if split:
        return _SPLIT
    if style == "plain" and text == "":
        return "a key is missing before ':'"
    if text.lower() in _BOOLEAN_KEYS:
        return "other YAML readers take this key for a truth value; choose another name"
    if style == "double" and _ESCAPE.search(source[1:-1].replace("\\\\", "")):
        return _BACKSLASH
    if not formula_allowed and any(character in text for character in "()"):
        return f"a key has no parentheses here; quote this formula: {QUOTE}"
    return ""


_SPECIAL = {
    "@": "'@' cannot begin a YAML value",
    "`": "'`' cannot begin a YAML value",
    "%": "'%' cannot begin a YAML value",
    "|": "'|' begins a block of text in YAML (an absolute value is written abs(x))",
    ">": "'>' begins a block of text in YAML",
    "[": "'[' begins a list in YAML",
    "{": "'{' begins a map in YAML",
    '"': "a quoted text ends at its second quote",
    "'": "a quoted text ends at its second quote",
    "*": "'*' begins an alias in YAML",
    "&": "'&' begins an anchor in YAML",
    "!": "'!' begins a tag in YAML",
    "-": "'- ' begins a list entry in YAML",
}


def syntax(text: str, line: int, column: int, problem: str) -> SpecError:
    """YAML's own complaint (0-based place) in our words: what it probably is, and the remedy."""
    lines = text.split("\n")
    shown = lines[line] if line < len(lines) else ""
    place = (line + 1, column + 1)
    start, first = _value_start(shown, column)
    if "double-quoted" in problem:
        return SpecError(_BACKSLASH, *place, found=quote(shown[column - 1 :].strip() or shown.strip()))
    if "quoted scalar" in problem and "end of stream" in problem:
        return SpecError("a quote is opened and never closed", *place)
    if "\\t" in problem or (shown[column : column + 1] == "\t"):
        return SpecError("a tab cannot indent YAML; use spaces", *place)
    if "mapping values are not allowed" in problem:
        return SpecError(
            f"': ' inside a value starts a map; quote this text: {QUOTE}", *place, found=quote(shown.strip())
        )
    if first in _SPECIAL:
        message = f"{_SPECIAL[first]}; quote this formula: {QUOTE}"
        return SpecError(message, line + 1, start + 1, found=quote(shown[start:].strip()))
    if "flow" in problem and shown[column : column + 1] in {"[", "{"}:
        return SpecError(
            f"a bracket inside a value begins a list in YAML; quote this formula: {QUOTE}",
            *place,
            found=quote(shown[:column].split(" ")[-1] + shown[column:]),
        )
    if "flow" in problem:
        return SpecError(
            "a bracket or brace is opened and never closed, or a comma is missing", *place, found=quote(shown.strip())
        )
    if "block" in problem or "indent" in problem:
        return SpecError("this line does not line up with the lines above", *place, found=quote(shown.strip()))
    return SpecError("not readable as YAML", *place, found=quote(shown.strip() or "the end of the file"))


def _value_start(shown: str, column: int) -> tuple[int, str]:
    """Column and first character of the value that holds or precedes ``column`` on its line."""
    best = len(shown) - len(shown.lstrip())
    if column > _LONGEST_LINE:
        return min(best, column), shown[best : best + 1]
    for match in re.finditer(r": |, |\{ ?|\[ ?|- ", shown[:column]):
        if not unbalanced(shown[match.end() : column].rstrip()):
            best = match.end()
    while best < len(shown) and shown[best] == " ":
        best += 1
    return best, shown[best : best + 1]
