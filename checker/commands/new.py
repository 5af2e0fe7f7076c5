"""Write a commented skeleton of a claim file that loads and runs as it stands.

check new 1905.07325 --slug lexmaxmargin
"""

from __future__ import annotations

import argparse
import re
from importlib import resources
from pathlib import Path

from checker.errors import CheckError, ExitCode
from checker.targets import LIBRARY, SUFFIX

_ARXIV = re.compile(r"\d{4}\.\d{4,5}\Z")
_SLUG = re.compile(r"[a-z][a-z0-9_]{1,60}\Z")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("arxiv", metavar="ARXIV_ID", help="such as 1905.07325")
    parser.add_argument("--slug", help="name of the file (default: made of the arXiv id)")
    parser.add_argument("--out", metavar="DIR", default=str(LIBRARY), help="folder of the file (default: claims/)")


def run(options: argparse.Namespace) -> int:
    """Write the skeleton; refuses to replace a file."""
    if not _ARXIV.match(options.arxiv):
        raise CheckError(
            f"{options.arxiv}: not an arXiv identifier; expected four digits, a point, four or five digits"
        )
    slug = options.slug or "paper_" + options.arxiv.replace(".", "_")
    if not _SLUG.match(slug):
        raise CheckError(f"{slug}: not a slug; expected lower-case letters, digits and underscores, a letter first")
    template = resources.files("checker.commands").joinpath("template.yaml").read_text("utf-8")
    path = Path(options.out) / f"{slug}{SUFFIX}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(template.replace("{{arxiv}}", options.arxiv))
    except FileExistsError:
        raise CheckError(f"{path}: exists already; give another --slug") from None
    except OSError as problem:
        raise CheckError(f"{path}: cannot be written ({problem.strerror})") from None
    print(f"{path}: edit it, then `check lint {path}` and `check {path} --scale smoke`")
    return int(ExitCode.OK)
