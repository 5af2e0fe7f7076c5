import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import nnls
from scipy.special import logsumexp

from checker.simulate.conic import ReferenceFailure, least_norm
from checker.simulate.measure import measure
from checker.simulate.references import with_references
from checker.simulate.remainder import split
from checker.simulate.resolve import SimulationError
from tests.simulate.runs import SVM, make

pytestmark = pytest.mark.slow  # compiled programs, each its own

ZERO = {"kind": "zero"}
ONE = {"data": {"kind": "given", "X": [[1]], "y": [1]}, "model": {"kind": "linear"}, "init": ZERO}
GENERIC = {
    "data": {"kind": "separable", "points": 12, "dimension": 5, "shift": 0, "margin": "1/2", "held_out": 3},
    "model": {"kind": "linear"},
    "init": ZERO,
}
CLASSES = {
    "data": {"kind": "separable_classes", "points": 12, "dimension": 4, "classes": 3},
    "model": {"kind": "linear_classes", "classes": 3},
    "init": ZERO,
}


def flow(params, seeds=(0,), loss="exp(-u)", reduction="sum", **dynamics):
    dynamics = {"kind": "remainder_flow", **dynamics}
    run = make("train", {**params, "loss": loss, "reduction": reduction, "dynamics": dynamics}, references=(SVM,))
    found = measure(run, list(seeds), 0, "cpu")
    assert found.failures == {}
    return run, found


def test_one_point_is_a_closed_form_up_to_a_time_that_no_number_holds():
    # dw/dt = x exp(-x w): x w = log(1 + x^2 t)
    params = {**ONE, "data": {"kind": "given", "X": [[2]], "y": [1]}}
    _, found = flow(params, until=1e6, checkpoints=6)
    s, remainder = found.coords["s"], found.observables["remainder"]
    assert remainder.axes == ("seed", "s")
    right = np.log(4 + np.exp(-s)) / 2
    assert np.allclose(remainder.values[0, :, 0], right, rtol=0, atol=1e-7)  # a hundred times the tolerance of a step
    assert np.allclose(found.observables["beta"].values[0, :, 0], s / 2 + right, rtol=1e-14, atol=1e-7)
    assert np.allclose(found.observables["log_loss"].values[0], -np.logaddexp(s + np.log(4), 0), rtol=1e-8)
    # the twin, at ten times the tolerance, is off by the order of the error that it stands for
    twin = np.abs(remainder.values - remainder.twin)[0, :, 0]
    assert np.all(np.abs(remainder.values[0, :, 0] - right) <= 10 * twin + 1e-15)
    assert 1e-8 < twin.max() < 1e-6
    assert not np.allclose(right, np.log(2) / 2, rtol=0.1)  # the step scaled by 1/2 would be told apart


def test_step_and_reduction_shift_the_remainder_by_their_logarithm():
    # w = log(1 + step t); twice the same point, by the sum: log(1 + 2 step t)
    twice = {**ONE, "data": {"kind": "given", "X": [[1], [1]], "y": [1, 1]}}
    at = {}
    for reduction in ("sum", "mean"):
        at[reduction] = flow(twice, reduction=reduction, step="1/8", until=100, checkpoints=2)[1]
    ends = {name: found.observables["remainder"].values[0, -1, 0] for name, found in at.items()}
    assert ends["sum"] == pytest.approx(np.log(2 / 8), abs=1e-8)
    assert ends["mean"] == pytest.approx(np.log(1 / 8), abs=1e-8)


