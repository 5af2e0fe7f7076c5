"""``python -m checker.judge.tables``: measure the tables of ``JUDGE.md`` anew and write ``reports/judge.md``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from checker.judge.tables.table import Effort, Table
from checker.judge.tables.write import markdown, measure, plans

_EFFORTS = {"quick": 0.02, "full": 1.0}


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, measure, write; progress goes to standard error.  Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m checker.judge.tables", description=__doc__)
    parser.add_argument(
        "--effort", default="quick", help="quick (2 % of the runs of JUDGE.md), full (all of them), or a share such as .2"
        .replace("%", "%%")
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (default 0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (the report does not depend on it)")
    parser.add_argument("--only", default="", help="measure only tables whose name contains this")
    parser.add_argument("--out", type=Path, default=Path("reports/judge.md"), help="where to write (- for the screen)")
    asked = parser.parse_args(arguments)
    try:
        share = _EFFORTS.get(asked.effort) or float(asked.effort)
    except ValueError:
        parser.error(f"--effort: expected quick, full or a number, found {asked.effort!r}")
    if not 0 < share <= 1 or asked.jobs < 1 or asked.seed < 0:
        parser.error("expected 0 < effort <= 1, jobs >= 1 and seed >= 0")
    chosen = [plan for plan in plans(Effort(share), asked.seed) if asked.only in plan.name]
    if not chosen:
        parser.error(f"--only: no table is named {asked.only!r}")
    tables: list[Table] = []
    for plan, table in zip(chosen, measure(chosen, asked.jobs), strict=True):
        tables.append(table)
        print(f"{len(tables)}/{len(chosen)} {plan.name}", file=sys.stderr)
    said = "".join(f" --{name} {getattr(asked, name)}" for name in ("effort", "seed") if getattr(asked, name))
    text = markdown(tables, said)
    if str(asked.out) == "-":
        print(text)
    else:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
