"""Every hostile file that somebody has thought of gets its answer, in a child that an audit hook watches."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable

import pytest
from pydantic import TypeAdapter, ValidationError

from checker.expr.node import Mul, Node
from checker.expr.parse import parse
from checker.expr.size import MAX_NODES, size_of
from checker.simulate.leaves import Number
from checker.spec.errors import SpecErrors
from checker.spec.load import load_text
from checker.spec.source import decode
from tests.hostile import sandbox
from tests.hostile.__main__ import WARM
from tests.hostile.answers import NAMES, EscapeError, answer, refusal, report
from tests.hostile.cases import ALL, Case
from tests.hostile.inputs import Input
from tests.hostile.sandbox import ask


def asked(case: Case, stage: Callable[[str], None]) -> str:
    """The words of the first mistake, or ``read``."""
    try:
        text = decode(case.content, "toy.yaml") if isinstance(case.content, bytes) else case.content
        paper = load_text(text, "toy", "toy.yaml")
    except SpecErrors as errors:
        refusal(errors)
        return str(errors.errors[0])
    report(paper)
    return "read"


@pytest.fixture(autouse=True)
def _a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    # Without its limit each of the bombs takes minutes; the single second is asked for by the command.
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 10.0)


def test_every_case_has_its_answer() -> None:
    wrong = []
    for found in ask(ALL, asked, ALL[:1]):
        case = ALL[found.index]
        fitting = case.words in found.outcome if case.words else found.outcome == "read"
        if found.escape or not fitting:
            wrong.append((case.name, found.escape or found.outcome))
    assert not wrong


HARMFUL: dict[str, Callable[[], object]] = {
    "open": lambda: open("/etc/hostname", "rb").close(),
    "to write": lambda: os.open("/tmp/check-hostile-never", os.O_WRONLY | os.O_CREAT),
    "subprocess.Popen": lambda: subprocess.run(["true"], check=False),
    "os.system": lambda: os.system("true"),
    "os.symlink": lambda: os.symlink("/etc/passwd", "/tmp/check-hostile-link"),
    "socket": lambda: socket.create_connection(("127.0.0.1", 9), timeout=0.1),
    "exec": lambda: eval(compile("1 + 1", "<claim>", "eval")),
    "import": lambda: __import__("this_package_is_not_there"),
    "processor time": lambda: sum(range(10**12)),
    "more memory": lambda: len(bytes(400 * 2**20).replace(b"\0", b"\1")),
    "EscapeError": lambda: (_ for _ in ()).throw(EscapeError("x")),
}


def harm(name: str, stage: Callable[[str], None]) -> str:
    """Do what no claim may do."""
    HARMFUL[name]()
    return "done"


def test_the_sandbox_sees_what_an_escape_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_HARD_CPU_S", 1)
    names = sorted(HARMFUL)
    found = {names[one.index]: one.escape for one in ask(names, harm)}
    assert all(found.values()), found
    assert "SIGXCPU" in found["processor time"]
    assert "it did: open '/etc/hostname' to read" in found["open"]
    for path in ("/tmp/check-hostile-never", "/tmp/check-hostile-link"):
        if os.path.lexists(path):
            os.unlink(path)


def test_an_ordinary_question_is_no_escape() -> None:
    assert [(one.outcome, one.escape) for one in ask([1, 2], lambda one, stage: str(one))] == [("1", ""), ("2", "")]


def test_the_size_is_that_of_the_tree_as_printed() -> None:
    assert size_of(parse("x + t", NAMES)) == 3
    assert size_of(parse("f(x)*f(x) + 1", NAMES)) == 5
    doubled: Node = parse("x + t", NAMES)
    for _ in range(12):
        doubled = Mul((doubled, doubled))
    assert size_of(doubled) == 3 * 2**12 + 2**12 - 1 < MAX_NODES  # with thirteen objects


def test_sympy_decides_no_relation_by_code_that_it_writes() -> None:
    one = Input("formula", "", "Sum(1/k**2, (k, 1, oo)) == pi**2/6", deep=True)
    assert [found.escape for found in ask([one], answer, WARM)] == [""]


def test_a_number_of_a_run_fits_a_double() -> None:
    with pytest.raises(ValidationError, match="fits a double"):
        TypeAdapter(Number).validate_python(10**400)