def test_the_flow_is_that_of_an_independent_solver_in_the_plain_variables():
    _, found = flow(GENERIC, loss="log(1 + exp(-u))", step="1/4", until=25, checkpoints=5, tolerance=1e-10)
    X, y, s = (found.observables["X"].values[0], found.observables["y"].values[0], found.coords["s"])
    rows = y[:, None] * X

    def solved(log_slope):
        sigmas = np.logaddexp(0, s)

        def field(sigma, w):
            return rows.T @ np.exp(sigma + np.log(0.25) + log_slope(rows @ w))

        return solve_ivp(field, (0, sigmas[-1]), np.zeros(5), "LSODA", t_eval=sigmas, rtol=1e-11, atol=1e-12).y.T

    theta = found.observables["theta"].values[0]
    assert np.allclose(theta, solved(lambda m: -np.logaddexp(0, m)), rtol=1e-8, atol=1e-8)
    assert np.abs(theta - solved(lambda m: -m)).max() > 1e-3  # the exponential loss is told apart


def test_remainder_tends_to_the_vector_of_the_theorem_on_random_data():
    # eta exp(-x_n . r) = alpha_n on the support, and t L -> |w_hat|^2/eta
    run, found = flow(GENERIC, seeds=range(8), step="1/2", until=1e6, checkpoints=12)
    found = with_references(run, found, ["svm"])
    names = ("X", "y", "w_hat", "svm.w", "svm.alpha", "remainder", "log_loss")
    X, y, w_hat, w, alpha, remainder, log_loss = (found.observables[name].values for name in names)
    assert np.allclose(w_hat, w, rtol=0, atol=1e-13)
    for seed in range(8):
        rows = y[seed][:, None] * X[seed]
        support = alpha[seed] > 1e-9
        # cvxpy minimises |w|^2: its duals are twice those of the half
        reached = 0.5 * np.exp(-rows @ remainder[seed, -1])[support]
        assert np.allclose(reached, alpha[seed][support] / 2, rtol=1e-5, atol=0)
        tL = np.exp(1e6 + log_loss[seed, -1])
        assert tL == pytest.approx(w[seed] @ w[seed] / 0.5, rel=1e-8)
        assert tL != pytest.approx(np.linalg.norm(w[seed]) / 0.5, rel=1e-3)


def test_a_point_on_the_margin_without_a_dual_grows_like_log_log_t():
    # u' = exp(-u) (1 + O(exp(-u))): the remainder of (1, 0), (1, 1) is log s up to O(log s/s)
    data = {"kind": "given", "X": [[1, 0], [1, 1]], "y": [1, 1]}
    _, found = flow({**ONE, "data": data}, first=10, until=1e6, checkpoints=6, tolerance=1e-11)
    s, r = found.coords["s"], found.observables["remainder"].values[0]
    off = r[:, 1] - np.log(s)
    assert np.all((-1.2 * np.log(s) / s < off) & (off < -0.3 * np.log(s) / s))
    assert found.observables["w_hat"].values[0] == pytest.approx([1, 0], abs=1e-15)
    assert abs(r[-1, 1] - 0.9 * np.log(s[-1])) > 1  # another power of log t


def test_modified_equation_is_one_order_closer_to_gradient_descent():
    # at equal step * k: the plain flow is off by O(step), the modified one by O(step^2)
    flows = {"kind": "remainder_flow", "step": "h", "steps": 8192, "checkpoints": 14, "tolerance": 1e-11}
    descent = {"kind": "gradient_descent", "step": "h", "steps": 8192, "checkpoints": 14}
    params = {**GENERIC, "loss": "log(1 + exp(-u))", "reduction": "mean"}
    arms = {
        name: {**params, "dynamics": {**flows, "modified": name == "modified"}} for name in ("plain", "modified")
    }
    run = make("train", {**params, "dynamics": descent}, {"h": (0.1, 0.05)}, arms=arms)
    found = measure(run, range(3), 0, "cpu")
    assert found.coords["k"].tolist() == [2.0**power for power in range(14)]
    true = found.observables["theta"].values
    plain, modified = (
        np.linalg.norm(found.observables[f"theta.{name}"].values - true, axis=-1) for name in ("plain", "modified")
    )
    for error, ratio in ((plain, 2), (modified, 4)):
        assert np.allclose(error[:, 0, 9:13] / error[:, 1, 10:14], ratio, rtol=0.05)
    assert np.all(modified[:, 1, 10:] < 0.1 * plain[:, 1, 10:])


