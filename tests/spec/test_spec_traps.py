"""YAML and text: every trap is refused at its place with the remedy named, and the harmless neighbour is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.spec.errors import SpecErrors
from checker.spec.load import load_paper
from checker.spec.source import MAX_BYTES, decode, read_source
from checker.spec.tree import MAX_DEPTH, MAX_VALUES, parse_tree


def complaint(text: str) -> str:
    with pytest.raises(SpecErrors) as caught:
        parse_tree(text, "f.yaml")
    return str(caught.value)


QUOTE = "quote this formula: put it in single quotes"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: {show: max(a, b) >= 0}", "1:11: a.show", QUOTE),
        ("a: [max(a, b) >= 0, c]", "1:5: a[0]", QUOTE),
        ("a: {equals: x, y}", "1:16: a.y", QUOTE),
        ("a: {q: b[0]/x, over: 1}", "1:9", QUOTE),
        ("a: |x|", "1:4", "an absolute value is written abs(x)"),
        ("a: > 3", "1:4", "'>' begins a block"),
        ("a: @b", "1:4", "'@' cannot begin"),
        ("a: `b`", "1:4", "cannot begin"),
        ("a: %5", "1:4", "cannot begin"),
        ("a: *b", "1:4: a", "aliases"),
        ("a: &b 1", "1:4: a", "anchors"),
        ("a: !b 1", "1:4: a", "tags"),
        ("a: !!python/object/apply:os.system [x]", "1:4: a", "tags"),
        ("a: [1, 2] + x", "1:4", "'[' begins a list"),
        ('a: "b" + c', "1:4", "a quoted text ends at its second quote"),
        ("a: - x", "1:4", "'- ' begins a list entry"),
        ("a: x #y", "1:4: a", "two spaces before a comment"),
        ("a: b: c", "1:5", "': ' inside a value"),
        ("a:", "1:1: a", "no value"),
        ("a: ~", "1:4: a", "no value"),
        ("a: null", "1:4: a", "no value"),
        ("a: {f(x): 1}", "1:5: a.f(x)", "no parentheses"),
        ("a: 1\nb: 2\na: 3", "3:1: a", "written twice; the first is on line 1"),
        ("a: {b: 1, b: 2}", "1:11: a.b", "written twice"),
        ("<<: {a: 1}", "1:1: <<", "merge keys"),
        ("on: 1", "1:1: on", "truth value"),
        ("a: {No: 1}", "1:5: a.No", "truth value"),
        ("? [a]\n: 1", "1:3", "not a map or a list"),
        ("a: 1\n---\nb: 2", "2:1", "one YAML document"),
        ("%YAML 1.1\n---\na: 1", "2:1", "directives"),
        ("a:\n\tb: 1", "2:1", "tab"),
        ("a:\n  b: 1\n c: 2", "3:2", "does not line up"),
        ("a: {b: 1", "1:9", "never closed"),
        ("a: 'b", "1:6", "never closed"),
        ("- a", "1:1", "a claim file is a map"),
        ("", "1:1", "a claim file is a map"),
        ("just text", "1:1", "a claim file is a map"),
    ],
)
def test_a_trap_is_refused_where_it_stands(text: str, place: str, words: str) -> None:
    line = complaint(text).splitlines()[0]
    assert line.startswith(f"f.yaml:{place}"), line
    assert words in line


@pytest.mark.parametrize(
    "name", ["beta", "tau", "rho", "nu", "alpha", "epsilon", "frac", "lambda", "xi", "Delta", "u202e", "0"]
)
def test_latex_in_double_quotes_names_single_quotes(name: str) -> None:
    assert "use single quotes" in complaint(f'a: "x \\{name} y"')
    assert parse_tree(f"a: 'x \\{name} y'", "f.yaml").data == {"a": f"x \\{name} y"}


def test_harmless_neighbours_are_read_as_text() -> None:
    text = "a: 010\nb: 1e-3\nc: no\nd: 2019-01-01\ne: 12:30\nf: {g: x}  # a comment\n"
    text += "h: x  # a comment\ni: 'max(a, b)'\nj: x @ y"
    data = parse_tree(text, "f.yaml").data
    expected = {
        "a": "010",
        "b": "1e-3",
        "c": "no",
        "d": "2019-01-01",
        "e": "12:30",
        "f": {"g": "x"},
        "h": "x",
        "i": "max(a, b)",
        "j": "x @ y",
    }
    assert data == expected


def test_definitions_and_let_may_have_arguments() -> None:
    assert parse_tree("definitions: {q(z): z}\nlet:\n  p(a, b): a*b", "f.yaml").data["let"] == {"p(a, b)": "a*b"}


def test_every_trap_of_a_file_is_reported_at_once() -> None:
    lines = complaint("a: *b\nc:\nd: {e: f(x, y)}\ng: 1\ng: 2").splitlines()
    assert [line.split(":")[1] for line in lines] == ["1", "2", "3", "5"]


def test_one_split_formula_is_one_error() -> None:
    assert len(complaint("a: {show: max(a, b) >= 0, because: f(x, y)}").splitlines()) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: \xff", "1:4: the file is not UTF-8"),
        (b"a: 1\nb: \x00", "2:4: forbidden control character"),
        ("a: x\u202ey".encode(), "direction-changing"),
        ("a: x\u200by".encode(), "invisible"),
        ("a: x\u2066y".encode(), "direction-changing"),
        (b"a: x\x1b[31m", "forbidden control character"),
        ("a: x\u2028y".encode(), "forbidden control character"),
        (b"a: x\x7f", "forbidden control character"),
        (b"#" * (MAX_BYTES + 1), "too large"),
    ],
)
def test_bytes_that_no_parser_should_see(data: bytes, words: str) -> None:
    with pytest.raises(SpecErrors) as caught:
        decode(data, "f.yaml")
    message = str(caught.value)
    assert words in message
    assert message.isprintable()


def test_a_byte_order_mark_and_accents_are_harmless() -> None:
    assert decode("\ufeffa: Poincaré γ\n".encode(), "f.yaml") == "a: Poincaré γ\n"


def test_what_is_not_a_regular_file(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("a: 1")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "real.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    for path, words in [
        (tmp_path / "link.yaml", "symbolic link"),
        (tmp_path / "pipe.yaml", "not a regular file"),
        (tmp_path, "a folder"),
        (tmp_path / "none.yaml", "no such file"),
    ]:
        with pytest.raises(SpecErrors, match=words):
            read_source(path)
    assert read_source(tmp_path / "real.yaml") == "a: 1"


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(50 * 1024**2)
    with pytest.raises(SpecErrors, match="52428800 bytes"):
        read_source(path)


@pytest.mark.parametrize("name", ["Big.yaml", "../x y.yaml", "a-b.yaml", "1.yaml", "claim.json", "a.b.yaml", ".yaml"])
def test_a_file_name_has_to_be_a_slug(name: str, tmp_path: Path) -> None:
    with pytest.raises(SpecErrors, match=r"cannot be a slug|no such file"):
        load_paper(tmp_path / name)


BOMBS = {
    "open brackets": "[" * 250_000,
    "brackets on lines": "[\n" * 120_000,
    "nested maps": "{a: " * 60_000,
    "list entries": "- " * 120_000,
    "indentation": "\n".join(" " * depth + "a:" for depth in range(600)),
    "aliases": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "question marks": "? " * 100_000,
    "many values": "[" + "1," * 120_000 + "]",
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_refused_before_it_grows(name: str) -> None:
    message = complaint(BOMBS[name])
    assert any(words in message for words in ("nested too deeply", "anchors", "map or a list", "too many values"))


def test_limits_leave_room_for_a_real_file() -> None:
    nested = "a: " + "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    assert parse_tree(nested, "f.yaml")
    assert MAX_VALUES > 5_000, "the largest claim file planned has about 3,000 values"


def test_a_malformed_file_imports_nothing_heavy(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("paper: 1\n")
    code = (
        "import sys\nfrom checker.spec.errors import SpecErrors\nfrom checker.spec.load import load_paper\n"
        f"try:\n    load_paper({str(path)!r})\nexcept SpecErrors as errors:\n    print(errors)\n"
        "heavy = {'numpy', 'sympy', 'jax', 'scipy', 'z3', 'flint', 'cvxpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ":1:8: paper: the wrong kind of value; found '1', expected a map" in done.stdout


def test_reading_a_whole_good_file_imports_nothing_heavy(everything: Path) -> None:
    code = (
        f"import sys\nfrom checker.spec.load import load_paper\nload_paper({str(everything)!r})\n"
        "heavy = {'numpy', 'sympy', 'jax', 'scipy', 'z3', 'flint', 'cvxpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
