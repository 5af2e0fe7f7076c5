"""Markdown blocks: tables, folded parts, block quotations.  Cells arrive already escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checker.report.escape import html


def table(header: Sequence[str], rows: Iterable[Sequence[str]], align: str = "") -> str:
    """A pipe table; ``align`` has one of ``l``, ``r``, ``c`` per column, ``l`` where it is shorter.

    Columns that are empty in every row are left out, so that a rare remark costs no width elsewhere.
    """
    body = [list(row) for row in rows]
    kept = [index for index in range(len(header)) if any(index < len(row) and row[index] for row in body)]
    if not kept:
        return ""
    rule = {"l": "---", "r": "---:", "c": ":-:"}
    marks = [rule[align[index] if index < len(align) else "l"] for index in kept]
    lines = [_row([header[index] for index in kept]), _row(marks)]
    lines += [_row([row[index] if index < len(row) else "" for index in kept]) for row in body]
    return "\n".join(lines)


def folded(summary: str, content: str) -> str:
    """A part that is closed until the reader opens it; ``summary`` is plain text."""
    return f"<details>\n<summary>{html(summary)}</summary>\n\n{content}\n\n</details>"


def blocks(parts: Iterable[str]) -> str:
    """Blocks one below the other, empty ones left out."""
    return "\n\n".join(part for part in parts if part)


def bullets(items: Iterable[str]) -> str:
    """A list of one-line items."""
    return "\n".join(f"- {item}" for item in items)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
