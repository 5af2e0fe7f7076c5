"""Text from a claim file made safe for a page, a plot or a terminal: nothing in it may become markup.

The one idea: a claim's text is data.  Prose is escaped character by character, maths is let through only where every
command is on a list (``maths.py``), and everything else is shown as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

from checker.report.maths import safe_maths

Segment = tuple[Literal["text", "maths", "code"], str]

_ENTITIES: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;", "@": "&#64;", "$": "<span>$</span>"}
_BACKSLASHED: Final = frozenset("\\`*[]~")
# As pandoc has it: no space just inside the dollars and no digit after them, so that prices stay prices.
_SPAN: Final = re.compile(r"(?<![\\$])(\$\$?)(?![\s$])([^$]+?)(?<![\s\\])\1(?![\d$])|(?<!`)`([^`]+)`(?!`)")
_BLOCK_START: Final = re.compile(r"^([#+\-=](?=\s|$|[#=\-])|\d{1,9}(?=[.)](?:\s|$)))")


def clean(text: str) -> str:
    """One line of printable characters: runs of white space become one space, control and format characters go.

    Format characters include the bidirectional ones, which can make a page show another text than it holds, and the
    escape character, which can drive a terminal.
    """
    kept: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if character.isspace() or category in ("Zl", "Zp"):
            kept.append(" ")
        elif category not in ("Cc", "Cf", "Cs", "Co", "Cn"):
            kept.append(character)
    return " ".join("".join(kept).split())


def segments(text: str) -> list[Segment]:
    """Split cleaned text at ``$...$``, ``$$...$$`` and code in backticks.

    Maths that is not on the list stays text, dollars included.
    """
    line = clean(text)
    found: list[Segment] = []
    position = 0
    for match in _SPAN.finditer(line):
        _, maths, verbatim = match.groups()
        tex = safe_maths(maths) if maths is not None else verbatim
        if tex is None:
            continue
        if match.start() > position:
            found.append(("text", line[position : match.start()]))
        found.append(("maths" if maths is not None else "code", tex))
        position = match.end()
    if position < len(line):
        found.append(("text", line[position:]))
    return found


def prose(text: str, limit: int | None = None) -> str:
    """Markdown for a line of running text with maths, safe in a paragraph, a quotation, a list item or a table cell.

    ``limit`` clips to about that many characters, at a word and never inside maths.
    """
    parts: list[str] = []
    used = 0
    for kind, content in segments(text):
        room = None if limit is None else limit - used
        if room is not None and len(content) > room:
            if kind == "text":
                parts.append(_escape(clip(content, room)))
            else:
                parts.append("…")
            break
        used += len(content)
        if kind == "text":
            parts.append(_escape(content.replace(r"\$", "$")))
        elif kind == "code":
            parts.append(code(content))
        else:
            # Two formulas that touch would make a double dollar.
            parts.append((" " if parts and parts[-1].endswith("$") else "") + inline_maths(content))
    return _not_a_block("".join(parts))


def inline_maths(tex: str) -> str:
    """Maths already passed by ``safe_maths``, in the spelling whose content no Markdown rule touches."""
    return f"$`{tex}`$"


def formula(latex: str, text: str) -> str:
    """A formula from its LaTeX, or as code from its plain text where the LaTeX is empty or not safe."""
    tex = safe_maths(clean(latex))
    return inline_maths(tex) if tex else code(text or latex)


def code(text: str) -> str:
    """Inline code, safe in table cells too; empty text gives an empty string."""
    line = clean(text)
    if not line:
        return ""
    if "|" in line or "`" in line:
        return f"<code>{_escape(line)}</code>"
    return f"`{line}`"


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a word where one ends in the last third, with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: max(limit - 1, 0)]
    space = head.rfind(" ")
    return (head[:space] if space > 2 * limit // 3 else head).rstrip() + "…"


def html(text: str) -> str:
    """Cleaned text for the inside of an HTML element or a double-quoted attribute."""
    line = clean(text)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        line = line.replace(character, entity)
    return line


def _escape(text: str) -> str:
    pieces: list[str] = []
    for index, character in enumerate(text):
        if character in _ENTITIES:
            pieces.append(_ENTITIES[character])
        elif character in _BACKSLASHED or (character == "_" and not _inside_word(text, index)):
            pieces.append("\\" + character)
        else:
            pieces.append(character)
    # A bare address would become a link of its own on a code host.
    escaped = "".join(pieces).replace("://", "&#58;//")
    return re.sub(r"(?i)\b(www)\.", r"\1&#46;", escaped)


def _inside_word(text: str, index: int) -> bool:
    return 0 < index < len(text) - 1 and text[index - 1].isalnum() and text[index + 1].isalnum()


def _not_a_block(line: str) -> str:
    """Keep a line from opening a heading, a list or a rule."""
    match = _BLOCK_START.match(line)
    if match is None:
        return line
    end = match.end()
    return line[:end] + "\\" + line[end:] if line[0].isdigit() else "\\" + line
