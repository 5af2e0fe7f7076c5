"""Signals at random moments: to the run, to its workers."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from checker.errors import ExitCode
from tests.faults.scene import REMEMBERED, Run, Scene, contents, rerun, run, status
from tests.verify import toys


def _random_moment(disturbed: Run, scene: Scene, folder: Path, chance: random.Random) -> None:
    """Wait for it: of four, three are uniform over the processor time of a run, one is while files are written."""
    if chance.random() < 0.75:
        until = chance.random() * scene.seconds
        disturbed.wait_for(lambda: (disturbed.used() or 0.0) >= until)
    else:
        before, pause = stamp(folder), chance.random() * 0.1
        disturbed.wait_for(lambda: stamp(folder) != before)
        time.sleep(pause)


def stamp(folder: Path) -> int:
    """Changes whenever a file comes into the report folder or goes."""
    return (folder / "reports").stat().st_mtime_ns


def killed(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """SIGKILL of the run at a random moment: complaints."""
    scene.copy(folder, compiled=chance.random() < 0.8)
    disturbed = run(folder, *scene.options)
    _random_moment(disturbed, scene, folder, chance)
    disturbed.process.kill()
    disturbed.end()
    return disturbed.orphans() + scene.damage(folder) + rerun(scene, folder)


def interrupted(
    number: signal.Signals, code: ExitCode, *, go_on: bool = True
) -> Callable[[Scene, Path, random.Random], list[str]]:
    """The trial with a signal that can be heard, sent at a random moment after the command has begun to listen.

    ``go_on``: see the next run to its end, too.
    """

    def trial(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
        scene.copy(folder)
        disturbed = run(folder, "--quiet", *scene.options)
        disturbed.wait_for(lambda: _listens(disturbed.process.pid, number))
        _random_moment(disturbed, scene, folder, chance)
        disturbed.process.send_signal(number)
        ended = disturbed.end()
        complaints = disturbed.orphans() + scene.damage(folder)
        if ended.code == 0:  # it had ended before
            return complaints + scene.differences(folder)
        if ended.code != code or len(ended.lines) != 1:
            complaints.append(f"it ended with {ended.code}: {ended.error[-300:]}")
        if any(name.endswith(".tmp") for name in contents(folder / "reports")):
            complaints.append("a temporary file is left")
        return complaints + (rerun(scene, folder) if go_on else [])

    return trial


def _listens(pid: int, number: signal.Signals) -> bool:
    """Whether the process catches the signal: Python by itself leaves SIGTERM alone, so our handlers are there."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
    return bool(caught >> (signal.SIGTERM - 1) & caught >> (number - 1) & 1)


def _hanging(folder: Path, seconds: int) -> Path:
    """A file with a proof that is at work long enough to be found."""
    return toys.write(folder, toys.PROVED, toys.HANGING.replace("time_limit: 2", f"time_limit: {seconds}"))


def _prover(disturbed: Run) -> tuple[int, int]:
    """The fork server of a run and its child that is at work on the proof that hangs."""
    assert disturbed.process.stderr is not None
    for _ in range(2):  # the other proof and its near miss
        disturbed.process.stderr.readline()
    while disturbed.process.poll() is None:
        for pid in disturbed.alive():
            try:
                _, parent = status(pid)
                if parent != disturbed.process.pid and status(parent)[1] == disturbed.process.pid:
                    return parent, pid
            except OSError:
                continue
        time.sleep(0.005)
    raise RuntimeError("the run ended before a prover was found")


def prover_killed(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """SIGKILL of a prover, as the system does it for want of memory: that obligation is an ERROR, the rest stands."""
    return _worker(folder, chance, lambda server, prover: os.kill(prover, signal.SIGKILL), "ERROR")


def server_killed(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """SIGKILL of the fork server that all provers come from."""
    return _worker(folder, chance, lambda server, prover: os.kill(server, signal.SIGKILL), "ERROR")


def prover_stopped(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """SIGSTOP of a prover: its time limit ends it."""
    return _worker(folder, chance, lambda server, prover: os.kill(prover, signal.SIGSTOP), "INCONCLUSIVE", 8)


def _worker(
    folder: Path, chance: random.Random, disturb: Callable[[int, int], None], verdict: str, limit: int = 120
) -> list[str]:
    path = _hanging(folder, limit)
    disturbed = Run(folder, str(path), "--out", "reports", "--no-mutants", "--jobs", "1")
    server, prover = _prover(disturbed)
    time.sleep(chance.random() * 0.3)
    disturb(server, prover)
    ended = disturbed.end()
    complaints = disturbed.orphans()
    said = [line.split()[0] for line in ended.out.splitlines() if "toy/" in line and not line.startswith("report")]
    if sorted(said) != sorted(["PASS", verdict]) or "Traceback" in ended.error:
        complaints.append(f"the verdicts are {said}: {ended.out[-300:]} {ended.error[-300:]}")
    if any("hanging" in line and REMEMBERED in line for line in ended.lines):
        complaints.append("an answer that was cut short is remembered")
    journals = list((folder / "cache").glob("*.journal"))
    if any('"hanging"' in line and '"integral", -1' in line for one in journals for line in one.read_text().splitlines()):
        complaints.append("an answer that was cut short has a receipt")
    return complaints


def file_killed(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """SIGKILL of one of the processes that share out the files at the scale smoke; then of the one that started them."""
    for name in ("one", "two"):
        toys.write(folder, toys.PROVED, toys.HANGING.replace("time_limit: 2", "time_limit: 6"), name=name)
    arguments = ("claims/one.yaml", "claims/two.yaml", "--out", "reports", "--scale", "smoke", "--jobs", "2")
    disturbed = Run(folder, *arguments)
    victim = _child(disturbed)
    time.sleep(chance.random() * scene.seconds)
    os.kill(victim, signal.SIGKILL)
    ended = disturbed.end()
    complaints = disturbed.orphans()
    if ended.code not in (ExitCode.INTERNAL, ExitCode.OK, ExitCode.FAILED) or "Traceback" in ended.error:
        complaints.append(f"it ended with {ended.code}: {ended.error[-300:]}")
    if ended.code == ExitCode.INTERNAL and (ended.out.count("report:") != 1 or "was killed" not in ended.error):
        complaints.append(f"it does not say what happened: {ended.out[-300:]} {ended.error[-300:]}")
    shutil.rmtree(folder / "reports")
    disturbed = Run(folder, *arguments, "--no-cache")
    _child(disturbed)
    time.sleep(chance.random() * scene.seconds)
    disturbed.process.kill()
    disturbed.end()
    return complaints + disturbed.orphans()


def _child(disturbed: Run) -> int:
    """One of the processes that verify a file each."""
    while disturbed.process.poll() is None:
        for pid in disturbed.alive():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes()
                if status(pid)[1] == disturbed.process.pid and b"side_by_side" in words:
                    return pid
            except OSError:
                continue
        time.sleep(0.01)
    raise RuntimeError("the run ended before a process for a file was found")
