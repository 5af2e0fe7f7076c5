"""The command itself, given hostile files and names: one clear line, exit code 2, nothing written, no link followed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.errors import printable
from checker.report.write import write_report
from tests.hostile.cases import toy
from tests.report.report_sample import sample_paper

ROOT = Path(__file__).resolve().parents[2]


def check(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and complaint of the command in ``folder``, with little memory and processor time."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30));"
        "resource.setrlimit(resource.RLIMIT_CPU, (20, 20)); from checker.cli import command; command()"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CHECK_CACHE_DIR": str(folder / "cache")},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _large(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(2**40)  # a sparse file: whoever reads it to its end has no memory left


FILES = {
    "a pipe": (_fifo, "not a regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "symbolic link"),
    "a link": (lambda path: path.symlink_to("/etc/passwd"), "symbolic link"),
    "a link that leads nowhere": (lambda path: path.symlink_to("/nowhere"), "symbolic link"),
    "a terabyte": (_large, "too large"),
    "code": (
        lambda path: path.write_text(toy("__import__('os').system('touch owned') == x")),
        "only functions of the grammar",
    ),
}


@pytest.mark.parametrize("name", sorted(FILES))
def test_one_line_and_nothing_written(name: str, tmp_path: Path) -> None:
    make, words = FILES[name]
    make(tmp_path / "toy.yaml")
    code, said, complaint = check(tmp_path, "toy.yaml")
    assert (code, said) == (2, "")
    assert words in complaint
    assert len(complaint.splitlines()) <= 2, "the mistake, and the same in the control"
    assert {path.name for path in tmp_path.iterdir()} - {"cache"} == {"toy.yaml"}


def test_a_folder_of_hostile_names(tmp_path: Path) -> None:
    names = [
        "a\n::error::x.yaml",
        "b\x1b[31m.yaml",
        "::stop-commands::x.yaml",
        "c ##[add-matcher]x.yaml",
        "-rf.yaml",
        "con.yaml",
    ]
    for name in names:
        (tmp_path / name).write_text("paper: 1\n")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    code, said, complaint = check(tmp_path, "lint", ".")
    assert code == 2
    lines = [*said.splitlines(), *complaint.splitlines()]
    assert len(lines) == len(names) + 1, "each once, and the pipe passed over"
    assert all(line.isprintable() and not line.lstrip().startswith("::") and "##[" not in line for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [
        ("a" * 300,), ("::stop-commands::x.yaml",), ("\x1b[31mred",), ("..",), ("/dev/zero",), ("",), ("lint", "x##[y"),
        ("new", "../../x"), ("new", "1905.07325", "--slug", "../x"), ("replay", "::x/y/z"), ("explain", "\u202ex"),
    ],
)  # fmt: skip
def test_hostile_arguments(arguments: tuple[str, ...], tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    code, said, complaint = check(inside, *arguments)
    assert code in (2, 5)
    assert not said
    (line,) = complaint.splitlines()
    assert line.isprintable()
    assert not line.startswith("::")
    assert "##[" not in line
    assert not list(inside.iterdir()) or {path.name for path in inside.iterdir()} == {"cache"}


def test_new_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "schema.json").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "claims" / "mine.yaml").symlink_to(tmp_path / "other")
    assert check(tmp_path, "new", "1905.07325", "--slug", "mine")[0] == 2
    assert check(tmp_path, "new", "1905.07325", "--slug", "yours")[0] == 0
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "other").exists()


def test_a_report_stays_in_its_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "reports"
    (outside / "toy").mkdir(parents=True)
    (outside / "toy" / "kept.svg").write_text("kept")
    folder.mkdir()
    (folder / "plots").symlink_to(outside)
    sample = sample_paper()
    (folder / f"{sample.slug}.md").symlink_to(outside / "page.md")
    with pytest.raises(Exception, match="symbolic link"):
        write_report(sample, folder)
    assert [path.name for path in outside.rglob("*")] == ["toy", "kept.svg"]


def test_what_is_printed_is_no_command() -> None:
    assert printable("::error::x") == "\\::error::x"
    assert printable("  ::error::x") == "  \\::error::x"
    assert printable("a ##[group]b") == "a ##\\[group]b"
    assert printable("a\nb\x1b[0m\u202e\udc80") == "a\\nb\\x1b[0m\\u202e\\udc80"
    assert printable("fine: a::b, #[x]") == "fine: a::b, #[x]"
    assert printable(printable("::x ##[y\n")) == printable("::x ##[y\n")