def test_classes_flow_to_the_max_margin_of_all_pairs_and_not_of_one_against_the_rest():
    _, found = flow(CLASSES, seeds=range(4), loss="log(1 + exp(-u))", until=1e5, checkpoints=12)
    s, out = found.coords["s"], {name: item.values for name, item in found.observables.items()}
    assert out["W"].shape == (4, 12, 3, 4)
    for seed in range(4):
        w_hat, w = out["w_hat"][seed], out["theta"][seed]
        assert np.exp(s[-1] + out["log_loss"][seed, -1]) == pytest.approx(w_hat @ w_hat, rel=1e-7)
        assert (out["pairs"][seed] @ w_hat).min() == pytest.approx(1, abs=1e-13)
        unit = w / np.linalg.norm(w, axis=-1, keepdims=True)
        gap = np.linalg.norm(unit - w_hat / np.linalg.norm(w_hat), axis=-1) * s
        assert gap[-1] == pytest.approx(gap[-4], rel=0.02)
        stack, _, _ = least_norm(out["one_vs_all"][seed])
        assert np.linalg.norm(unit[-1] - stack / np.linalg.norm(stack)) > 0.05
        assert np.allclose(out["pair_margins"][seed, -1].ravel(), out["pairs"][seed] @ w[-1], rtol=1e-13, atol=1e-7)


def test_classes_descend_as_a_softmax_would():
    dynamics = {"kind": "gradient_descent", "step": "1/5", "steps": 40, "checkpoints": 4}
    params = {**CLASSES, "loss": "log(1 + exp(-u))", "reduction": "mean", "dynamics": dynamics}
    found = measure(make("train", params), [0], 0, "cpu")
    X, y = found.observables["X"].values[0], found.observables["y"].values[0].astype(int)
    W = np.zeros((3, 4))
    for _ in range(40):
        p = np.exp(X @ W.T - logsumexp(X @ W.T, axis=1, keepdims=True))
        W = W - 0.2 * (p - np.eye(3)[y]).T @ X / 12
    assert np.allclose(found.observables["W"].values[0, -1], W, rtol=1e-11, atol=1e-13)
    p = np.exp(X @ W.T - logsumexp(X @ W.T, axis=1, keepdims=True))
    assert found.observables["log_loss"].values[0, -1] == pytest.approx(np.log(-np.log(p[np.arange(12), y]).mean()))


def test_held_out_points_are_judged_by_the_same_loss_however_wrong_they_are():
    _, found = flow(GENERIC, seeds=range(6), loss="log(1 + exp(-u))", until=1e6, checkpoints=12)
    out = {name: item.values for name, item in found.observables.items()}
    held = out["y_validation"][..., None] * out["X_validation"]
    right = np.einsum("snd,sd->sn", held, out["w_hat"])
    assert np.allclose(out["validation_margins"][:, -1] / 1e6, right, atol=1e-3)
    wrong = np.where(right < 0, -right, 0).sum(-1)
    assert np.sum(wrong > 0) >= 3
    assert np.allclose(np.exp(out["log_validation_loss"][:, -1])[wrong > 0] / 1e6, wrong[wrong > 0], rtol=1e-3)
    # the exponential loss of the same points grows like a power of t
    growth = flow(GENERIC, seeds=range(6), until=1e6, checkpoints=12)[1].observables["log_validation_loss"].values
    assert np.allclose(growth[:, -1] / 1e6, -right.min(axis=-1), atol=1e-3)


