"""The pytest plugin: ``pytest claims/`` collects every claim as a test.

The one idea to know: a file is verified once, by ``check`` in a process of its own, so that neither JAX's settings nor its
threads reach the tests beside it; the items only read what it found.  Under xdist the workers share that through a lock.
Importing this module loads nothing heavy, and nothing else happens until a claim file is collected.
"""

from __future__ import annotations

import fcntl
import fnmatch
import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from checker.targets import beginning

if TYPE_CHECKING:
    from checker.result import ClaimResult, PaperResult

_PATTERN = "*claims/*"
_SUFFIX = ".yaml"
_KEYS = (re.compile(rb"^paper[ \t]*:", re.MULTILINE), re.compile(rb"^claims[ \t]*:", re.MULTILINE))
_FOUND = pytest.StashKey["Found"]()


class UnmetError(Exception):
    """A claim does not have the verdict that is expected of it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of ``check run`` that make sense for tests, and where claim files are looked for."""
    group = parser.getgroup("check", "claim files of check")
    group.addoption("--check-scale", choices=("smoke", "standard", "large"), default="standard", help="default: standard")
    group.addoption("--check-seed", type=int, default=0, help="shifts every random draw (default: 0)")
    group.addoption("--check-device", choices=("auto", "cpu", "gpu"), default="auto", help="default: auto")
    group.addoption("--check-jobs", type=int, help="processes for provers (default: the cores, shared by the workers)")
    group.addoption("--check-strict", action="store_true", help="INCONCLUSIVE and UNSUPPORTED fail instead of being skipped")
    group.addoption("--check-mutants", action="store_true", help="make mutants too; they change no verdict")
    group.addoption("--check-no-cache", action="store_true", help="run even if nothing changed since the last run")
    group.addoption("--check-out", metavar="DIR", help="write the reports to this folder (default: nowhere)")
    parser.addini(
        "check_claims",
        f"patterns of claim files below the root folder, the folder's own name included (default: {_PATTERN})",
        type="args",
        default=[_PATTERN],
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A claim file that was named, or lies where claim files are looked for; every other file is left alone."""
    if file_path.suffix != _SUFFIX or file_path.is_symlink():
        return None
    if not (_named(file_path, parent.config) or _matches(file_path, parent.config)) or not _has_claims(file_path):
        return None
    return ClaimFile.from_parent(parent, path=file_path)


def _named(path: Path, config: pytest.Config) -> bool:
    given = (config.invocation_params.dir / argument.split("::")[0] for argument in config.args)
    return any(Path(os.path.abspath(one)) == path for one in given)


def _matches(path: Path, config: pytest.Config) -> bool:
    root = config.rootpath
    if not path.is_relative_to(root):
        return False
    name = f"{root.name}/{path.relative_to(root).as_posix()}"
    return any(fnmatch.fnmatchcase(name, f"*{pattern}") for pattern in config.getini("check_claims"))


def _has_claims(path: Path) -> bool:
    """Both keys at the beginning of a line: other people's YAML is none of our business."""
    start = beginning(path)
    return all(key.search(start) for key in _KEYS)


class ClaimFile(pytest.File):
    """One claim file; its items are its claims."""

    def collect(self) -> Iterator[ClaimItem]:
        """One item a claim.  A file that cannot be read is an error of the collection, in the words of ``check lint``."""
        from checker.errors import CheckError
        from checker.spec.load import slug_of, validated
        from checker.spec.source import read_source
        from checker.spec.tree import parse_tree

        shown = os.path.relpath(self.path)
        try:
            slug_of(shown)
            tree = parse_tree(read_source(self.path, shown), shown)
            names = list(validated(tree, shown).claims)
        except CheckError as problem:
            raise self.CollectError(problem.message) from None
        for name in names:
            item = ClaimItem.from_parent(self, name=name)
            item.line = tree.key_place(("claims", name)).line
            if self.config.pluginmanager.hasplugin("xdist"):  # --dist loadgroup then sends a file to one worker
                item.add_marker(pytest.mark.xdist_group(name=shown))
            yield item


class ClaimItem(pytest.Item):
    """One claim: passed where it has the verdict that is expected, skipped where nobody knows."""

    line = 1

    def runtest(self) -> None:
        """Ask for the file to be verified, if it has not been, and look at this claim."""
        from checker.report.junit import outcome
        from checker.report.wording import verdict_words

        paper = _found(self.config).of(self.path, _wanted(self))
        claim = next(claim for claim in paper.claims if claim.id == self.name)
        result = outcome(claim, strict=self.config.getoption("--check-strict"))
        said = f"{verdict_words(claim)}: {claim.unchecked or claim.reason or claim.headline}"
        if result == "skipped":
            pytest.skip(said)
        if result != "passed":
            raise UnmetError("\n".join([said, *_replays(claim)]))
        self.add_report_section("call", "check", f"{said}\n")  # pytest -rP shows why it passed

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The reason and how to see it again; a traceback would only show this plugin."""
        return str(excinfo.value) if isinstance(excinfo.value, UnmetError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line of the claim in its file."""
        return self.path, self.line - 1, f"{self.path.stem}/{self.name}"


def _wanted(item: ClaimItem) -> tuple[str, ...]:
    """The claims of the item's file that this session runs, in the order of the session."""
    same = (one for one in item.session.items if isinstance(one, ClaimItem) and one.path == item.path)
    return tuple(dict.fromkeys(one.name for one in same)) or (item.name,)


def _replays(claim: ClaimResult) -> list[str]:
    """The commands that show the witnesses again, the first of each kind."""
    members = (member.replay for lemma in claim.lemmas for member in lemma.members if member.verdict is not None)
    lemmas = [replay for replay in members if replay]
    checks = [check.witness.replay for measure in claim.measures for check in measure.checks if check.witness]
    return [*lemmas[:1], *checks[:1]]


def _found(config: pytest.Config) -> Found:
    if _FOUND not in config.stash:
        config.stash[_FOUND] = Found(config)
    return config.stash[_FOUND]


class Found:
    """What has been found out in this session, one verification a file."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._papers: dict[Path, PaperResult | str] = {}
        # xdist gives every worker a folder below that of the session
        basetemp = config.getoption("basetemp", None) if hasattr(config, "workerinput") else None
        self._shared = Path(basetemp).parent / "check" if basetemp else None

    def of(self, path: Path, claims: tuple[str, ...]) -> PaperResult:
        """The result of ``claims`` of a file.  Raises ``UnmetError`` with the message where the file cannot be verified."""
        if path not in self._papers:
            self._papers[path] = self._once(path, claims)
        paper = self._papers[path]
        if isinstance(paper, str):
            raise UnmetError(paper)
        return paper

    def _once(self, path: Path, claims: tuple[str, ...]) -> PaperResult | str:
        from checker.report.json_report import load

        if self._shared is None:
            text, error = self._verify(path, claims)
            return error or load(text)
        self._shared.mkdir(parents=True, exist_ok=True)
        address = self._shared / hashlib.sha256(json.dumps([str(path), sorted(claims)]).encode()).hexdigest()
        with address.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not address.exists():
                address.write_text(json.dumps(self._verify(path, claims)), encoding="utf-8")
            text, error = json.loads(address.read_text(encoding="utf-8"))
        return error or load(text)

    def _verify(self, path: Path, claims: tuple[str, ...]) -> tuple[str, str]:
        """What ``check`` prints as JSON, and its complaint where it prints none."""
        from checker.commands.side_by_side import command, environment

        option = self._config.getoption
        name = os.path.relpath(path)
        whole = len(claims) == len(_claims_of(path))
        jobs = option("--check-jobs") or max(1, (os.cpu_count() or 1) // _workers(self._config))
        with tempfile.TemporaryDirectory(prefix="check-") as nowhere:
            arguments = [
                *("--scale", option("--check-scale"), "--seed", str(option("--check-seed"))),
                *("--device", option("--check-device"), "--jobs", str(jobs), "--out", option("--check-out") or nowhere),
                *([] if option("--check-mutants") else ["--no-mutants"]),
                *(["--no-cache"] if option("--check-no-cache") else []),
                *("--", *([name] if whole else [f"{name}/{claim}" for claim in claims])),  # a folder may be named --out=x
            ]
            done = subprocess.run(command(arguments), capture_output=True, text=True, env=environment(), check=False)
        if done.returncode not in (0, 1):
            return "", done.stderr.strip() or f"check ended with exit code {done.returncode}"
        return done.stdout, ""


def _claims_of(path: Path) -> list[str]:
    from checker.spec.load import validated
    from checker.spec.source import read_source
    from checker.spec.tree import parse_tree

    return list(validated(parse_tree(read_source(path, str(path)), str(path)), str(path)).claims)


def _workers(config: pytest.Config) -> int:
    given = getattr(config, "workerinput", None)
    return int(given["workercount"]) if given else 1
