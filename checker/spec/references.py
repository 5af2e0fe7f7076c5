"""References: per-instance truths that code solves, with the names they publish on a run."""

from __future__ import annotations

from collections.abc import Mapping

from checker.expr.domain import REAL, Domain
from checker.expr.errors import ExpressionError
from checker.expr.node import Sym, symbols_of
from checker.spec.claim import Reference
from checker.spec.errors import Path
from checker.spec.models import header
from checker.spec.reporter import Reporter
from checker.spec.scope import Scope


def elaborate_reference(
    name: str, model: header.Reference, scope: Scope, path: Path, reporter: Reporter | None = None
) -> Reference | None:
    """A reference in ``scope``; ``None`` where it cannot be read there (reported if ``reporter`` is given)."""
    shapes = (
        model.in_
        if isinstance(model.in_, dict)
        else {u: [] for u in ([model.in_] if isinstance(model.in_, str) else model.in_)}
    )
    if not isinstance(model.in_, dict):
        for unknown in shapes:
            if unknown not in scope.symbols:
                if reporter is not None:
                    reporter.error(
                        (*path, "in"), f"the shape of {unknown!r} is missing", expected=f"in: {{{unknown}: [d]}}"
                    )
                return None
    key: Path = ("in",)
    text = ""
    try:
        variables = {}
        for unknown, texts in shapes.items():
            parsed = []
            for index, text in enumerate(texts):
                key = ("in", unknown, index)
                parsed.append(scope.parse(text))
            declared = scope.symbols[unknown].shape if not isinstance(model.in_, dict) else ()
            variables[unknown] = tuple(parsed) or declared
        inner = scope.extended({unknown: Domain(shape=shape) for unknown, shape in variables.items()})
        key, text = ("minimise",), model.minimise
        minimise = inner.parse(text)
        conditions = []
        for index, text in enumerate(model.subject_to):
            key = ("subject_to", index)
            conditions.append(inner.parse(text))
    except ExpressionError as error:
        if reporter is not None:
            reporter.expression((*path, *key), text, error)
        return None
    if len(model.dual) > len(conditions):
        if reporter is not None:
            reporter.error(
                (*path, "dual"),
                "more duals than constraints",
                found=str(len(model.dual)),
                expected=str(len(conditions)),
            )
        return None
    duals = (*model.dual, *[None] * (len(conditions) - len(model.dual)))
    return Reference(name, minimise, variables, tuple(conditions), duals, float(model.residual_below))


def needs(reference: Reference) -> frozenset[str]:
    """The names that have to have a value before the reference can be solved (a name of its own is not one)."""
    programs = (symbols_of(node) for node in (reference.minimise, *reference.subject_to))
    sizes = (symbols_of(size) for shape in reference.variables.values() for size in shape)
    found: frozenset[str] = frozenset().union(*programs, *sizes)
    return found - set(reference.variables)


def outputs(reference: Reference) -> dict[str, Domain]:
    """``name.unknown``, ``name.dual`` and ``name.value`` with their shapes."""
    found = {f"{reference.name}.{unknown}": Domain(shape=shape) for unknown, shape in reference.variables.items()}
    found |= {f"{reference.name}.{dual}": Domain(shape=(Sym("constraints"),)) for dual in reference.duals if dual}
    return {**found, f"{reference.name}.value": REAL}


def replaced(model: header.Reference, patch: header.ReferencePatch) -> header.Reference:
    """The reference with the fields that ``patch`` names."""
    return model.model_copy(update={key: getattr(patch, key) for key in patch.model_fields_set})


def check_all(references: Mapping[str, header.Reference], scopes: list[Scope], reporter: Reporter) -> None:
    """Report each reference that no scope can read, with the reason from the last one."""
    for name, model in references.items():
        path: Path = ("references", name)
        if scopes and all(elaborate_reference(name, model, scope, path) is None for scope in scopes):
            elaborate_reference(name, model, scopes[-1], path, reporter)
