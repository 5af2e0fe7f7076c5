"""The first look at the text of a formula: length, characters, and the spellings other systems use.

Done before ``ast`` sees the text, because ``ast`` needs memory and recursion in proportion to nesting, and because its
messages do not know the remedy.
"""

from __future__ import annotations

import re

from checker.expr.errors import ExpressionError

MAX_LENGTH = 2000  # characters

_LITERAL = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
# (what is found, what it is, the remedy); the first match in the text of the first pattern that matches is reported.
_REMEDIES: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"[A-Za-z0-9_)\]]'+\s*\("), "a prime is not a derivative here", "diff(f(x), x)"),
    (re.compile(r"\blambda\b"), "lambda cannot be used in a formula", "lam, with latex: '\\lambda'"),
    (re.compile(r"\b(is|in)\b"), "{0} cannot be used in a formula", "another name, or ==, >=, <="),
    (re.compile(r":="), ":= is not part of a formula", "an entry in definitions:"),
    (re.compile(r"=>"), "=> is not a relation", ">= (an implication has its hypothesis in given:)"),
    (re.compile(r"=<"), "=< is not a relation", "<="),
    (re.compile(r"<>"), "<> is not a relation", "!="),
    (re.compile(r"->"), "-> is not part of a formula", "limit(f, x, oo)"),
    (re.compile(r"[A-Za-z0-9_)\]]\s*!(?!=)"), "n! is not written like this", "factorial(n)"),
    (re.compile(r"&+"), "& is not part of a formula", "and"),
    (re.compile(r"\|\|"), "|| is not part of a formula", "norm(x), or the word or"),
    (re.compile(r"\|"), "|x| is not written like this", "abs(x)"),
    (re.compile(r"\^"), "^ is not a power", "**"),
    (re.compile(r"\\"), "LaTeX is not part of a formula", "a name such as alpha, a function such as sqrt(x)"),
    (re.compile(r"//"), "// is not part of a formula", "floor(a/b)"),
    (re.compile(r"%"), "% is not part of a formula", "a number such as 0.05"),
    (re.compile(r"\.\."), "a range is not a formula", "Sum(f, (n, a, b)), or for: {{n: a..b}} beside it"),
    (re.compile(r"#"), "a comment is not part of a formula", "the formula alone"),
    (re.compile(r";"), "; is not part of a formula", "one formula"),
    (re.compile(r"(?<![\w.])0[xXoObB]\w*"), "{0} is not a decimal number", "decimal digits"),
    (re.compile(r"(?<![\w.])\d[\d_]*_\d+"), "{0} has an underscore", "digits alone"),
    (re.compile(rf"(?<![\w.]){_LITERAL}[jJ]\b"), "{0} is a complex number", "real formulas"),
)
_NUMBER = re.compile(rf"(?<![\w.]){_LITERAL}")
_FACTOR = re.compile(r"\s*(?!(?:if|else|and|or|not)\b)[A-Za-z_(]\w*")
_SINGLE_EQUALS = re.compile(r"(?<![=<>!])=(?!=)")


def scan(text: str) -> str:
    """``text`` as one line of printable ASCII, with every character where it was.

    Raises ``ExpressionError`` for a text that is empty, too long, not plain ASCII, or in the spelling of another
    system.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the formula has {len(text)} characters", expected=f"at most {MAX_LENGTH}; use definitions: for its parts"
        )
    line = re.sub(r"[\n\r\t]", " ", text)
    if not line.strip():
        raise ExpressionError("the formula is empty", expected="a formula")
    for offset, character in enumerate(line):
        if not " " <= character <= "~":
            raise ExpressionError(
                f"the character U+{ord(character):04X} is not part of a formula",
                offset=offset,
                found=f"U+{ord(character):04X}",
                expected="plain ASCII: names such as alpha, relations such as <=",
            )
    for pattern, message, remedy in _REMEDIES:
        match = pattern.search(line)
        if match is not None:
            found = match[0][:40]
            raise ExpressionError(
                message.format(found), offset=match.start(), found=found, expected=remedy.format(found)
            )
    _refuse_missing_product(line)
    _refuse_single_equals(line)
    return line


def _refuse_missing_product(line: str) -> None:
    for match in _NUMBER.finditer(line):
        factor = _FACTOR.match(line, match.end())
        if factor is not None:
            found = line[match.start() : factor.end()][:40]
            expected = f"{match[0]}*{factor[0].strip()}"[:40]
            raise ExpressionError("a product needs its sign", offset=match.start(), found=found, expected=expected)


def _refuse_single_equals(line: str) -> None:
    """``=`` is allowed only inside a call that names an axis, ``at(x, t=5)``."""
    for match in _SINGLE_EQUALS.finditer(line):
        before = line[: match.start()]
        if before.count("(") <= before.count(")") or not re.search(r"[(,]\s*[A-Za-z_]\w*\s*\Z", before):
            raise ExpressionError("= is not a relation", offset=match.start(), found="=", expected="==")
