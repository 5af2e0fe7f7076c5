"""The question that is put to every input: read it, translate it, print it, and see that nothing in the print is markup.

The one idea to know: an input is harmless if it comes out as one clear line per mistake, or as a page, an annotation, a test
case and terminal lines whose structure is that of an ordinary claim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from fractions import Fraction
from xml.etree import ElementTree

from markdown_it import MarkdownIt

from checker.expr.allowance import TooMuchWorkError, one_file
from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.domain import INTEGER, POSITIVE, REAL, Domain
from checker.expr.errors import ExpressionError, UnsupportedError
from checker.expr.interval import enclose, from_domain
from checker.expr.namespace import Definition, Law, Namespace
from checker.expr.node import Node, Num, Sym, num
from checker.expr.parse import parse
from checker.expr.rational import normal
from checker.expr.text import text as plain
from checker.expr.to_arb import evaluate
from checker.expr.to_jax import compile_jax
from checker.expr.to_latex import latex
from checker.expr.to_sympy import to_sympy
from checker.expr.to_z3 import Translator
from checker.expr.vectors import expand
from checker.report.escape import code, formula, html, prose
from checker.report.github import annotations, mistakes
from checker.report.junit import junit
from checker.report.markdown import render
from checker.report.terminal import lines
from checker.result import ClaimResult, LemmaResult, MemberResult, PaperResult
from checker.spec.claim import Claim, Paper
from checker.spec.errors import SpecErrors
from checker.spec.load import load_text
from checker.spec.questions import transformed
from checker.spec.source import decode
from checker.verdict import Verdict
from tests.hostile.inputs import Input

DOMAINS = {
    "x": REAL, "t": POSITIVE, "n": INTEGER, "u": Domain(shape=(num(2),)), "A": Domain(shape=(num(2), num(2))),
}  # fmt: skip
NAMES = Namespace(
    symbols={**DOMAINS, "z": REAL},
    definitions={
        "f": Definition(("a",), Sym("a")),
        "half": Definition((), Num(Fraction(1, 2))),
    },
    laws={"z": Law("z", Num(Fraction(1)), Num(Fraction(0)), Num(Fraction(1)))},
)
_PAGE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_OWN_MARKUP = re.compile(
    r"</?(code|span|sub|details|summary|b|br)( id=\"[\w-]*\")?/?>|<a id=\"[\w-]+\"></a>|<!-- [\w -]+ -->"
)
_OWN_LINK = re.compile(r"#[\w-]+|\w+\.(json|md)|README\.md|plots/[\w/.-]+\.svg|https://arxiv\.org/abs/[\w./-]+")
_COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)


class EscapeError(AssertionError):
    """The input got through."""


def answer(one: Input, stage: Callable[[str], None]) -> str:
    """A word for what became of the input.  Raises ``EscapeError``, or whatever the checker let out."""
    if one.kind == "formula":
        return _formula(one, stage)
    if one.kind == "prose":
        _prose(str(one.content))
        return "printed"
    return _file(one, stage)


def _controls(line: str) -> bool:
    """Whether a line holds what a terminal obeys or an eye cannot see."""
    return any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for character in line)


def _formula(one: Input, stage: Callable[[str], None]) -> str:
    try:
        with one_file():
            node = parse(str(one.content), NAMES)
    except (ExpressionError, TooMuchWorkError) as error:
        if "\n" in str(error) or len(str(error)) > 400:
            raise EscapeError(f"a long message: {error}") from None
        return "refused"
    _printed(plain(node), latex(node))
    if one.deep:
        _translated(node, stage)
    return "read"


READERS: Mapping[str, Callable[[Node], object]] = {
    "balls": lambda node: evaluate(node, {"x": Fraction(1, 2), "t": Fraction(3, 2), "n": Fraction(2)}),
    "intervals": lambda node: enclose(
        node, {name: from_domain(Domain(Fraction(0), Fraction(1))) for name in ("x", "t", "n")}
    ),
    "SymPy": lambda node: to_sympy(node, DOMAINS),
    "z3": lambda node: Translator(DOMAINS).term(node),
    "JAX": compile_jax,
    "components": lambda node: expand(node, DOMAINS),
    "normal form": normal,
    "derivative": lambda node: diff(node, "x"),
    "conditions": lambda node: conditions(node, DOMAINS),
}


def _translated(node: Node, stage: Callable[[str], None]) -> None:
    """Every translator gives a value or says what it cannot express; each runs in a killable child of the tool."""
    for name, reader in READERS.items():
        stage(f"long: {name}")
        try:
            reader(node)
        except (UnsupportedError, MemoryError):
            continue
    stage("done")


def _printed(text: str, tex: str) -> None:
    for markdown in (code(text), formula(tex, text)):
        if _structure(markdown) != _structure("plain") or _controls(markdown):
            raise EscapeError(f"markup: {markdown[:120]!r}")


def _prose(text: str) -> None:
    page = prose(text)
    if page and (_structure(page) != _structure("plain") or _controls(page)):
        raise EscapeError(f"markup: {page[:120]!r}")
    if any(sign in html(text) for sign in '<>"') or _controls(html(text)):
        raise EscapeError(f"markup: {html(text)[:120]!r}")


def _file(one: Input, stage: Callable[[str], None]) -> str:
    try:
        content = decode(one.content, "toy.yaml") if isinstance(one.content, bytes) else one.content
        paper = load_text(content, "toy", "toy.yaml")
    except SpecErrors as errors:
        refusal(errors)
        return "refused"
    stage("print")
    report(paper)
    if one.deep:
        for node in _formulas_of(paper)[:4]:
            _translated(node, stage)
    stage("done")
    return "loaded"


def _formulas_of(paper: Paper) -> list[Node]:
    found: list[Node] = []
    for claim in paper.claims:
        for lemma in claim.lemmas:
            if lemma.question is not None:
                transformed(lemma.question, lambda node: found.append(node) or node)
    return found


def refusal(errors: SpecErrors) -> None:
    """One clear line a mistake, on a terminal and as an annotation.  Raises ``EscapeError``."""
    said = str(errors)
    shown = said.split("\n")
    if len(shown) != len(errors.errors) or len(shown) > 101:
        raise EscapeError(f"{len(shown)} lines for {len(errors.errors)} mistakes")
    for line in shown:
        if not line.startswith("toy.yaml:") or len(line) > 2000 or _controls(line):
            raise EscapeError(f"not a clear line: {line[:160]!r}")
    if "Traceback" in said or "Error:" in said or _COMMAND.search(said):
        raise EscapeError(f"not a clear line: {said[:160]!r}")
    for line in mistakes(errors):
        if not line.startswith("::error file=toy.yaml,line=") or _controls(line):
            raise EscapeError(f"not an annotation: {line[:160]!r}")


def report(paper: Paper) -> None:
    """Every form of the report of a paper that nothing was found out about."""
    result = PaperResult(
        slug=paper.slug,
        target="toy.yaml",
        title=paper.title,
        arxiv=paper.arxiv,
        authors=paper.authors,
        year=paper.year,
        family=paper.family,
        scale="smoke",
        seed=0,
        verdict=Verdict.INCONCLUSIVE,
        claims=tuple(map(_claim, paper.claims)),
        notation=paper.notation,
        notes=paper.notes,
        warnings=paper.warnings,
    )
    page = render(result)
    for token in _PAGE.parse(page):
        for child in (token, *(token.children or ())):
            if child.type in ("html_block", "html_inline") and set("<>") & set(_OWN_MARKUP.sub("", child.content)):
                raise EscapeError(f"HTML in the page: {child.content[:160]!r}")
            link = (
                str(child.attrs.get("href") or child.attrs.get("src") or "")
                if child.type in ("link_open", "image")
                else ""
            )
            if link and not _OWN_LINK.fullmatch(link):
                raise EscapeError(f"a link in the page: {link[:160]!r}")
    for text in (page, *lines(result), *annotations(result)):
        if any(_controls(line) for line in text.split("\n")):
            raise EscapeError(f"a control character: {text[:160]!r}")
    if any("\n" in line or _COMMAND.search(line) for line in lines(result)):
        raise EscapeError("a command in the lines of the terminal")
    if any(not re.match(r"::(error|warning|notice) file=", line) for line in annotations(result)):
        raise EscapeError("another command among the annotations")
    ElementTree.fromstring(junit([result]))


def _structure(markdown: str) -> list[str]:
    found: list[str] = []
    for token in _PAGE.parse(markdown):
        found.append(token.type)
        for child in token.children or ():
            if child.type == "html_inline":
                found.append(child.content)
            elif child.type not in ("text", "code_inline", "text_special"):
                found.append(child.type)
    return [item for item in found if item not in ("<code>", "</code>", "<span>", "</span>")]


def _claim(claim: Claim) -> ClaimResult:
    return ClaimResult(
        id=claim.id,
        statement=claim.statement,
        source=claim.source,
        origin=claim.origin,
        strength=claim.strength,
        verdict=Verdict.INCONCLUSIVE,
        how=(),
        headline=claim.statement,
        reason=claim.statement,
        expected=Verdict(claim.expected),
        as_expected=False,
        lemmas=tuple(
            LemmaResult(
                name=lemma.name,
                kind=lemma.kind,
                text=lemma.text,
                latex=lemma.latex,
                covers=lemma.covers,
                verdict=Verdict.INCONCLUSIVE,
                how=None,
                reason=lemma.text,
                members=tuple(
                    MemberResult(label=label, verdict=Verdict.INCONCLUSIVE, how=None, reason=label)
                    for label, _ in lemma.members[:3]
                ),
            )
            for lemma in claim.lemmas
        ),
        finding_instead=claim.finding.instead if claim.finding else None,
        finding_shown_by=claim.finding.shown_by if claim.finding else None,
        proxy=claim.proxy,
        unchecked=claim.unchecked,
        not_shown=claim.not_shown,
        notes=claim.notes,
    )