def test_max_margin_by_an_independent_solver_and_points_that_cannot_be_told():
    rng = np.random.default_rng(0)
    for _ in range(20):
        rows = rng.normal(size=(9, 4))
        rows[:, 0] = np.abs(rows[:, 0]) + 0.5
        w, multipliers, residual = least_norm(rows)
        # least distance programming: Lawson and Hanson, chapter 23
        E = np.vstack([rows.T, np.ones(9)])
        u, _ = nnls(E, np.eye(5)[-1], maxiter=10_000)
        remainder = E @ u - np.eye(5)[-1]
        assert np.allclose(w, -remainder[:4] / remainder[4], atol=1e-9)
        assert np.allclose(rows.T @ multipliers, w, atol=1e-13)
        assert residual < 1e-13
    close = np.array([[[1.0, 0.0]], [[1 + 1e-9, 1.0]]])
    with pytest.raises(ReferenceFailure, match="cannot be told"):
        split(close)
    assert split(np.array([[[1.0, 0.0]], [[1.0, 1.0]]])).excess.tolist() == [[0.0], [0.0]]
    with pytest.raises(ReferenceFailure):
        least_norm(np.array([[1.0], [-1.0]]))


@pytest.mark.parametrize("loss", ["(1 + softplus(u))**(-2)", "exp(-2*u)", "exp(-u/2)"])
def test_a_loss_with_another_tail_is_refused(loss):
    with pytest.raises(SimulationError, match="tail"):
        flow(ONE, loss=loss, until=100, checkpoints=2)


def test_a_flow_is_of_a_linear_model_and_ends_somewhere():
    for wrong in (
        {**ONE, "model": {"kind": "diagonal"}, "dynamics": {"kind": "remainder_flow", "until": 10}},
        {**ONE, "dynamics": {"kind": "remainder_flow"}},
        {**ONE, "dynamics": {"kind": "remainder_flow", "until": 10, "steps": 10}},
        {**CLASSES, "model": {"kind": "linear"}, "dynamics": {"kind": "remainder_flow", "until": 10}},
        {**CLASSES, "model": {"kind": "linear_classes", "classes": 4}, "dynamics": {"kind": "remainder_flow", "until": 9}},
    ):
        with pytest.raises(ValueError, match=r"linear|until|classes"):
            make("train", {**wrong, "loss": "exp(-u)", "reduction": "sum"})


def test_held_out_points_and_a_margin_leave_the_other_draws_alone():
    plain = {"kind": "separable", "points": 6, "dimension": 3, "shift": 0}
    X, more, moved = (
        measure(make("evaluate", {"data": {**plain, **extra}}), [0, 1], 0, "cpu").observables
        for extra in ({}, {"held_out": 4}, {"margin": "1/2"})
    )
    assert np.array_equal(X["X"].values, more["X"].values)
    assert more["X_validation"].values.shape == (2, 4, 3)
    assert set(np.unique(more["y_validation"].values)) <= {-1.0, 1.0}
    along, further = (
        one["y"].values * np.einsum("snd,sd->sn", one["X"].values, one["direction"].values) for one in (X, moved)
    )
    assert np.allclose(further, along + 0.5, rtol=1e-13)
    assert along.min() < 0.5 < further.min()


def test_rows_of_the_classes_say_what_they_should():
    out = measure(make("evaluate", {"data": CLASSES["data"]}), [3], 0, "cpu").observables
    X, y, pairs, stack = (out[name].values[0] for name in ("X", "y", "pairs", "one_vs_all"))
    W = np.random.default_rng(1).normal(size=(3, 4))
    scores, own = X @ W.T, y.astype(int)
    for n in range(12):
        others = [k for k in range(3) if k != own[n]]
        assert np.allclose(pairs.reshape(12, 2, 12)[n] @ W.ravel(), [scores[n, own[n]] - scores[n, k] for k in others])
        signs = np.where(np.arange(3) == own[n], 1, -1)
        assert np.allclose(stack.reshape(12, 3, 12)[n] @ W.ravel(), signs * scores[n])
    planted = out["planes"].values[0]
    assert np.allclose(planted @ planted.T, np.eye(3), atol=1e-14)
    assert (pairs @ planted.ravel()).min() > 1
