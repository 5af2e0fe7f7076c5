"""``load_paper``: a claim file, read, checked and elaborated, or every mistake in it.

The one idea to know: reading is done in stages (bytes, YAML, models, formulas, lint), and a stage that finds
mistakes ends the reading, because the next one would only repeat them in other words.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from checker.expr.allowance import MAX_WORK, TooMuchWorkError, one_file
from checker.spec.claim import Claim, Paper
from checker.spec.errors import SpecError, SpecErrors
from checker.spec.models.claims import File
from checker.spec.source import read_source
from checker.spec.translate import translate
from checker.spec.tree import Tree, parse_tree

SCALES = ("smoke", "standard", "large")
SLUG = re.compile(r"(?!(con|prn|aux|nul|com[0-9]|lpt[0-9])\Z)[a-z][a-z0-9_]{0,59}\Z")  # devices have no reports


def load_paper(path: str | FilePath, scale: str = "standard") -> Paper:
    """The paper of the claim file at ``path``, at the scale ``smoke``, ``standard`` or ``large``.

    Raises ``SpecErrors`` with every mistake, each with file, line, column and key; never another exception for a bad
    file.
    """
    shown = str(path)
    slug = slug_of(shown)
    text = read_source(FilePath(path), shown)
    return load_text(text, slug, shown, scale)


def load_text(text: str, slug: str, shown: str, scale: str = "standard") -> Paper:
    """The same for text that is already read; ``shown`` names the file in errors."""
    if scale not in SCALES:
        raise ValueError(f"unknown scale {scale!r}; expected one of {', '.join(SCALES)}")
    tree = parse_tree(text, shown)
    file = validated(tree, shown)
    from checker.spec.affordable import check_costs
    from checker.spec.elaborate import Elaboration
    from checker.spec.lint import lint
    from checker.spec.reporter import Reporter

    reporter = Reporter(tree, shown)
    claims: tuple[Claim, ...] = ()
    try:
        with one_file():
            claims = Elaboration(file, scale, reporter).claims()
            if not reporter.errors:
                check_costs(claims, scale, reporter)
            if not reporter.errors:
                lint(file, claims, reporter)
    except TooMuchWorkError:
        expected = f"fewer or smaller formulas, definitions and runs (the limit is {MAX_WORK} pieces read)"
        reporter.error((), "the formulas of the file are too much to read", expected=expected)
    except RecursionError:
        reporter.error((), "a formula is nested too deeply")
    if reporter.errors:
        raise SpecErrors(reporter.errors, shown)
    return Paper(
        slug=slug,
        path=shown,
        title=file.paper.title,
        arxiv=file.paper.arxiv,
        authors=tuple(file.paper.authors),
        year=file.paper.year,
        family=file.paper.family,
        claims=claims,
        notation=notation_of(file),
        notes=file.notes,
        warnings=tuple(str(warning) for warning in sorted(reporter.warnings, key=lambda w: (w.line, w.column))),
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def notation_of(file: File) -> tuple[tuple[str, str, str], ...]:
    """Every symbol and definition by formula, as the file has them: name, LaTeX or nothing, what it is."""
    symbols = []
    for name, symbol in file.symbols.items():
        shape = f" of shape [{', '.join(symbol.shape)}]" if symbol.shape else ""
        where = f", {' and '.join(symbol.where)}" if symbol.where else ""
        domain = f"{symbol.domain or symbol.law or 'listed values'}{shape}{where}"
        symbols.append((name, symbol.latex or "", f"{symbol.meaning or 'no meaning given'} ({domain})"))
    formulas = [(name, "", " ".join(text.split())) for name, text in file.definitions.items() if isinstance(text, str)]
    return (*symbols, *formulas)


def validated(tree: Tree, shown: str) -> File:
    """The models of a tree.  Raises ``SpecErrors``."""
    data: Any = tree.data
    try:
        return File.model_validate(data)
    except ValidationError as error:
        raise SpecErrors(translate(error, File, tree), shown) from None


def slug_of(path: str) -> str:
    """The slug of a claim file: its stem.  Raises ``SpecErrors`` for a name that is none."""
    name = FilePath(path)
    if name.suffix not in {".yaml", ".yml"} or not SLUG.match(name.stem):
        expected = "lower-case letters, digits and _, then .yaml"
        raise SpecErrors(
            [SpecError("the name of the file cannot be a slug", found=repr(name.name), expected=expected)], path
        )
    return name.stem
