"""Hostile text stays text, and honest maths stays maths."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from checker.report.escape import clean, clip, code, formula, html, prose, segments
from checker.report.maths import safe_maths

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- swallow the rest",
    "</details><h1>",
    "![x](javascript:alert(1))",
    "[click](https://evil.example)",
    "[ref]: https://evil.example",
    "[ref][ref] <https://evil.example>",
    "https://evil.example and www.evil.example",
    "a | b | c",
    "a \\| b `c | d` \\",
    "`` ` ``` code",
    "](x) ](y)",
    "# heading",
    "- item",
    "1. item",
    "12) item",
    "> quoted",
    "---",
    "===",
    "* * *",
    "~~~\nfence",
    "```\nfence",
    "two\n\n# paragraphs\n\n<b>",
    "cr\rlf\u2028ls\u0085nel\x0bvt",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\url{x}$ $\\class{a}{b}$ $\\def\\x{y}$ $\\require{html}$",
    "$`x`$ $a$$b$ $ $$ \\$ $",
    "$x</code><script>$",
    "*bold* _it_ __x__ ~~gone~~ **b**",
    "&lt;script&gt; &#60;b&#62;",
    "\u202egnp.exe \u200b\u2066x\u2069",
    "\x1b[31mred\x07",
    "@someone <a@b.c>",
    "    indented",
    "\\",
    "\ud800 lone surrogate",
)


def structure(markdown: str) -> list[str]:
    """What a page is made of: every token that is not plain text, code or a line break."""
    found: list[str] = []
    for token in PARSER.parse(markdown):
        found.append(token.type)
        for child in token.children or ():
            if child.type == "html_inline":
                found.append(child.content)
            elif child.type not in ("text", "code_inline", "text_special"):
                found.append(child.type)
    return [item for item in found if item not in ("<code>", "</code>", "<span>", "</span>")]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_one_paragraph_of_text(text: str) -> None:
    assert structure(prose(text)) == structure("plain")
    assert structure(f"> {prose(text)}") == structure("> plain")
    assert structure(f"- {prose(text)}") == structure("- plain")
    assert structure(f"## {prose(text)}") == structure("## plain")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("wrap", [prose, code])
def test_hostile_text_is_one_cell(text: str, wrap: object) -> None:
    assert callable(wrap)
    page = "| a | b |\n| --- | --- |\n| {} | end |\n"
    assert structure(page.format(wrap(text))) == structure(page.format("plain"))


def test_the_structure_sees_an_unescaped_attack() -> None:
    assert structure("<script>alert(1)</script>") != structure("plain")
    assert structure("see [click](https://evil.example)") != structure("plain")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(alphabet="ab1 `$\\|<>[]()*_~#-=+.!&;:/{}\n\t\"'@^", max_size=40))
def test_no_text_makes_markup(text: str) -> None:
    page = "| a | b |\n| --- | --- |\n| {} | end |\n"
    if not clean(text):
        return
    assert structure(prose(text)) == structure("plain")
    for cell in (prose(text), code(text)):
        assert structure(page.format(cell)) == structure(page.format("plain"))


def test_maths_survives_as_maths() -> None:
    text = r"rate $\frac{1}{\rho^2}$ for $\|x\|_2 < |y|$"
    assert prose(text) == r"rate $`\frac{1}{\rho^2}`$ for $`\Vert x\Vert _2 \lt  \vert y\vert`$"


def test_a_bare_address_does_not_become_a_link() -> None:
    # GitHub links these without any syntax; markdown-it here does not, so the text itself is looked at.
    escaped = prose("https://evil.example www.evil.example a@evil.example")
    assert not any(trigger in escaped for trigger in ("://", "www.", "@"))


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{cases}1 & x>0\\0 & x\le 0\end{cases}",
        r"\left\{\tilde\theta_1\right\}",
        r"\operatorname*{arg\,max}_{\|\theta\|\le\rho}\gamma(\theta)",
        "x'",
    ],
)
def test_honest_maths_is_on_the_list(tex: str) -> None:
    assert safe_maths(tex) is not None


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{x}{y}",
        r"\unicode{x41}",
        r"\begin{array}{c}x\end{array}",
        r"\begin{cases}x\end{matrix}",
        "{x",
        "x}",
        r"\left(x",
        r"x\right)",
        "a & b",
        "x#1",
        "x`y",
        'x"y',
        "x\\",
        "",
        "{" * 50 + "}" * 50,
        "x" * 2001,
    ],
)
def test_other_maths_is_not(tex: str) -> None:
    assert safe_maths(tex) is None


def test_refused_maths_is_shown_as_written() -> None:
    assert "href{javascript" in prose(r"$\href{javascript:1}{x}$")
    assert "$`" not in prose(r"$\href{javascript:1}{x}$")


def test_prices_are_not_maths() -> None:
    assert [kind for kind, _ in segments("costs $5 and $6, then $x$")] == ["text", "maths"]


def test_clipping_keeps_maths_whole() -> None:
    assert prose(r"abcdef $\frac{1}{2}$", limit=10) == "abcdef …"
    assert clip("one two three", 9) == "one two…"
    assert clip("short", 9) == "short"


def test_formula_falls_back_to_code() -> None:
    assert formula(r"\le 3", "x <= 3") == r"$`\le 3`$"
    assert formula(r"\href{a}{b}", "x <= 3") == "`x <= 3`"
    assert formula("", "") == ""


def test_cleaning_removes_what_drives_a_terminal() -> None:
    assert clean("a\x1b[31m\u202eb\x00 c\r\nd") == "a[31mb c d"
    assert html('<a "b"> & c') == "&lt;a &quot;b&quot;&gt; &amp; c"
