"""Controls: the checks of a measurement with one thing changed, which must come out FAIL.

The one idea to know: a control is read like the file itself.  The patch is applied to what is written, the result is
elaborated again, and the control applies to the checks that come out different, or whose run does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from checker.expr.node import MINUS_ONE, Fn, Node, Num, Pow, Sym, mul, symbols_of
from checker.judge.prediction import Kind
from checker.spec.bench import Bench
from checker.spec.checks import Desk, desk_for, elaborate_check, in_words
from checker.spec.claim import Check, Control
from checker.spec.constants import exact
from checker.spec.errors import Path, listing, nearest_name
from checker.spec.models import checks as models
from checker.spec.models import header
from checker.spec.patches import PatchError, patched
from checker.spec.references import replaced
from checker.spec.reporter import Reporter, one_line
from checker.spec.runs import elaborate_run
from checker.spec.scope import Definable, Scope

Form = Literal["prediction", "let", "with", "drop"]


@dataclass(frozen=True, slots=True)
class Setting:
    """All that the controls of one measurement may change."""

    model: models.Measure
    path: Path
    bench: Bench
    checks: Mapping[str, Check]
    run_data: Any
    file_scope: Scope
    references: Mapping[str, header.Reference]
    assumptions: Mapping[str, header.Assumption]
    assumed: tuple[str, ...]
    strength: str | None
    reporter: Reporter


def elaborate_control(index: int, model: models.Control, setting: Setting) -> Control | None:
    """One control, or ``None`` (reported)."""
    path = (*setting.path, "controls", index)
    before = len(setting.reporter.errors)
    _names(model, path, setting)
    patches = _run_patches(model, path, setting)
    let, references, file_scope = _let(model, path, setting)
    if len(setting.reporter.errors) > before:
        return None
    bench = _bench(model, patches, references, path, setting)
    if bench is None:
        return None
    bench = dataclasses.replace(bench, scope=_overridden(bench.scope, file_scope))
    desk = desk_for(bench, let, (*setting.path, "let"), setting.strength, setting.reporter)
    if desk is None:
        return None
    moved = bench.run.key != setting.bench.run.key
    changed, originals = _checks(model, path, setting, desk, moved)
    if len(setting.reporter.errors) > before:
        return None
    unreadable = set(model.of or setting.model.checks) - set(setting.checks)
    if not changed and unreadable:
        return None
    if not changed:
        setting.reporter.error(
            path, "the control changes no check of this measurement", expected="of: a check, and a patch that differs"
        )
        return None
    patches_prediction = bool(model.prediction_keys or model.let)
    return Control(
        text=_text(model),
        because=model.because or (f"the assumption {model.drop!r} is dropped" if model.drop else ""),
        form=_form(model),
        checks=tuple(changed),
        run=bench.run if moved else None,
        original_on_patched=tuple(originals) if moved and patches_prediction and (model.with_ or model.drop) else (),
        at={axis: float(value) for axis, value in model.at.items()},
        suspended=(model.drop,) if model.drop else (),
    )


def _form(model: models.Control) -> Form:
    return "drop" if model.drop else "with" if model.with_ else "let" if model.let else "prediction"


def _names(model: models.Control, path: Path, setting: Setting) -> None:
    for name in model.of:
        if name not in setting.model.checks:
            known = list(setting.model.checks)
            setting.reporter.error(
                (*path, "of"), f"no check {name!r} here", expected=listing(known), nearest=nearest_name(name, known)
            )
    axes = (*setting.bench.sweep_axes, *setting.bench.recorded_axes)
    for axis in model.at:
        if axis not in axes:
            message = f"{axis!r} is no axis of the run {setting.bench.run.name!r}"
            setting.reporter.error(
                (*path, "at", axis), message, expected=listing(axes), nearest=nearest_name(axis, axes)
            )


def _run_patches(model: models.Control, path: Path, setting: Setting) -> list[Mapping[str, Any]]:
    patches: list[Mapping[str, Any]] = []
    if model.drop is not None:
        assumption = setting.assumptions.get(model.drop)
        if model.drop not in setting.assumed or assumption is None:
            message = f"the claim does not assume {model.drop!r}"
            nearest = nearest_name(model.drop, setting.assumed)
            setting.reporter.error(
                (*path, "drop"), message, expected=listing(setting.assumed) or "assumes: on the claim", nearest=nearest
            )
        elif not assumption.broken_by:
            message = f"the assumption {model.drop!r} does not say what breaks it"
            setting.reporter.error((*path, "drop"), message, expected=f"broken_by: under assumptions.{model.drop}")
        else:
            patches.append(assumption.broken_by)
    return [*patches, model.with_] if model.with_ else patches


def _let(
    model: models.Control, path: Path, setting: Setting
) -> tuple[dict[str, str], dict[str, header.Reference], dict[str, Definable]]:
    """What ``let`` replaces: definitions of the measurement, references, definitions of the file."""
    local = {header.defined_name(key)[0]: key for key in setting.model.let}
    let, references, overridden = dict(setting.model.let), dict(setting.references), {}
    for key, value in model.let.items():
        name, parameters = header.defined_name(key)
        if isinstance(value, header.ReferencePatch):
            if name in references:
                references[name] = replaced(references[name], value)
                continue
        elif name in local:
            del let[local[name]]
            let[key] = value
            continue
        elif name in setting.file_scope.texts:
            overridden[name] = (parameters, value)
            continue
        known = (*local, *setting.file_scope.texts, *references)
        message = f"no definition or reference {name!r} that could be replaced"
        setting.reporter.error(
            (*path, "let", key), message, expected=listing(known), nearest=nearest_name(name, known), key=True
        )
    return let, references, overridden


def _bench(
    model: models.Control,
    patches: list[Mapping[str, Any]],
    references: Mapping[str, header.Reference],
    path: Path,
    setting: Setting,
) -> Bench | None:
    if not patches and references == setting.references:
        return setting.bench
    data = setting.run_data
    try:
        for patch in patches:
            data = patched(data, patch)
    except PatchError as error:
        key = "with" if model.with_ else "drop"
        setting.reporter.error((*path, key), str(error), nearest=error.nearest)
        return None
    name = setting.bench.run.name
    return elaborate_run(
        name, data, (*path, "with" if model.with_ else "drop"), setting.file_scope, references, setting.reporter
    )


def _overridden(scope: Scope, texts: Mapping[str, Definable]) -> Scope:
    return scope.extended({}, texts) if texts else scope


def _checks(
    model: models.Control, path: Path, setting: Setting, desk: Desk, moved: bool
) -> tuple[list[Check], list[Check]]:
    """The patched checks to which the control applies, and the unpatched ones on the patched run."""
    changed, originals, same = [], [], []
    replaced_references = {
        header.defined_name(key)[0] for key, value in model.let.items() if not isinstance(value, str)
    }
    for name in model.of or setting.model.checks:
        check_model, original = setting.model.checks.get(name), setting.checks.get(name)
        if check_model is None or original is None:
            continue
        patched_model = _patched_model(check_model, model, bool(model.of))
        if patched_model is None:
            continue
        check_path = (*setting.path, "checks", name)
        control_path = path if model.prediction_keys else check_path
        check = elaborate_check(name, patched_model, control_path, desk)
        if check is None:
            continue
        touched = moved and (
            not replaced_references or _mentions(check, replaced_references) or model.with_ or model.drop
        )
        if check != original or touched:
            changed.append(check)
            if moved:
                originals.append(original)
        else:
            same.append(check)
    if changed or not same:
        return changed, originals
    # It stays a control, one that no evidence can reject: the claim may fail, but it can never pass.
    names = ", ".join(check.name for check in same)
    message = f"the control changes nothing about {names} and can never be rejected"
    setting.reporter.warn(path, message, code="idle-control")
    return same, []


def _mentions(check: Check, references: set[str]) -> bool:
    nodes = (check.quantity, check.expectation.target)
    return any(symbol.split(".")[0] in references for node in nodes for symbol in symbols_of(node))


def _patched_model(check: models.Check, control: models.Control, named: bool) -> models.Check | None:
    """The check with the prediction fields of the control; ``None`` where these are about another predicate."""
    keys = control.prediction_keys
    own = check.predicates[0]
    wanted = control.predicates
    if wanted and wanted[0] != own and not named:
        return None
    update: dict[str, Any] = {key: getattr(control, key) for key in keys}
    if wanted and wanted[0] != own:
        update[own] = None
    if "over" in keys:
        update["over"] = {**check.over, **control.over}
    return check.model_copy(update=update)


def _text(model: models.Control) -> str:
    parts = [in_words(model)] if model.prediction_keys else []
    if model.over:
        parts.append("over " + ", ".join(f"{axis}: {over.rule}" for axis, over in model.over.items()))
    for key, value in model.let.items():
        shown = (
            value
            if isinstance(value, str)
            else ", ".join(f"{k.rstrip('_')} {getattr(value, k)}" for k in sorted(value.model_fields_set))
        )
        parts.append(f"with {key} = {' '.join(one_line(str(shown)).split())}")
    parts += [f"with {path} = {value}" for path, value in model.with_.items()]
    parts += [f"without the assumption {model.drop}"] if model.drop else []
    parts += ["at " + ", ".join(f"{axis} = {float(value):g}" for axis, value in model.at.items())] if model.at else []
    return "; ".join(part for part in parts if part)


def neighbouring_rates(check: Check) -> tuple[Control, ...]:
    """The controls of a two-sided rate whose author gave none: the exponent off by 1/4, one logarithm more and less.

    Source: ``JUDGE.md``, section 6.  None where the declared margin is too wide for them.
    """
    expected = check.expectation
    if expected.kind is not Kind.RATE or expected.axis is None or expected.strength != "tight":
        return ()
    if (
        expected.within is None
        or 1.5 * max(expected.within.below, expected.within.above) > 0.25
        or exact(expected.target) is not None
    ):
        return ()
    size: Node = expected.clock if expected.clock is not None else Sym(expected.axis)
    log = Fn("log", (size,))
    factors: list[tuple[str, str, Node]] = [
        ("the exponent 1/4 larger", f"{expected.axis}**(1/4)", Pow(size, Num(Fraction(1, 4)))),
        ("the exponent 1/4 smaller", f"{expected.axis}**(-1/4)", Pow(size, Num(Fraction(-1, 4)))),
    ]
    if expected.up_to != "logs" and expected.until is None and not expected.to_zero:
        factors += [
            ("one logarithm more", f"log({expected.axis})", log),
            ("one logarithm less", f"1/log({expected.axis})", Pow(log, MINUS_ONE)),
        ]
    made = []
    for because, shown, factor in factors:
        text = f"{expected.text.split(',')[0]} times {shown}"
        patched_check = dataclasses.replace(
            check, expectation=dataclasses.replace(expected, target=mul(expected.target, factor), text=text)
        )
        made.append(Control(text, f"{because} (added by the tool)", "prediction", (patched_check,)))
    return tuple(made)
