"""A small run to be disturbed, and what has to be true of its folder whatever happened to it.

The one idea: a folder with an older report of the file and the report of another paper is copied for every trial.  Each file
in it may afterwards be the old one or the new one, as an undisturbed run writes it, and nothing else; and the next run ends
with exactly the new ones.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from checker.execute.journal import valid_lines
from checker.report.json_report import intact, load
from checker.report.write import write_report
from checker.result import PaperResult
from tests.verify import toys

ROOT: Final = Path(__file__).resolve().parents[2]
REMEMBERED: Final = "(from the receipt)"
TEMPORARY: Final = re.compile(r"\..*\.tmp\Z")
PATIENCE_S: Final = 300.0
"""Only so that a defect fails instead of hanging."""
_PAUSE_S: Final = 0.004
_MARK: Final = "CHECK_FAULT_TRIAL"

MEAN = """\
  triangle:
    statement: The norm of a sum is at most the sum of the norms.
    source: {known_from: full_text}
    strength: upper
    measure:
      - run: pairs
        let: {ratio: 'norm(v + w)/(norm(v) + norm(w))'}
        checks:
          bound: {quantity: ratio, over: {seed: every}, at_most: 1, within: 0.001, attained: true}
        controls:
          - {at_most: 9/10, because: a smaller constant}
"""
PAIRS = "  pairs:\n    experiment: evaluate\n    params: {draw: [v, w], sizes: {n: 3}}\nclaims:\n"
SMALL: Final = ("--scale", "smoke")


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    out: str
    error: str

    @property
    def lines(self) -> list[str]:
        """What it said on standard error."""
        return self.error.splitlines()


class Run:
    """One run of ``check`` in a session of its own, with a mark by which all of its processes are found."""

    def __init__(
        self, folder: Path, *arguments: str, module: Sequence[str] = ("-m", "checker.cli"), cache: Path | None = None,
        environment: Mapping[str, str | None] | None = None, before: Callable[[], None] | None = None,
        stdout: Any = subprocess.PIPE, cwd: Path | None = None,
    ) -> None:  # fmt: skip
        self.mark = uuid.uuid4().hex
        changed = {
            "PYTHONPATH": str(ROOT), "CHECK_CACHE_DIR": str(cache or folder / "cache"), _MARK: self.mark, **(environment or {})
        }  # fmt: skip
        everything = {**os.environ, **changed}
        self.process = subprocess.Popen(
            [sys.executable, *module, *arguments], cwd=cwd or folder, stdin=subprocess.DEVNULL, stdout=stdout,
            stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=before,
            env={name: value for name, value in everything.items() if value is not None},
        )  # fmt: skip

    def end(self) -> Ended:
        """Wait for it; raises ``subprocess.TimeoutExpired`` where it hangs, and kills it then."""
        try:
            out, error = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            for pid in self.alive():
                os.kill(pid, 9)
            raise
        return Ended(self.process.returncode, out or "", error or "")

    def used(self) -> float | None:
        """Seconds of processor time that the process itself has used so far; ``None`` once it has ended.

        A clock that a busy machine does not make run faster.
        """
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_for(self, moment: Callable[[], bool]) -> None:
        """Wait until ``moment()`` is true or the run has ended."""
        while self.process.poll() is None and not moment():
            time.sleep(_PAUSE_S)

    def alive(self) -> list[int]:
        """All of its processes that are still there."""
        wanted = f"{_MARK}={self.mark}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if wanted in (entry / "environ").read_bytes().split(b"\0") and status(int(entry.name))[0] != "Z":
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found

    def orphans(self) -> list[str]:
        """Complaints about processes that outlive the run by seconds."""
        patience = time.monotonic() + 10
        while (left := self.alive()) and time.monotonic() < patience:
            time.sleep(0.02)
        return [f"process {_words(pid)} runs on" for pid in left]


def status(pid: int) -> tuple[str, int]:
    """State and parent of a process; raises ``OSError`` where it is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return fields[0], int(fields[1])


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:80]
    except OSError:
        return str(pid)


@dataclass(frozen=True)
class Scene:
    """A template of a working folder, what its report folder held before, and what it has to hold in the end."""

    template: Path
    finished: Path  # the same folder after an undisturbed run, and one of a single claim
    old: Mapping[str, str]
    new: Mapping[str, str]
    seconds: float  # of processor time that an undisturbed run takes, children apart
    options: tuple[str, ...] = ()

    def copy(self, folder: Path, *, compiled: bool = True) -> Path:
        """A fresh working folder for one trial; with ``compiled`` programs need not be compiled again."""
        ignored = None if compiled else shutil.ignore_patterns("xla")
        shutil.copytree(self.template, folder, ignore=ignored)
        return folder

    def damage(self, folder: Path) -> list[str]:
        """Complaints about the report folder as a disturbed run left it."""
        found = []
        for name, text in contents(folder / "reports").items():
            if TEMPORARY.match(name.rsplit("/", 1)[-1]):
                continue
            if text not in (self.old.get(name), self.new.get(name)):
                found.append(f"{name} is neither the old nor the new one")
        found += [f"{name} is gone" for name in self.old.keys() & self.new.keys() if not (folder / "reports" / name).exists()]
        return found

    def differences(self, folder: Path) -> list[str]:
        """Complaints about a report folder that should be the new one, with nothing left over, in it or in the cache."""
        now = contents(folder / "reports")
        left = [f"{path.name} is left" for path in (folder / "cache").rglob("*") if TEMPORARY.match(path.name)]
        return left + [
            f"{name} {'differs' if name in self.new and name in now else 'is left' if name in now else 'is missing'}"
            for name in sorted(self.new.keys() | now.keys())
            if self.new.get(name) != now.get(name)
        ]


