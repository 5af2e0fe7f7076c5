"""The report for machines: the result as it is, with everything that varies between runs in one block at its end.

The one idea: take away ``provenance`` and two runs of the same claim, code and seed give the same bytes.  The block ends
with a checksum of everything before it, so that a report that was edited by hand is told from one that was written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from checker.report.errors import ReportError
from checker.report.summary import PaperSummary, summarise
from checker.result import PaperResult

SCHEMA_VERSION: Final = 1
_TIMINGS: Final = "timings"
_CHECKSUM: Final = "checksum"


def dump(paper: PaperResult) -> str:
    """JSON text in the order of the models' fields; NaN and infinities as text; one final newline."""
    data: dict[str, Any] = json.loads(paper.model_dump_json())
    provenance = data.pop("provenance", None) or {}
    timings = {path: holder.pop("seconds") for path, holder in _timed(data)}
    data = {"schema_version": data.pop("schema_version"), "summary": summarise(paper).model_dump(mode="json"), **data}
    data["provenance"] = {**provenance, _TIMINGS: {path: s for path, s in timings.items() if s}}
    data["provenance"][_CHECKSUM] = _checksum(data)
    return json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def load(text: str) -> PaperResult:
    """The result that ``dump`` wrote; raises ``ReportError`` for anything else."""
    try:
        data = json.loads(text)
        if not isinstance(data, dict):
            raise ReportError("not a report: expected a JSON object")
        if data.get("schema_version") != SCHEMA_VERSION:
            raise ReportError(f"report of schema version {data.get('schema_version')!r}: expected {SCHEMA_VERSION}")
        data.pop("summary", None)
        provenance = data.get("provenance") or {}
        timings = provenance.pop(_TIMINGS, {})
        provenance.pop(_CHECKSUM, None)
        for path, holder in list(_timed(data)):
            if path in timings:
                holder["seconds"] = timings[path]
        data["provenance"] = provenance or None
        return PaperResult.model_validate(data)
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError) as error:
        raise ReportError(f"not a report: {str(error).splitlines()[0]}") from None


def load_summary(text: str) -> PaperSummary:
    """Only the summary of what ``dump`` wrote; raises ``ReportError`` for anything else."""
    try:
        return PaperSummary.model_validate(json.loads(text)["summary"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ReportError(f"not a report: {type(error).__name__}") from None


def intact(text: str) -> bool | None:
    """Whether the content of a report still has the checksum it was written with; ``None`` where it has none.

    The checksum tells of damage and of edits by hand; whoever computes it anew can write what he likes.  Raises
    ``ReportError`` for what is not a report.
    """
    try:
        data = json.loads(text)
        said = data["provenance"].pop(_CHECKSUM, None)
        return None if said is None else bool(said == _checksum(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ReportError(f"not a report: {type(error).__name__}") from None


def _checksum(data: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _timed(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything that carries ``seconds``, with a path that names it."""
    for claim in data["claims"]:
        for lemma in claim["lemmas"]:
            root = f"{claim['id']}/{lemma['name']}"
            for index, member in enumerate(lemma["members"]):
                yield f"{root}/{member['label'] or index}", member
            for near_miss in lemma["near_misses"]:
                for index, member in enumerate(near_miss["members"]):
                    yield f"{root}/{near_miss['text']}/{member['label'] or index}", member
        for index, measure in enumerate(claim["measures"]):
            yield f"{claim['id']}/{measure['run']}/{index}", measure
