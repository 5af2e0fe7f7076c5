"""A full disk, folders that may not be written, a cache that lies, a clock that jumps, streams and folders that are gone."""

from __future__ import annotations

import ctypes
import errno
import os
import random
import resource
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from checker.errors import ExitCode
from checker.execute import receipts
from checker.execute.journal import Journal
from checker.report.errors import ReportError
from checker.report.json_report import load
from checker.report.write import write_report
from checker.result import EvidenceLine
from checker.simulate.compile_cache import SealedCache
from tests.faults.scene import ROOT, TEMPORARY, Ended, Run, Scene, contents, rerun, run
from tests.verify import toys

_CAP_DAC_OVERRIDE, _PR_CAPBSET_DROP = 1, 24
CLOCK = """\
import random, time
_real, _real_ns, _chance = time.time, time.time_ns, random.Random(0)
time.time = lambda: _real() + _chance.uniform(-9e4, 9e4)
time.time_ns = lambda: _real_ns() + int(_chance.uniform(-9e13, 9e13))
"""


# --- disk -------------------------------------------------------------------------------------------------------------


@contextmanager
def full_after(calls: int) -> Iterator[None]:
    """From the given call on, everything that would need space on the disk fails, as on a full one."""
    made = 0

    def failing(real: Callable[..., object], counts: Callable[..., bool] = lambda *a: True) -> Callable[..., object]:
        def one(*arguments: object, **others: object) -> object:
            nonlocal made
            if counts(*arguments):
                made += 1
                if made > calls:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **others)

        return one

    creates = failing(os.open, lambda path, flags, *rest: bool(flags & os.O_CREAT))
    with (
        mock.patch.object(os, "open", creates), mock.patch.object(os, "write", failing(os.write)),
        mock.patch.object(os, "fsync", failing(os.fsync)), mock.patch.object(os, "replace", failing(os.replace)),
    ):  # fmt: skip
        yield


def full_disk(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """The disk is full from a random call on: report, index, receipt and journal are whole or as before."""
    scene.copy(folder)
    paper = load((scene.finished / "reports" / "toy.json").read_text())
    complaints = []
    with cache_at(folder / "cache"):
        journal = Journal("a")
        with full_after(chance.randrange(24)):
            try:
                write_report(paper, folder / "reports")
            except ReportError as error:
                complaints += [f"unclear: {error}"] if "the disk is full" not in str(error) else []
            receipts.keep("a", receipts.Receipt("{}", (), "PASS", (), {}))
            journal.keep(("part",), EvidenceLine(engine="z3", question="?", answer="!"))
        found = [name for name in contents(folder / "reports") if TEMPORARY.match(name.rsplit("/", 1)[-1])]
        complaints += [f"{name} is left" for name in found] + scene.damage(folder)
        if receipts.find("a") not in (None, receipts.Receipt("{}", (), "PASS", (), {})):
            complaints.append("half a receipt is believed")
        journal.keep(("next",), EvidenceLine(engine="z3", question="?", answer="!"))
        if ("next",) not in Journal("a").parts():
            complaints.append("a torn line has swallowed the next one")
        write_report(paper, folder / "reports")
        Journal("a").discard()
        (folder / "cache" / "a.json").unlink(missing_ok=True)
    return complaints + scene.differences(folder)


def small_files(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """No file may grow beyond a random size (``ulimit -f``), in the whole run."""
    scene.copy(folder)
    most = int(2 ** chance.uniform(0, 15))
    ended = run(folder, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))).end()
    complaints = scene.damage(folder)
    if ended.code != ExitCode.USAGE or ended.lines[-1].count("limit on the size of files") != 1:
        complaints.append(f"{most} bytes: it ended with {ended.code}: {ended.error[-300:]}")
    return complaints + rerun(scene, folder)


def _as_others() -> None:
    """Before a run as root: what a folder forbids is forbidden to root, too."""
    ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)


