"""Formulas over measurements are looked at by a second engine: a wrong function of JAX measures nothing."""

from __future__ import annotations

import numpy as np
import pytest

from checker.expr.domain import REAL
from checker.expr.namespace import Namespace
from checker.expr.node import Node
from checker.expr.parse import parse
from checker.simulate import quantity, second_look, values
from checker.simulate.measurement import Measurement, Observable
from checker.simulate.second_look import EnginesDisagreeError
from checker.simulate.values import Value, apply

NAMES = ("x", "y", "t")


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=dict.fromkeys(NAMES, REAL)))


def measured(seeds: int = 4) -> Measurement:
    rng = np.random.default_rng(7)
    axes = {"seed": np.arange(float(seeds)), "t": np.array([1.0, 10.0, 100.0])}
    x = Observable(rng.normal(size=(seeds, 3)), ("seed", "t"))
    y = Observable(rng.uniform(0.5, 2.0, size=seeds), ("seed",))
    return Measurement({"x": x, "y": y}, axes)


@pytest.mark.parametrize(
    "text",
    ["x*exp(-y)", "log(1 + x**2)/t", "erf(x)*y", "gamma(y) - y", "(x - y)**2 - x**2 + 2*x*y - y**2", "tanh(x)/sqrt(t)",
     "normcdf(-t)", "Sum(y**k/k, (k, 1, 20))", "floor(3*y)", "x if x > 0 else y"],
)  # fmt: skip
def test_jax_and_mpmath_agree(text: str) -> None:
    assert np.isfinite(quantity.evaluate(read(text), measured()).values).all()


@pytest.mark.parametrize("text", ["x*exp(-y)", "y/t", "log(1 + x**2)"])
def test_a_lie_of_jax_is_no_measurement(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lying(*args: object, **keywords: object) -> Value:
        true = apply(*args, **keywords)  # type: ignore[arg-type]
        return Value(true.values * (1 + 1e-6), true.axes, true.twin, true.rounding)

    monkeypatch.setattr(quantity, "apply", lying)
    with pytest.raises(EnginesDisagreeError, match=r"JAX .*, mpmath ") as problem:
        quantity.evaluate(read(text), measured())
    assert "two engines contradict each other" in str(problem.value)


def test_rounding_alone_is_no_contradiction() -> None:
    # 1 - cos(x) at 1e-9 is 0 in float64 and 5e-19 in truth
    tiny = Measurement({"x": Observable(np.array([1e-9]), ("seed",))}, {"seed": np.zeros(1)})
    assert quantity.evaluate(read("1 - cos(x)"), tiny).values[0] == 0
    assert second_look.EnginesDisagreeError.__mro__[1] is values.QuantityError
