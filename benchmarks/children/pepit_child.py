"""PEPit with its default solver: the worst contraction of one step of gradient descent, by a semidefinite program.

Runs in the environment of PEPit.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from PEPit import PEP
from PEPit.functions import SmoothStronglyConvexFunction
from served import Prepared, serve


def contraction(mu: float, step: float) -> float:
    """The largest |x+ - y+|^2 over |x - y|^2 for 1-smooth, mu-strongly convex functions."""
    problem = PEP()
    function = problem.declare_function(SmoothStronglyConvexFunction, mu=mu, L=1)
    x, y = problem.set_initial_point(), problem.set_initial_point()
    problem.set_initial_condition((x - y) ** 2 <= 1)
    after = (x - step * function.gradient(x)) - (y - step * function.gradient(y))
    problem.set_performance_metric(after**2)
    return float(problem.solve(verbose=0))


def prepare(request: dict[str, Any]) -> Prepared:
    """What one request asks to be timed, and the rate that was found."""
    mu, step = request["mu"], request["step"]
    return {request["name"]: lambda: contraction(mu, step)}, {"version": version("PEPit"), "value": contraction(mu, step)}


if __name__ == "__main__":
    serve(prepare)
