"""A claim file as the pattern of another: its header replaced, notes and findings taken out, everything else kept.

The one idea to know: it is the text that is edited, line by line at the places the tree knows, so that comments and layout
stay; the result is read back before anybody gets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from checker.spec.errors import Path as KeyPath
from checker.spec.load import load_text
from checker.spec.source import read_source
from checker.spec.tree import Tree, parse_tree

_MODELINE = "# yaml-language-server: $schema=schema.json"
_FINDING = "{instead: Replace by what is true instead., shown_by: Replace by the claim that shows it.}"


def as_pattern(path: Path, arxiv: str, year: int) -> str:
    """The text of a claim file for the paper ``arxiv`` with the claims of the file at ``path``.

    Raises ``SpecErrors`` where the file at ``path`` is no valid claim file.
    """
    source = read_source(path, str(path))
    load_text(source, path.stem, str(path))
    tree = parse_tree(source, str(path))
    lines = source.split("\n")
    edits: list[tuple[int, int, list[str]]] = []  # lines first to last (from 0, last exclusive) and what replaces them
    for key in tree.keys:
        replacement = _replacement(key, tree, path.stem, arxiv, year)
        if replacement is None or not _alone(key, tree, lines):
            continue
        first, last = _extent(key, tree, lines)
        indent = " " * (tree.keys[key].column - 1)
        edits.append((first, last, [f"{indent}{line}" for line in replacement]))
    for first, last, replacement in sorted(edits, reverse=True):
        lines[first:last] = replacement
    text = "\n".join(line for line in lines if line.strip() != _MODELINE)
    text = f"{_MODELINE}\n# The claims of {path.stem} as a pattern: replace them piece by piece.\n{text.lstrip()}"
    load_text(text, path.stem, str(path))
    return text


def _replacement(key: KeyPath, tree: Tree, slug: str, arxiv: str, year: int) -> list[str] | None:
    """What stands in the place of a key and its value; ``None`` where it stays."""
    if key == ("paper",):
        family = tree.data["paper"].get("family")
        return [
            "paper:",
            f'  arxiv: "{arxiv}"',
            "  title: Replace by the title of the paper",
            "  authors: [First Author, Second Author]",
            f"  year: {year}",
            *([f"  family: {family}"] if family else []),
        ]
    if key == ("notes",) or (len(key) == 3 and key[0] == "claims" and key[2] == "notes"):
        return []
    if len(key) == 3 and key[0] == "claims" and key[2] == "finding":
        return [f"finding: {_FINDING}"]
    return None


def _alone(key: KeyPath, tree: Tree, lines: Sequence[str]) -> bool:
    """Whether the key begins its line (a key inside braces cannot be taken out by lines)."""
    place = tree.keys[key]
    return not lines[place.line - 1][: place.column - 1].strip()


def _extent(key: KeyPath, tree: Tree, lines: Sequence[str]) -> tuple[int, int]:
    """The lines of a key and its value: up to the next line that is not indented further (blank lines stay behind)."""
    place = tree.keys[key]
    last = place.line
    while last < len(lines) and (not lines[last].strip() or _indent(lines[last]) >= place.column):
        last += 1
    while last > place.line and not lines[last - 1].strip():
        last -= 1
    return place.line - 1, last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