def build(folder: Path, *, small: bool = False) -> Scene:
    """The scene: an old report beside that of another paper, and a new claim file.

    ``small``: one measurement and no mutants, and nothing but what a kill needs.
    """
    path = toys.write(folder, toys.PROVED, toys.bound("1"), *([] if small else [MEAN]))
    path.write_text(path.read_text() if small else path.read_text().replace("claims:\n", PAIRS, 1))
    options = SMALL if small else ()
    undisturbed = folder.with_name(f"{folder.name}-undisturbed")
    shutil.copytree(folder, undisturbed)
    seconds = _processor_time(run(undisturbed, *options))
    paper = load((undisturbed / "reports" / "toy.json").read_text())
    _write_old(paper, folder / "reports")
    old = contents(folder / "reports")
    write_report(paper.model_copy(update={"slug": "other"}), undisturbed / "reports")
    new = contents(undisturbed / "reports")
    shutil.copytree(undisturbed / "cache" / "xla", folder / "cache" / "xla")
    os.chmod(folder / "cache", 0o700)
    if not small:
        seconds = _processor_time(run(undisturbed, "--no-cache"))
        # A single claim replaces no report and leaves a journal.
        _expect(Run(undisturbed, "claims/toy.yaml/square", "--out", "aside", "--no-cache").end())
        shutil.rmtree(undisturbed / "aside")
    return Scene(folder, undisturbed, old, new, seconds, options)


def _write_old(paper: PaperResult, reports: Path) -> None:
    """The report of an earlier edition, whose second claim had another name and so other plots, and of another paper."""
    first, second, *rest = paper.claims
    claims = (first, second.model_copy(update={"id": "renamed_since"}), *rest)
    write_report(paper.model_copy(update={"slug": "other"}), reports)
    write_report(paper.model_copy(update={"title": "A toy, first edition", "claims": claims}), reports)


def _processor_time(undisturbed: Run) -> float:
    used = 0.0
    while undisturbed.process.poll() is None:
        used = undisturbed.used() or used
        time.sleep(_PAUSE_S)
    _expect(undisturbed.end())
    return used


def run(folder: Path, *options: str, **others: Any) -> Run:
    """The run that is disturbed."""
    return Run(folder, "claims/toy.yaml", "--out", "reports", *options, **others)


def _expect(ended: Ended) -> None:
    if ended.code != 0:
        raise RuntimeError(f"the undisturbed run ended with {ended.code}: {ended.error}")


def contents(folder: Path) -> dict[str, str]:
    """The files of a report folder by name; of JSON what does not vary from run to run, if it is whole."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name, text = path.relative_to(folder).as_posix(), path.read_text(errors="replace")
            found[name] = _steady(text) if path.suffix == ".json" else text
    return found


def _steady(text: str) -> str:
    try:
        data = json.loads(text)
    except ValueError:
        return f"torn: {text}"
    whole = intact(text) is not False
    return json.dumps({name: part for name, part in data.items() if name != "provenance"} | {"whole": whole}, sort_keys=True)


def remembered(cache: Path) -> int:
    """How many finished parts the journals in the cache hold, of those that a run tells of one by one."""
    return sum(part[0] != "mutants" for path in cache.glob("*.journal") for part in valid_lines(path, path.stem))


def rerun(scene: Scene, folder: Path) -> list[str]:
    """Complaints about the run after a disturbed one: it ends well, does nothing twice, and puts everything right."""
    done, whole = remembered(folder / "cache"), list((folder / "cache").glob("*.json"))
    after = run(folder, *scene.options)
    ended = after.end()
    complaints = after.orphans() + scene.differences(folder)
    if ended.code != 0 or "Traceback" in ended.error:
        complaints.append(f"the next run ended with {ended.code}: {ended.error[-300:]}")
    again = sum(REMEMBERED in line for line in ended.lines)
    if whole:
        return complaints + ([f"a finished run was repeated: {ended.lines[0]}"] if ended.lines else [])
    if again != done:
        complaints.append(f"{done} parts were finished, {again} of them were taken from their receipts")
    return complaints
