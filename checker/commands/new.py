"""Write a commented skeleton of a claim file that loads and runs as it stands.

check new 1905.07325 --slug lexmaxmargin
check new 1905.07325 --from implicit_bias_gd     its claims as a pattern, without their notes and findings
"""

from __future__ import annotations

import argparse
import os
import re
from importlib import resources
from pathlib import Path

from checker.errors import CheckError, ExitCode
from checker.targets import LIBRARY, SUFFIX, resolve

_ARXIV = re.compile(r"(?P<year>\d{2})(0[1-9]|1[0-2])\.\d{4,5}\Z|[a-z-]+(\.[A-Z]{2})?/(?P<old>\d{2})\d{5}\Z")
_SLUG = re.compile(r"(?!(con|prn|aux|nul|com[0-9]|lpt[0-9])\Z)[a-z][a-z0-9_]{1,59}\Z")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("arxiv", metavar="ARXIV_ID", help="such as 1905.07325")
    parser.add_argument("--slug", help="name of the file (default: made of the arXiv id)")
    parser.add_argument("--from", dest="pattern", metavar="SLUG", help="a claim file whose claims are kept as a pattern")
    parser.add_argument("--out", metavar="DIR", default=str(LIBRARY), help="folder of the file (default: claims/)")


def run(options: argparse.Namespace) -> int:
    """Write the skeleton; refuses to replace a file."""
    found = _ARXIV.match(options.arxiv)
    if not found:
        raise CheckError(
            f"{options.arxiv}: not an arXiv identifier; expected year and month, a point, four or five digits"
        )
    slug = options.slug or "paper_" + re.sub(r"\W", "_", options.arxiv)
    if not _SLUG.match(slug):
        raise CheckError(f"{slug}: not a slug; expected lower-case letters, digits and underscores, a letter first")
    short = int(found["year"] or found["old"])
    year = 1900 + short if short >= 90 else 2000 + short
    text = _patterned(options.pattern, options.arxiv, year) if options.pattern else _template(options.arxiv, year)
    path = Path(options.out) / f"{slug}{SUFFIX}"
    schema = path.parent / "schema.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        if not os.path.lexists(schema):  # the first line of the file names it: editors complete and underline by it
            from checker.spec.schema import schema_text

            with schema.open("x", encoding="utf-8") as file:  # a link that leads nowhere is there as well
                file.write(schema_text())
    except FileExistsError:
        raise CheckError(f"{path}: exists already; give another --slug") from None
    except OSError as problem:
        raise CheckError(f"{path}: cannot be written ({problem.strerror})") from None
    print(f"{path}: edit it, then `check lint {path}`, `check explain {path}` and `check {path} --scale smoke`")
    return int(ExitCode.OK)


def _template(arxiv: str, year: int) -> str:
    text = resources.files("checker.commands").joinpath("template.yaml").read_text("utf-8")
    return text.replace("{{arxiv}}", arxiv).replace("{{year}}", str(year))


def _patterned(name: str, arxiv: str, year: int) -> str:
    from checker.spec.pattern import as_pattern

    found = resolve([name])
    if len(found) != 1:
        raise CheckError(f"--from {name}: one claim file is the pattern, not {len(found)}")
    return as_pattern(found[0].path, arxiv, year)
