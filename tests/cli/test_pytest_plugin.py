"""The pytest plugin as a user meets it: every run is pytest in a process of its own, with nothing else loaded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.verify import toys

ROOT = Path(__file__).parents[2]
EXPECTED = toys.REFUTED.replace("too_strong:", "literal:").replace(
    "    prove:", "    expected: FAIL\n    finding: {instead: Above 1 it is., shown_by: square}\n    prove:"
)
UNCHECKED = """\
  out_of_reach:
    statement: For every network, something.
    source: {known_from: full_text}
    unchecked: No run can cover it.
"""
OWN = "import sys\n\ndef test_own():\n    assert not {{{modules}}} & set(sys.modules)\n"
COUNTED = """\
from pathlib import Path
from checker import pytest_plugin

original = pytest_plugin.Found._verify

def counted(self, path, claims):
    with (Path(__file__).parent / "verified.txt").open("a") as log:
        log.write(f"{path.name} {' '.join(claims)}\\n")
    return original(self, path, claims)

pytest_plugin.Found._verify = counted
"""


def session(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-p", "checker.pytest_plugin", "-p", "xdist.plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "-W", "error", "-rA", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def outcomes(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Outcome of each item by its name."""
    found = re.findall(r"^(PASSED|FAILED|SKIPPED|ERROR) (?:\[\d+\] )?(\S+)", done.stdout, flags=re.MULTILINE)
    assert found, done.stdout + done.stderr
    return {name.rsplit("::", 1)[-1].rsplit("/", 1)[-1].rstrip(":"): outcome for outcome, name in found}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with claims, tests and YAML of other kinds."""
    claims = toys.HEAD + toys.PROVED + toys.REFUTED + EXPECTED + UNCHECKED
    broken = toys.HEAD + toys.PROVED.replace("statement", "statment")
    files = {
        "my-claims/toy.yaml": claims,
        "my-claims/service.yaml": "claims: [read, write]\nissuer: somebody\n",
        "broken_claims/broken.yaml": broken,
        "tests/soundness/not_asked_for.yaml": claims,
        "tests/test_own.py": OWN.format(modules="'jax', 'sympy'"),
        "unit/test_alone.py": OWN.format(modules="'checker.spec', 'jax', 'numpy', 'pydantic', 'sympy'"),
        "conftest.py": COUNTED,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def verified(project: Path) -> list[str]:
    log = project / "verified.txt"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def test_every_claim_is_a_test_and_nothing_else_is(project: Path) -> None:
    done = session(project, "my-claims", "tests", "--check-scale", "smoke")
    expected = {"square": "PASSED", "too_strong": "FAILED", "literal": "PASSED", "test_own": "PASSED"}
    found = outcomes(done)
    assert {name: found[name] for name in expected} == expected
    assert "1 failed, 3 passed, 1 skipped" in done.stdout
    assert "unchecked: No run can cover it." in done.stdout
    failure = done.stdout.split("= FAILURES =")[1].split("= PASSES =")[0].splitlines()
    shown = [line for line in failure if line and not set(line) & {"=", "_"}]
    assert "FAIL: below: it fails at an exact point of the domain" in shown
    assert "check replay my-claims/toy.yaml/too_strong/below" in failure
    assert not any("Traceback" in line or ".py:" in line for line in failure)
    assert verified(project) == ["toy.yaml square too_strong literal out_of_reach"]
    assert not (project / "my-claims" / "reports").exists()


def test_without_claim_files_nothing_is_loaded(project: Path) -> None:
    assert outcomes(session(project, "unit")) == {"test_own": "PASSED"}


def test_a_file_that_cannot_be_read_is_an_error_of_the_collection(project: Path) -> None:
    done = session(project, "broken_claims", "--collect-only")
    assert "broken_claims/broken.yaml:" in done.stdout
    assert "did you mean 'statement'?" in done.stdout
    assert done.returncode == pytest.ExitCode.INTERRUPTED
    assert verified(project) == []


def test_workers_share_one_verification_and_only_what_was_selected_is_verified(project: Path) -> None:
    done = session(project, "my-claims", "-n", "2", "-k", "square or literal", "--check-scale", "smoke", "--check-out", "out")
    assert outcomes(done) == {"square": "PASSED", "literal": "PASSED"}
    assert verified(project) == ["toy.yaml square literal"]
    assert (project / "out" / "toy.md").is_file()


def test_a_file_or_a_claim_may_be_named_and_a_pattern_declared(project: Path) -> None:
    named = session(project, "tests/soundness/not_asked_for.yaml::square", "--collect-only", "-q")
    assert "1 test collected" in named.stdout
    (project / "pytest.ini").write_text("[pytest]\ncheck_claims = soundness/*\n", encoding="utf-8")
    declared = session(project, ".", "--collect-only", "-q")
    assert "tests/soundness/not_asked_for.yaml::square" in declared.stdout
    assert "my-claims" not in declared.stdout


def test_the_package_installs_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"check_claims": "checker.pytest_plugin"}