def read_only_reports(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """The report folder may not be written: one line, the results are said, and the next run has them."""
    scene.copy(folder)
    os.chmod(folder / "reports", 0o555)
    ended = run(folder, before=_as_others).end()
    os.chmod(folder / "reports", 0o755)
    complaints = [] if contents(folder / "reports") == scene.old else ["the folder has changed"]
    if ended.code != ExitCode.USAGE or "permission denied" not in ended.lines[-1] or "PASS  toy" not in ended.out:
        complaints.append(f"it ended with {ended.code}: {ended.error[-300:]}")
    return complaints + rerun(scene, folder)


def read_only_cache(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """The cache may not be written: the run does not care."""
    scene.copy(folder)
    for path in (folder / "cache", *(folder / "cache").rglob("*")):
        if path.is_dir():
            os.chmod(path, 0o555)
    ended = run(folder, before=_as_others).end()
    return fine(ended) + scene.differences(folder)


def fine(ended: Ended) -> list[str]:
    """Complaints about a run that should not have been disturbed."""
    broken = ended.code != 0 or "Traceback" in ended.error or "internal error" in ended.error
    return [f"it ended with {ended.code}: {ended.error[-300:]}"] if broken else []


# --- cache ------------------------------------------------------------------------------------------------------------


@contextmanager
def cache_at(place: Path) -> Iterator[None]:
    """The cache of this process."""
    with mock.patch.dict(os.environ, {"CHECK_CACHE_DIR": str(place)}):
        yield


def flipped(path: Path, chance: random.Random) -> None:
    """Turn over one random bit of a file."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def flipped_entry(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """One bit of a receipt, a journal or a compiled program is wrong: what is read is what was written, or nothing."""
    (folder / "cache").mkdir(parents=True, mode=0o700)
    receipt = receipts.Receipt('{"a": 1}', ("PASS x",), "PASS", (), {"x.md": "0" * 64})
    evidence, program = EvidenceLine(engine="z3", question="?", answer="!"), chance.randbytes(200)
    with cache_at(folder / "cache"):
        receipts.keep("a", receipt)
        journal = Journal("a")
        for part in range(3):
            journal.keep(("part", part), evidence)
        sealed = SealedCache(folder / "cache")
        sealed.put("k", program)
        for path in (folder / "cache").iterdir():
            flipped(path, chance)
        again = Journal("a")
        wrong = [part for part in again.parts() if again.find(part, EvidenceLine) != evidence]
        complaints = [f"a damaged line is believed: {part}" for part in wrong]
        if len(again.parts()) < 1:
            complaints.append("a damaged line took its neighbours along")
        if receipts.find("a") not in (None, receipt):
            complaints.append("a damaged receipt is believed")
        if sealed.get("k") is not None:
            complaints.append("a damaged program would be run")
    return complaints


def flipped_cache(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """A bit is wrong in every file that a finished and an unfinished run left in the cache; the next run does not notice."""
    shutil.copytree(scene.finished, folder)
    for path in (folder / "cache").rglob("*"):
        if path.is_file():
            flipped(path, chance)
    shutil.rmtree(folder / "reports" / "plots")
    return fine(run(folder).end()) + scene.differences(folder)


def foreign_entries(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """In place of receipts, journals and programs: nothing, half, another schema, a folder, a link, a pipe."""
    shutil.copytree(scene.finished, folder)
    shutil.rmtree(folder / "reports" / "plots")
    kinds = ("empty", "half", "schema", "folder", "link", "pipe", "deep")
    for path in [path for path in (folder / "cache").rglob("*") if path.is_file()]:
        _replace(path, chance.choice(kinds))
    return fine(run(folder).end()) + scene.differences(folder)


def _replace(path: Path, kind: str) -> None:
    content = path.read_bytes()
    path.unlink()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "half":
        path.write_bytes(content[: len(content) // 2])
    elif kind == "schema":
        path.write_bytes(content.replace(b'"schema": 2', b'"schema": 1'))
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/etc/hostname")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(b"[" * 10**6)


def foreign_folder(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """The cache folder is a link, or everybody may write to it: it is not used, in one line."""
    scene.copy(folder)
    kind = chance.choice(["link", "open"])
    if kind == "link":
        (folder / "cache").rename(folder / "elsewhere")
        (folder / "cache").symlink_to("elsewhere")
    else:
        os.chmod(folder / "cache", 0o777)
    before = sorted((folder / "cache").resolve().rglob("*"))
    ended = run(folder, "--quiet").end()
    complaints = fine(ended)
    if len(ended.lines) != 1 or "is not used" not in ended.error:
        complaints.append(f"it does not say so: {ended.error[-300:]}")
    if sorted((folder / "cache").resolve().rglob("*")) != before:
        complaints.append("the folder was written to")
    return complaints + scene.differences(folder)


# --- others -----------------------------------------------------------------------------------------------------------


def together(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """Three runs at once in one folder, two of them of one file: every report is whole, the index has all of them."""
    scene.copy(folder)
    toys.write(folder, toys.PROVED, name="third")
    runs = [run(folder), run(folder), Run(folder, "claims/third.yaml", "--out", "reports")]
    complaints = [complaint for one in runs for complaint in fine(one.end()) + one.orphans()]
    index = (folder / "reports" / "README.md").read_text()
    complaints += [f"{name} is not in the index" for name in ("toy", "other", "third") if f"({name}.md" not in index]
    for path in (folder / "reports").glob("third.*"):
        path.unlink()
    (folder / "claims" / "third.yaml").unlink()
    for path in (folder / "cache").glob("*.json"):
        path.unlink()
    again = run(folder)
    return complaints + fine(again.end()) + scene.differences(folder)


def clock(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """The clock jumps by up to a day at every look, and files are dated in the future."""
    scene.copy(folder)
    for path in folder.rglob("*"):
        os.utime(path, (4e9, 4e9))
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(CLOCK)
    ended = run(folder, environment={"PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)])}).end()
    return fine(ended) + rerun(scene, folder)


def no_reader(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """Nobody reads what the run says (``check ... | head -0``): the report is written all the same."""
    scene.copy(folder)
    ours, theirs = socket.socketpair()
    ours.close()
    ended = run(folder, stdout=theirs).end()
    theirs.close()
    return fine(ended) + rerun(scene, folder)


def full_output(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """Standard output is on a full disk: one line; the report is written."""
    scene.copy(folder)
    with open("/dev/full", "w") as full:
        ended = run(folder, "--quiet", stdout=full).end()
    complaints = rerun(scene, folder)
    if ended.code != ExitCode.USAGE or len(ended.lines) != 1 or "standard output" not in ended.error:
        complaints.append(f"it ended with {ended.code}: {ended.error[-300:]}")
    return complaints


def closed_streams(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """The run is started with its streams closed."""
    scene.copy(folder)
    ended = run(folder, module=("-c", "import os; os.closerange(0, 3); from checker.cli import command; command()")).end()
    return fine(ended) + rerun(scene, folder)


def no_home(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """There is no home folder, or it may not be written; and no folder for temporary files where it was said to be."""
    scene.copy(folder)
    home = chance.choice([None, "/proc/nothing", "/proc"])
    gone: dict[str, str | None] = {"HOME": home, "CHECK_CACHE_DIR": None, "XDG_CACHE_HOME": None, "TMPDIR": "/proc/nothing"}
    if home is None:  # the user's own home would be found
        gone["XDG_CACHE_HOME"] = "/proc/nothing"
    return fine(run(folder, environment=gone).end()) + scene.differences(folder)


def no_folder(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """The working folder was removed before the run, or its report folder during it."""
    scene.copy(folder)
    gone = folder / "gone"
    gone.mkdir()
    ended = Run(
        folder, str(folder / "claims" / "toy.yaml"), cwd=gone,
        module=("-c", f"import os; os.rmdir({str(gone)!r}); from checker.cli import command; command()"),
    ).end()  # fmt: skip
    if ended.code != ExitCode.USAGE or len(ended.lines) != 1 or "working folder" not in ended.error:
        return [f"it ended with {ended.code}: {ended.error[-300:]}"]
    disturbed = run(folder)
    disturbed.wait_for(lambda: (disturbed.used() or 0.0) > scene.seconds / 2)
    shutil.rmtree(folder / "reports")
    complaints = fine(disturbed.end())
    shutil.copytree(scene.template / "reports", folder / "reports", dirs_exist_ok=True)
    return complaints + rerun(scene, folder)


LARGE = toys.HEAD.replace("sizes: {n: 4}", "sizes: {n: 3000000}") + toys.PROVED + toys.bound("1")


def no_memory(scene: Scene, folder: Path, chance: random.Random) -> list[str]:
    """A measurement wants more memory than there is: it is an ERROR, the other claims stand and the report is written."""
    toys.write(folder, toys.PROVED)
    (folder / "claims" / "toy.yaml").write_text(LARGE)
    most = 2**30
    allowed = {"CHECK_MEMORY": "1000GiB"}  # what it says it needs would be refused before
    limited = run(
        folder, environment=allowed, before=lambda: resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    )  # fmt: skip
    ended = limited.end()
    said = [line.split()[:2] for line in ended.out.splitlines()]
    if ended.code != ExitCode.FAILED or ["PASS", "toy/square"] not in said or ["ERROR", "toy/cauchy_schwarz"] not in said:
        return [f"it ended with {ended.code}: {ended.out[-300:]} {ended.error[-300:]}"]
    return [] if (folder / "reports" / "toy.md").exists() else ["there is no report"]
