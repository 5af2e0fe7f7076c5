"""JUnit XML: one test suite a paper, one test case a claim, for the CI systems that read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree

from checker.report.escape import clean
from checker.report.wording import how_words, verdict_words
from checker.result import ClaimResult, PaperResult
from checker.verdict import Verdict

Outcome = Literal["passed", "failure", "error", "skipped"]


def outcome(claim: ClaimResult, *, strict: bool = False) -> Outcome:
    """What CI should make of a claim: as expected is passed, undecided is skipped unless ``strict``."""
    if claim.unchecked is not None:
        return "skipped"
    if claim.as_expected:
        return "passed"
    if claim.verdict in (Verdict.ERROR, Verdict.DISAGREE):
        return "error"
    if claim.verdict in (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED) and not strict:
        return "skipped"
    return "failure"


def junit(papers: Sequence[PaperResult], *, strict: bool = False, unread: Sequence[str] = ()) -> str:
    """The XML document; no times, so that it is the same for the same verdicts.

    ``unread`` has what was said of each file that could not be read: an error of a suite of its own.
    """
    root = ElementTree.Element("testsuites", name="check")
    for message in unread:
        name = clean(message.split(":", 1)[0])
        suite = ElementTree.SubElement(root, "testsuite", name=name, tests="1", failures="0", errors="1", skipped="0")
        case = ElementTree.SubElement(suite, "testcase", classname=name, name="claim file")
        ElementTree.SubElement(case, "error", message="; ".join(clean(line) for line in message.splitlines()))
    for paper in papers:
        outcomes = [outcome(claim, strict=strict) for claim in paper.claims]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=clean(paper.slug),
            tests=str(len(outcomes)),
            failures=str(outcomes.count("failure")),
            errors=str(outcomes.count("error")),
            skipped=str(outcomes.count("skipped")),
        )
        for claim, result in zip(paper.claims, outcomes, strict=True):
            case = ElementTree.SubElement(suite, "testcase", classname=clean(paper.slug), name=clean(claim.id))
            if result != "passed":
                message = f"{verdict_words(claim)}: {claim.unchecked or claim.reason or claim.headline}"
                ElementTree.SubElement(case, result, message=clean(message))
            line = " ".join(part for part in (verdict_words(claim), how_words(claim), claim.headline) if part)
            ElementTree.SubElement(case, "system-out").text = clean(line)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
