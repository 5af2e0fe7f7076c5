"""``python -m tests.soundness.fuzz --count N --seed S``: false statements by the thousand, every refuter off, none proved.

The one idea to know: with sampling, descent, balls at points, the approach of limits and the second engine all switched off,
nothing but the soundness of the rules stands between a false statement and PROVED.  SymPy is asked only with ``--sympy``
(eight seconds each); what it finds counts for nothing without the balls anyway.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from checker.prove import approach, binders, identity, registry
from checker.prove.agreement import Agreement
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Status
from tests.soundness.asking import asked, read
from tests.soundness.blind import switch_off_refuters
from tests.soundness.families import FAMILIES, holes, shift

_HOLES = 3  # of every so many inputs one is about definedness


def blindfold(patch: pytest.MonkeyPatch, *, sympy: bool = False) -> None:
    """Until ``patch`` is undone nothing refutes, and balls and limits seem to agree with whatever is claimed."""
    switch_off_refuters(patch)
    patch.setattr(identity, "look", lambda *_: Agreement(agreeing=24, looked=24))
    patch.setattr(binders, "sample", lambda *_args, **_keywords: [])
    for name, module in list(sys.modules.items()):
        if name.startswith("checker.prove"):
            for attribute, value in list(vars(module).items()):
                if value in (approach.approaches, approach.diverges) and callable(value):
                    patch.setattr(module, attribute, lambda *_: approach.Approach(True, "not looked at"))
    if not sympy:
        patch.setattr(identity, "_sympy_zero", lambda *_: "not asked")


@dataclass(slots=True)
class Count:
    """What came of a run."""

    tried: Counter[str] = field(default_factory=Counter)
    proved: list[str] = field(default_factory=list)  # false, and proved all the same
    true: Counter[str] = field(default_factory=Counter)  # tight ones, unmoved: that they are proved gives the rest its weight
    kept: Counter[str] = field(default_factory=Counter)


def false_ones(count: int, seed: int) -> Iterator[tuple[str, str, Obligation]]:
    """``count`` false or undefined statements: family, text, obligation."""
    draw = random.Random(seed)
    made = 0
    while made < count:
        if made % _HOLES == 0:
            text = holes(draw)
            yield "definedness", text, asked(Relation(read(text)))
            made += 1
            continue
        tight = draw.choice(FAMILIES)(draw)
        e = shift(draw)
        if tight.strict is not None and draw.random() < 1 / 4:
            yield tight.family, f"strict: {tight.text}", tight.strict
        else:
            yield tight.family, tight.text.format(e=e), tight.at(e)
        made += 1


def run(count: int, seed: int, *, unmoved: int = 0) -> Count:
    """Ask ``count`` false statements, and of every ``unmoved``-th family member the true one; the blindfold is on already."""
    found = Count()
    for family, text, obligation in false_ones(count, seed):
        found.tried[family] += 1
        if registry.prove(obligation).status is Status.PROVED:
            found.proved.append(f"{family}: {text}")
    draw = random.Random(seed)
    for index in range(unmoved):
        tight = FAMILIES[index % len(FAMILIES)](draw)
        found.true[tight.family] += 1
        found.kept[tight.family] += registry.prove(tight.at("0")).status is Status.PROVED
    return found


def main(words: list[str]) -> int:
    """Print the counts; 1 if anything false was proved."""
    parser = argparse.ArgumentParser(prog="python -m tests.soundness.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="false statements to ask (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sympy", action="store_true", help="ask SymPy as well")
    options = parser.parse_args(words)
    with pytest.MonkeyPatch.context() as patch:
        blindfold(patch, sympy=options.sympy)
        found = run(options.count, options.seed, unmoved=options.count // 10)
    print("| family | false, refuters off | proved | the same unmoved (true) | proved |\n|---|---|---|---|---|")
    for family in sorted({*found.tried, *found.true}):
        wrong = sum(text.startswith(f"{family}:") for text in found.proved)
        print(f"| {family} | {found.tried[family]} | {wrong} | {found.true[family]} | {found.kept[family]} |")
    print(f"| all | {found.tried.total()} | {len(found.proved)} | {found.true.total()} | {found.kept.total()} |")
    print("\n".join(f"PROVED, BUT FALSE: {text}" for text in found.proved))
    return int(bool(found.proved))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
