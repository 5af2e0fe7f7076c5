"""The command as a user meets it: exit codes, one clear line for a mistake, the same bytes on a second run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checker.cli import main
from checker.errors import ExitCode
from tests.verify import toys


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_true_claim_exits_0_and_writes_the_same_bytes_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = toys.write(tmp_path, toys.PROVED, toys.bound("1"))
    assert main([str(path), "--scale", "smoke", "--quiet"]) == ExitCode.OK
    assert "PASS" in capsys.readouterr().out
    report = tmp_path / "reports" / "smoke"
    first = contents(report)
    assert {"toy.md", "toy.json", "README.md"} <= set(first)
    assert main([str(path), "--scale", "smoke", "--quiet"]) == ExitCode.OK  # from its receipt
    assert contents(report) == first
    assert main([str(path), "--scale", "smoke", "--quiet", "--no-cache"]) == ExitCode.OK  # measured again
    again = contents(report)
    assert {name for name in first if first[name] != again[name]} <= {"toy.json"}  # timings vary there
    assert strip_provenance(first["toy.json"]) == strip_provenance(again["toy.json"])


def strip_provenance(text: bytes) -> bytes:
    return re.sub(rb'"provenance": \{.*\Z', b"", text, flags=re.S)


def test_a_receipt_is_not_believed_when_the_report_was_changed(tmp_path: Path) -> None:
    path = toys.write(tmp_path, toys.PROVED)
    assert main([str(path), "--scale", "smoke", "--quiet"]) == ExitCode.OK
    report = tmp_path / "reports" / "smoke" / "toy.md"
    before = report.read_bytes()
    report.write_text("PASS everything")
    assert main([str(path), "--scale", "smoke", "--quiet"]) == ExitCode.OK
    assert report.read_bytes() == before


def test_a_changed_number_exits_1_with_a_witness_that_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toys.write(tmp_path, toys.REFUTED, toys.bound("9/10"))
    assert main([str(path), "--scale", "smoke", "--quiet"]) == ExitCode.FAILED
    report = (tmp_path / "reports" / "smoke" / "toy.md").read_text()
    commands = re.findall(r"check (replay [^`\n]+)", report)
    assert len(commands) >= 2
    capsys.readouterr()
    for command in dict.fromkeys(commands):
        import shlex

        assert main([*shlex.split(command), "--scale", "smoke"]) == ExitCode.OK
        shown = capsys.readouterr().out
        if "bound" in command:
            measured = max(float(found) for found in re.findall(r"measured (-?[\d.e+-]+)", shown))
            assert measured > 0.9
        else:
            assert "FAIL" in shown


def test_single_claims_do_not_replace_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toys.write(tmp_path, toys.PROVED, toys.REFUTED)
    assert main(["toy/square", "--quiet", "--scale", "smoke"]) == ExitCode.OK
    assert not (tmp_path / "reports").exists()
    assert main(["toy/too_strong", "--quiet", "--scale", "smoke"]) == ExitCode.FAILED
    assert main(["toy/none_such", "--quiet", "--scale", "smoke"]) == ExitCode.NOTHING_SELECTED


def test_strict_counts_what_is_open(tmp_path: Path) -> None:
    path = toys.write(tmp_path, toys.PROVED.replace("x**2 >= 1/100", "x**2 >= -1"))  # a near miss that is true
    assert main([str(path), "--scale", "smoke", "--quiet"]) == ExitCode.OK
    assert main([str(path), "--scale", "smoke", "--quiet", "--strict"]) == ExitCode.FAILED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("claims: [", "toy.yaml:"),
        ("paper: {title: A}\nclaims: {}\n", "toy.yaml:"),
        ("\t\n", "toy.yaml:"),
        ("a: &x 1\nb: *x\n", "toy.yaml:"),
    ],
)
def test_a_malformed_file_exits_2_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = toys.write(tmp_path)
    path.write_text(text)
    assert main([str(path)]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_usage_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == ExitCode.USAGE
    (tmp_path / "empty").mkdir()
    assert main(["empty"]) == ExitCode.NOTHING_SELECTED
    path = toys.write(tmp_path, toys.PROVED)
    (tmp_path / "file").write_text("")
    assert main([str(path), "--scale", "smoke", "--quiet", "--out", "file/inside"]) == ExitCode.USAGE
    assert "cannot write reports" in capsys.readouterr().err


def test_no_gpu_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import jax

    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("this machine has a GPU")
    path = toys.write(tmp_path, toys.bound("1"))
    assert main([str(path), "--scale", "smoke", "--quiet", "--device", "gpu"]) == ExitCode.USAGE
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "reports").exists()


def test_the_skeleton_loads_and_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "1905.07325", "--slug", "mine"]) == ExitCode.OK
    assert main(["lint", "mine"]) == ExitCode.OK
    assert main(["explain", "mine"]) == ExitCode.OK
    assert main(["mine", "--scale", "smoke", "--quiet"]) == ExitCode.OK
    assert main(["new", "1905.07325", "--slug", "mine"]) == ExitCode.USAGE  # never replaces a file
    assert main(["new", "../evil"]) == ExitCode.USAGE


def test_help_and_schema_import_nothing_heavy() -> None:
    heavy = ("numpy", "sympy", "jax", "flint", "z3", "pydantic", "scipy")
    script = (
        "import sys; from checker.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root())
    assert done.stderr.strip() == "[]"


def root() -> Path:
    return Path(__file__).resolve().parents[2]


def test_interrupt_leaves_no_process_and_no_half_written_report(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a proof that never ends and a simulation."""
    path = toys.write(tmp_path, toys.HANGING.replace("time_limit: 2", "time_limit: 60"), toys.bound("1"))
    environment = {**os.environ, "PYTHONPATH": str(root())}
    process = subprocess.Popen(
        [sys.executable, "-m", "checker.cli", str(path), "--scale", "smoke"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True,
    )  # fmt: skip
    assert process.stderr is not None
    first = process.stderr.readline()  # something has been answered: provers and simulation are at work
    assert "toy/" in first
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED, (output, error)
    assert "Traceback" not in error
    assert not (tmp_path / "reports").exists()
    deadline = time.monotonic() + 10
    while (left := session_members(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def session_members(session: int) -> list[int]:
    """Processes whose session is ``session`` (its leader is gone)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found


@pytest.mark.slow
def test_several_files_at_smoke_are_verified_side_by_side_with_the_same_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toys.write(tmp_path, toys.PROVED, name="one")
    toys.write(tmp_path, toys.REFUTED, name="two")
    broken = toys.write(tmp_path, toys.PROVED, name="three")
    broken.write_text(broken.read_text().replace("statement", "statment"))
    said, wrote = {}, {}
    for jobs in ("2", "1"):
        options = ["--scale", "smoke", "--quiet", "--no-cache", "--jobs", jobs, "--out", f"out{jobs}"]
        assert main(["claims", *options]) == ExitCode.USAGE
        said[jobs] = capsys.readouterr()
        wrote[jobs] = {name: strip_provenance(text) for name, text in contents(tmp_path / f"out{jobs}").items()}
    assert said["2"].out.replace("out2", "out1") == said["1"].out
    assert said["2"].err == said["1"].err
    assert wrote["2"] == wrote["1"]
    assert {"one.md", "two.md", "README.md"} <= set(wrote["2"])


def test_an_interrupted_block_leaves_no_process(tmp_path: Path) -> None:
    from checker.commands import side_by_side

    path = toys.write(tmp_path, toys.HANGING.replace("time_limit: 2", "time_limit: 60"))
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), side_by_side.running({path: (str(path), "--no-cache")}, 1) as waiting:
        raise KeyboardInterrupt
    assert waiting[path].exception() is not None
    assert time.monotonic() - began < 50  # of the sixty seconds that the proof would take


def test_what_only_some_papers_need_is_not_imported_for_all() -> None:
    script = "import sys, checker.api; print([name for name in ('cvxpy', 'diffrax', 'sympy', 'z3') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root())
    assert done.stdout.strip() == "[]"
