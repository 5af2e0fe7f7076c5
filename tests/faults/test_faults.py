"""The quick part of ``python -m tests.faults``: one kill, one Ctrl-C, and everything that needs no run at all."""

from __future__ import annotations

import json
import os
import random
import signal
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

import pytest

from checker.errors import ExitCode
from checker.execute import receipts
from checker.execute.journal import Journal
from checker.execute.worker import Completed, Crashed, Limits, TimedOut, run
from checker.report.json_report import load
from checker.result import EvidenceLine
from checker.verify import paper as paper_room
from tests.faults import kills, surroundings
from tests.faults.scene import Scene, build, contents

ANSWER = EvidenceLine(engine="z3", question="?", answer="!")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return build(tmp_path_factory.mktemp("scene") / "scene", small=True)


def test_a_killed_run_loses_nothing_and_the_next_goes_on(scene: Scene, tmp_path: Path) -> None:
    assert kills.killed(scene, tmp_path / "trial", random.Random("in the middle")) == []


def test_an_interrupted_run_says_so_in_one_line(scene: Scene, tmp_path: Path) -> None:
    trial = kills.interrupted(signal.SIGTERM, ExitCode.TERMINATED, go_on=False)
    assert trial(scene, tmp_path / "trial", random.Random(1)) == []


@pytest.mark.parametrize("number", range(4))
def test_a_full_disk_leaves_everything_whole(scene: Scene, tmp_path: Path, number: int) -> None:
    assert surroundings.full_disk(scene, tmp_path / "trial", random.Random(number)) == []


@pytest.mark.parametrize("number", range(8))
def test_a_flipped_bit_is_never_believed(scene: Scene, tmp_path: Path, number: int) -> None:
    assert surroundings.flipped_entry(scene, tmp_path / "trial", random.Random(number)) == []


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHECK_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_line_of_another_run_or_model_is_not_believed(cache: Path) -> None:
    Journal("a").keep(("part",), ANSWER)
    assert Journal("a").find(("part",), EvidenceLine) == ANSWER
    assert Journal("a").find(("part",), paper_room.ClaimResult) is None
    (cache / "a.journal").rename(cache / "b.journal")
    assert Journal("b").find(("part",), EvidenceLine) is None


def test_a_line_with_an_unknown_verdict_is_not_believed(cache: Path) -> None:
    from checker.result import MemberResult

    text = json.dumps({"label": "", "verdict": "SURE", "how": None, "reason": ""})
    line = {"part": ["p"], "result": text, "checksum": receipts.checksum("a", [["p"], text])}
    Journal("a").keep(("q",), ANSWER)
    (cache / "a.journal").write_text(json.dumps(line) + "\n")
    assert Journal("a").parts() == [("p",)]
    assert Journal("a").find(("p",), MemberResult) is None


def test_of_two_lines_the_later_holds_and_a_fresh_journal_believes_none(cache: Path) -> None:
    other = ANSWER.model_copy(update={"answer": "?"})
    Journal("a").keep(("part",), ANSWER)
    Journal("a", fresh=True).keep(("part",), other)
    assert Journal("a", fresh=True).find(("part",), EvidenceLine) is None
    assert Journal("a").find(("part",), EvidenceLine) == other


def test_a_receipt_moved_to_another_address_is_not_believed(cache: Path) -> None:
    receipts.keep("a", receipts.Receipt("{}", (), "PASS", (), {}))
    (cache / "a.json").rename(cache / "b.json")
    assert receipts.find("b") is None


def test_a_receipt_with_a_verdict_that_is_none_is_not_believed(cache: Path) -> None:
    receipts.keep("a", receipts.Receipt("{}", (), "SURE", (), {}))
    assert receipts.find("a") is None


def test_the_cache_has_a_bound_that_no_clock_changes(cache: Path) -> None:
    for number in range(6):
        receipts.keep(str(number), receipts.Receipt("{}", (), "PASS", (), {}))
        os.utime(cache / f"{number}.json", (4e9 + number, 4e9 + number))
    receipts.prune(cache, files=4)
    assert sorted(path.stem for path in cache.glob("*.json")) == ["2", "3", "4", "5"]
    size = (cache / "5.json").stat().st_size
    receipts.prune(cache, size=2 * size)
    assert sorted(path.stem for path in cache.glob("*.json")) == ["4", "5"]


@pytest.mark.parametrize("kind", ["link", "open", "file"])
def test_a_cache_that_may_be_anybodys_is_not_used(cache: Path, kind: str) -> None:
    if kind == "link":
        cache.with_name("elsewhere").mkdir()
        cache.symlink_to("elsewhere")
    elif kind == "open":
        cache.mkdir()
        cache.chmod(0o777)
    else:
        cache.write_text("")
    assert receipts.trusted(cache) != ""
    assert receipts.cache() is None
    receipts.keep("a", receipts.Receipt("{}", (), "PASS", (), {}))
    assert receipts.find("a") is None
    assert contents(cache) == {}


def test_a_folder_of_another_user_is_not_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir()
    assert receipts.trusted(cache) == ""
    owner = cache.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert receipts.trusted(cache) == "it belongs to another user"


def test_a_number_that_json_cannot_write_comes_back_as_a_number(scene: Scene) -> None:
    paper = load((scene.finished / "reports" / "toy.json").read_text())
    measure = next(claim.measures[0] for claim in paper.claims if claim.measures)
    check = measure.checks[0].model_copy(update={"rows": (("a", float("inf"), float("-inf"), 0.5),)})
    again = type(check).model_validate_json(check.model_dump_json())
    assert again.rows == check.rows


def garbage(content: bytes) -> None:
    """Write to every pipe of the child that is open for writing, those of the fork server apart."""
    apart = {"0", "1", "2", str(forkserver._forkserver._forkserver_alive_fd), str(resource_tracker._resource_tracker._fd)}
    for name in set(os.listdir("/proc/self/fd")) - apart:
        try:
            if os.readlink(f"/proc/self/fd/{name}").startswith("pipe:"):
                os.write(int(name), content)
        except OSError:
            continue
    os._exit(0)


@pytest.mark.parametrize("content", [b"garbage", (7).to_bytes(8, "big") + b"garbage", (1).to_bytes(8, "big") + b"N", b""])
def test_garbage_on_the_pipe_is_a_crash(content: bytes) -> None:
    assert isinstance(run(garbage, content, limits=Limits(seconds=60)), Crashed)


def test_a_fork_server_that_dies_is_started_again() -> None:
    assert run(os.getpid, limits=Limits(seconds=60)).__class__ is Completed
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    assert run(os.getpid, limits=Limits(seconds=60)).__class__ is Completed


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def test_a_child_that_stops_is_ended_by_its_limit() -> None:
    assert run(stop, limits=Limits(seconds=0.3)) == TimedOut(0.3)
