import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from checker.expr.domain import REAL
from checker.simulate.device import configure
from checker.simulate.losses import compile_loss
from tests.simulate.runs import node

configure()
LARGE = np.array([-30.0, -1e-3, 0.0, 0.7, 30.0, 50.0, 800.0, 1e5])
EXACT = {
    "exp(-u)": lambda u: mp.e ** (-u),
    "log(1 + exp(-u))": lambda u: mp.log1p(mp.e ** (-u)),
    "softplus(-u)": lambda u: mp.log1p(mp.e ** (-u)),
    "-log(sigmoid(u))": lambda u: mp.log1p(mp.e ** (-u)),
    "3*exp(-2*u)": lambda u: 3 * mp.e ** (-2 * u),
    "(40 + u)**(-2)": lambda u: (40 + u) ** (-2),
}


@pytest.mark.parametrize("text", EXACT)
def test_log_of_a_loss_and_of_its_slope_where_the_loss_itself_underflows(text):
    loss = compile_loss(node(text, u=REAL), {})
    values, slopes = np.asarray(loss.log_value(jnp.asarray(LARGE))), np.asarray(loss.log_slope(jnp.asarray(LARGE)))
    with mp.workdps(60):
        for u, value, slope in zip(LARGE, values, slopes, strict=True):
            exact = mp.log(EXACT[text](mp.mpf(float(u))))
            exact_slope = mp.log(-mp.diff(lambda t: mp.log(EXACT[text](t)), mp.mpf(float(u)))) + exact
            assert abs(value - float(exact)) <= 1e-13 * max(1, abs(float(exact))), (text, u)
            assert abs(slope - float(exact_slope)) <= 1e-12 * max(1, abs(float(exact_slope))), (text, u)


def test_a_loss_that_increases_has_no_log_slope():
    loss = compile_loss(node("exp(u)", u=REAL), {})
    assert np.isnan(float(loss.log_slope(jnp.asarray([1.0]))[0]))
