"""Print a page of the reference, or what it says about one kind, experiment or component; or write all pages.

check docs                 the topics
check docs predictions     a page
check docs optimize        what the pages say under that name
check docs --write docs    write every page into a folder
"""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from checker.errors import CheckError, ExitCode
from checker.execute.files import put


def _grammar() -> str:
    from checker.expr.grammar import page

    return page()


def _experiments() -> str:
    from checker.simulate.reference_page import page

    return page()


def _claim_files() -> str:
    from checker.commands.pages import claim_files

    return claim_files()


def _obligations() -> str:
    from checker.commands.pages import obligation_page

    return obligation_page()


def _engines() -> str:
    from checker.prove.recheck.rules import page

    return page()


def _predictions() -> str:
    from checker.commands.pages import prediction_page

    return prediction_page()


def _lint() -> str:
    from checker.commands.pages import lint_page

    return lint_page()


def _report_schema() -> str:
    from checker.report.report_schema import report_schema_text

    return report_schema_text()


PAGES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "claim_files": ("every key of a claim file", _claim_files),
    "obligations": ("every kind of obligation, with an example that is proved", _obligations),
    "predictions": ("every prediction of a check, with an example that passes", _predictions),
    "experiments": ("every experiment and its parts: data, models, starts, dynamics", _experiments),
    "engines": ("which engine proves what, and which other one looks again", _engines),
    "grammar": ("every function of a formula and who can read it", _grammar),
    "lint": ("every rule of lint", _lint),
}
OTHERS: Mapping[str, Callable[[], str]] = {"report.schema.json": _report_schema}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    words = f"{', '.join(PAGES)}, or a name that one of them explains"
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help=words)
    parser.add_argument("--write", metavar="DIR", help="write every page into this folder")


def run(options: argparse.Namespace) -> int:
    """Print or write."""
    if options.write:
        return _write(Path(options.write))
    if options.topic is None:
        width = max(map(len, PAGES))
        print("\n".join(f"{topic:<{width}}  {words}" for topic, (words, _) in PAGES.items()))
        return int(ExitCode.OK)
    name = options.topic.removesuffix(".md")
    if name in PAGES:
        print(PAGES[name][1](), end="")
        return int(ExitCode.OK)
    entries = {topic: _entries(make()) for topic, (_, make) in PAGES.items()}
    found = [text for page in entries.values() for heading, text in page if heading == name]
    if not found:
        known = sorted({*PAGES, *(heading for page in entries.values() for heading, _ in page)})
        nearest = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else f"; the pages are {', '.join(PAGES)}"
        raise CheckError(f"{name}: no page, kind, prediction, experiment, component, function or rule of that name{hint}")
    print("\n\n".join(found))
    return int(ExitCode.OK)


def _write(folder: Path) -> int:
    texts = {**{f"{topic}.md": make for topic, (_, make) in PAGES.items()}, **OTHERS}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, make in texts.items():
            put(folder / name, make().encode(), lasting=False)
            print(folder / name)
    except OSError as problem:
        raise CheckError(f"{folder}: cannot be written ({problem.strerror})") from None
    return int(ExitCode.OK)


def _entries(page: str) -> list[tuple[str, str]]:
    """What a page says under each name: sections whose heading has it in backticks, and rows of tables outside of them."""
    found: list[tuple[str, str]] = []
    for section in re.split(r"\n(?=##+ )", page)[1:]:
        heading = re.match(r"#+ `(?:kind: )?([\w-]+)`", section)
        if heading:
            found.append((heading[1], section.rstrip()))
    named = {name for name, _ in found}
    for row in re.findall(r"^\| `([\w-]+)`(?: \(error\))? \|.*$", page, flags=re.MULTILINE):
        lines = [line for line in page.splitlines() if line.startswith(f"| `{row}`")]
        if row not in named and not any(line in text for line in lines for _, text in found):
            found.append((row, "\n".join(lines)))
            named.add(row)
    return found
