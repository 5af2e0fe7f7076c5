"""The hostile files that somebody has thought of, each with the words of its answer; no words: it is read.

The one idea to know: a case costs its author a few hundred bytes and would cost the reader minutes or gigabytes if work were
done before it is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.hostile.inputs import Input

_BASE = """\
paper: {title: A toy, authors: [Nobody], year: 2026}
symbols:
  x: {domain: real}
  t: {domain: positive}
  n: {domain: integer, where: n >= 1}
  z: {law: 'normal(0, 1)'}
@SYMBOLS@
definitions:
  d: x
@DEFINITIONS@
runs:
  points:
    experiment: evaluate
    params: {draw: [x], ranges: {x: [0, 1]}}
    sweep: {t: [@SWEEP@]}
claims:
  one:
    statement: 'S'
    source: {known_from: full_text}
    prove:
      o: {show: '@SHOW@', @MORE@controls: [{show: '@SHOW@ + 1', because: another number}]}
@BELOW@
"""


def toy(
    show: str = "x == x", *, symbols: str = "", definitions: str = "", more: str = "", below: str = "", sweep: str = "1, 2"
) -> str:
    """A claim file that is valid as it stands, with pieces put in."""
    text = _BASE.replace("@SHOW@", show.replace("'", "''")).replace("@SYMBOLS@", symbols).replace("@DEFINITIONS@", definitions)
    return text.replace("@MORE@", more).replace("@BELOW@", below).replace("@SWEEP@", sweep)


def _measures(count: int, let: int = 0, controls: str = "{at_least: 2, because: larger}") -> str:
    lets = ", ".join(f"l{i}: x" for i in range(let))
    one = (
        f"      - run: points\n        let: {{{lets}}}\n"
        "        checks: {c: {quantity: x*t, over: {seed: every, t: every}, at_least: 0}}\n"
        f"        controls: [{controls}]\n"
    )
    return "    measure:\n" + one * count


def _chain(count: int, first: str, step: str) -> str:
    lines = [f"  a0: {first}\n", *(f"  a{i}: {step.replace('@', f'a{i - 1}')}\n" for i in range(1, count))]
    return "".join(lines)


@dataclass(frozen=True, slots=True)
class Case:
    """A file (or the formula of an obligation) and the words of the first mistake."""

    name: str
    content: str | bytes
    words: str


def _formula(name: str, show: str, words: str, **more: str) -> Case:
    return Case(name, toy(show, **more), words)


_SINES = "+".join(f"sin({i}*x)" for i in range(1, 170))
_FORMULAS = (
    _formula("import", "__import__('os').system('x')", "only functions of the grammar"),
    _formula("subclasses", "().__class__.__base__.__subclasses__()", "only functions of the grammar"),
    _formula("called lambda", "(lambda: 0)()", "lambda cannot be used"),
    _formula("f-string", "f'{x}' == x", "an f-string is not part"),
    _formula("walrus", "(y := 1) == x", ":= is not part"),
    _formula("comprehension", "[y for y in x] == x", "in cannot be used"),
    _formula("attribute", "x.real == x", "unknown name x.real"),
    _formula("dunder", "x.__class__ == x", "attribute access"),
    _formula("subscripted call", "x[0](1) == x", "only functions of the grammar"),
    _formula("string", "'a' == x", "quoted text"),
    _formula("bytes", "b'a' == x", "quoted text"),
    _formula("yield", "(yield x) == x", "yield is not part"),
    _formula("await", "await x == x", "await is not part"),
    _formula("starred", "max(*x) == x", "a star is not part"),
    _formula("keyword", "max(x, key=x) == x", "by position"),
    _formula("tower", "9**9**9**9 == x", "more than 5000 digits"),
    _formula("endless power", "10**10**9 == x", "more than 5000 digits"),
    _formula("factorial", "factorial(10**8) == x", "more than 5000 digits"),
    _formula("binomial", "binomial(10**9, 10**8) == x", "more than 5000 digits"),
    _formula("long sum", "Sum(1, (k, 1, 10**12)) == x", "over more than 100000 terms"),
    _formula("long product", "Product(k, (k, 1, 10**12)) == x", "over more than 100000 terms"),
    _formula("huge float", "1e40000 == x", "the number is too long"),
    _formula("many digits", "1" * 1900 + " == x", "the number is too long"),
    _formula("4300 digits", "9" * 4301 + " == x", "the limit is 4000"),
    _formula("hexadecimal", "0xff == x", "is not a decimal number"),
    _formula("octal", "0o17 == x", "is not a decimal number"),
    _formula("leading zero", "017 == x", "not a formula"),
    _formula("underscores", "1_000 == x", "has an underscore"),
    _formula("complex", "1j == x", "complex number"),
    _formula("inf", ".inf == x", "not a formula"),
    _formula("nan", "nan == x", "unknown name nan"),
    _formula("minus signs", "-" * 1900 + "x == x", "nested more than 80 deep"),
    _formula("20,000 minus signs", "-" * 20000 + "x == x", "the limit is 4000"),
    _formula("brackets", "(" * 250 + "x" + ")" * 250 + " == x", "not a formula"),
    _formula("deep functions", "sin(" * 100 + "x" + ")" * 100 + " == x", "nested more than"),
    _formula("look-alike letter", "\u0445 == x", "the character U+0445"),
    _formula("full-width", "\uff58 == x", "the character U+FF58"),
    _formula("emoji", "\U0001f600 == x", "the character U+1F600"),
    _formula("right to left", "\u05d0 == x", "the character U+05D0"),
    _formula("derivatives of derivatives", "diff(diff(diff(exp(sin(x))**x, x, 8), x, 8), x, 8) == x", "more than 20000 terms"),
    _formula("derivative of a product", f"diff({_SINES.replace('+', '*')}, x, 8) == x", "more than 20000"),
    _formula("derivatives of a tower", "diff(" + "sin(" * 70 + "x" + ")" * 70 + ", x, 8) == x", "more than 20000 terms"),
    _formula("equals signs", "f(" + "a=1," * 480 + ")", "unknown name f"),
    _formula("primes", "a" + "''" * 900, "not a formula"),
    _formula("blanks", "f" + " " * 1950 + "(", "not a formula"),
    _formula("underscored digits", "1" + "_" * 1900, "a product needs its sign"),
    _formula("digits and underscores", "1_" * 900 + "x", "has an underscore"),
    _formula("multiplied by definitions", "a3 == x", "more than 5000 digits",
             definitions=_chain(4, "*".join(["1e1000"] * 285), "*".join(["@"] * 400))),
    _formula("doubled by definitions", "a29 == x", "more than 20000 terms", definitions=_chain(30, "x + t", "@ + @*@")),
    _formula("doubled by arguments", "x == x", "more than 20000 terms",
             definitions="  b0(y): y + y\n" + "".join(f"  b{i}(y): b{i - 1}(b{i - 1}(y))\n" for i in range(1, 30))),
    _formula("every definition in every other", "x == x", "too much to read",
             definitions="".join(f"  v{i}: {'+'.join(f'v{j}' for j in range(i)) or 'x'}\n" for i in range(250))),
    _formula("long bodies applied", "x == x", "more than 20000 terms",
             definitions=f"  b0(y): {_SINES.replace('x', 'y')}\n  b1(y): {'+'.join(f'b0(y+{i})' for i in range(20))}\n"
             + "".join(f"  c{k}(y): {'+'.join(f'b1({k}*y+{i})' for i in range(130))}\n" for k in range(20))),
    _formula("circle", "v0 == x", "refers to itself", definitions="".join(f"  v{i}: v{(i + 1) % 300}\n" for i in range(300))),
    _formula("members", "x + n == n + x", "too many members", more="for: {n: 1..200, t: 1..200}, "),
    _formula("members too large", "factorial(n)*x == x*factorial(n)", "more than 5000 digits", more="for: {n: [5000]}, "),
    _formula("a member beyond doubles", "x + n == n + x", "too large", more="for: {n: [1e999]}, "),
    _formula("a time limit beyond doubles", "x == x", "too large", more="time_limit: 1e999, "),
)  # fmt: skip
_MANY = (
    Case("definitions", toy(definitions="".join(f"  v{i}: x\n" for i in range(450))), "at most 400"),
    Case("symbols", toy(symbols="".join(f"  s{i}: {{domain: real}}\n" for i in range(450))), "at most 400"),
    Case("tied symbols",
         toy(symbols="".join(f"  s{i}: {{domain: real, where: s{(i + 1) % 390} < s{i}}}\n" for i in range(390))), ""),
    Case("claims", toy() + "".join(f"  c{i}: {{statement: S, unchecked: S}}\n" for i in range(450)), "at most 400"),
    Case("obligations", toy(below="".join(f"      o{i}: {{show: x == x}}\n" for i in range(450))), "at most 400"),
    Case("assumptions", toy(below="    assumes: [" + ", ".join(f"unknown_{i}" for i in range(450)) + "]\n"), "at most 400"),
    Case("values", toy(below="".join(f"      o{i}: {{show: x == x}}\n" for i in range(9000))), "too many values"),
    Case("unknown keys", toy(below="".join(f"    statemen{i}: x\n" for i in range(1500))), "unknown key"),
    Case("unknown names", toy(definitions="".join(f"  v{i}: {'y' * 30}{i}\n" for i in range(390)),
                              symbols="".join(f"  {'y' * 32}{i}: {{domain: real}}\n" for i in range(390))), "unknown name"),
    Case("equal keys", toy() + "claims: x\n" * 20000, "written twice"),
    Case("sweep", toy(below=_measures(1), sweep=", ".join(map(str, range(1, 3000)))), "at most 2000"),
    Case("a sweep value beyond doubles", toy(below=_measures(1), sweep="1, 1e999"), "too large"),
    Case("measurements", toy(below=_measures(20), definitions="".join(f"  v{i}: x + {i}\n" for i in range(390))), ""),
    Case("controls",
         toy(below=_measures(1, controls=", ".join(f"{{at_least: {i}, because: b}}" for i in range(99)))), "at most 50"),
)  # fmt: skip
_YAML = (
    Case("aliases", "a: &a x\n" + "".join(f"b{i}: *a\n" for i in range(15000)), "anchors"),
    Case("alias bomb", "k0: &a0 [x]\n" + "".join(f"k{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 20)), "anchors"),
    Case("tags", "".join(f"a{i}: !!python/object/apply:os.system [x]\n" for i in range(5000)), "tags"),
    Case("merge keys", "<<: {paper: 1}\n", "merge keys"),
    Case("brackets", "[" * 250_000, "nested too deeply"),
    Case("maps", "{a: " * 60_000, "nested too deeply"),
    Case("dashes", "- " * 125_000, "nested too deeply"),
    Case("question marks", "? " * 100_000, "not a map"),
    Case("question marks on lines", "? a\n" * 60_000, "no value"),
    Case("indentation", "\n".join(" " * depth + "a:" for depth in range(600)), "nested too deeply"),
    Case("commas before a mistake", "a: " + "x, " * 80_000 + "b: c", "quote this text"),
    Case("nulls", "".join(f"b{i}:\n" for i in range(25_000)), "no value"),
    Case("comments", "# x\n" * 60_000, "a claim file is a map"),
    Case("blanks", " " * 250_000, "a claim file is a map"),
    Case("a long key", "x" * 250_000 + ": 1", "starts a map"),
    Case("open quote", "a: '" + "x\n" * 120_000, "never closed"),
    Case("documents", "---\n" * 60_000, "one YAML document"),
    Case("directives", "%TAG ! x\n" * 20_000, "cannot begin a YAML value"),
    Case("long text", toy().replace("'S'", "x " * 60_000), "the limit is 6000"),
    Case("too large", b"#" * (50 * 2**20), "too large"),
    Case("NUL", b"a: " + b"\0" * 200_000, "forbidden control character"),
    Case("not UTF-8", b"a: \xff\xfe\n", "not UTF-8"),
    Case("UTF-16", toy().encode("utf-16"), "not UTF-8"),
    Case("zero width", ("a: " + "\u200b" * 80_000).encode(), "invisible or direction-changing"),
    Case("direction", ("a: \n" + "x\u202e\n" * 40_000).encode(), "invisible or direction-changing"),
    Case("invisible letters", toy().replace("'S'", "'x\u3164y'").encode(), "invisible or direction-changing"),
    Case("invisible selectors", toy().replace("'S'", "'x\ufe0f\U000e0101y'").encode(), "invisible or direction-changing"),
    Case("escape in quotes", toy().replace("'S'", '"\\x1b[31mred"'), "use single quotes"),
    Case("escape", toy().replace("'S'", "'\x1b[31mred'").encode(), "forbidden control character"),
    Case("an id that is a path", toy().replace("  one:\n", "  ../../one:\n"), "not a name"),
    Case("an id with a line break", toy().replace("  one:\n", "  ? |\n    one\n  :\n"), "not a name"),
    Case("an id that is code", toy().replace("  one:\n", "  __import__:\n"), "not a name"),
    Case("a symbol that is code", toy(symbols="  __class__: {domain: real}\n"), "not a name"),
    Case("a symbol that is a keyword", toy(symbols="  lambda: {domain: real}\n"), "cannot be parsed as a name"),
    Case("a look-alike symbol", toy(symbols="  \u0445: {domain: real}\n"), "not a name"),
    Case("arXiv in other digits", toy().replace("{title", '{arxiv: "\u0661\u0669\u0660\u0665.07325", title'),
         "not an arXiv identifier"),
)  # fmt: skip
MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- swallow", "</details><h1>x", "[x](javascript:alert(1))",
    "![x](https://evil.example/x.png)", "[x]: https://evil.example", "https://evil.example", "a | b | c", "``` x", "~~~ x",
    "</text><script>x</script>", "]]><script>", "%0A::error::x", "::stop-commands::x", "x ##[add-matcher]x", "@everyone",
    "$\\href{javascript:alert(1)}{x}$", "$\\class{a}{b}$ $\\def\\x{y}$ $\\require{html}$", "$\\unicode{x41}$", "# x", "- x",
    "1. x", "&lt;script&gt;", "\u05d0\u05d1\u05d2 123", "e\u0301\u0302\u0303" * 30, "x" * 5000,
    "a\\|b", "`` ` ``` x", "$`x`$ $$ \\$",
)  # fmt: skip


def _marked(text: str) -> str:
    quoted = text.replace("'", "''")
    return toy(
        below=f"    not_shown: '{quoted}'\n    proxy: '{quoted}'\n    notes: '{quoted}'\n",
        symbols=f"  s: {{domain: real, meaning: '{quoted}', latex: '{quoted}'}}\n",
    ).replace("'S'", f"'{quoted}'").replace("title: A toy, authors: [Nobody]", f"title: '{quoted}', authors: ['{quoted}']")


ALL = (
    Case("an ordinary file", toy(below=_measures(1)), ""),
    *_FORMULAS,
    *_MANY,
    *_YAML,
    *(Case(f"markup {text[:24]!r}", _marked(text), "") for text in MARKUP),
)
CASES = tuple(Input("file", "tables of cases", case.content) for case in ALL)
