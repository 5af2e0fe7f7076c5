"""XLA's pool has more threads than claims are measured at once, or batched decompositions wait for each other for ever."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import pathlib
import checker.simulate.device as device
import jax.numpy as jnp
device.configure()
jnp.linalg.eigh(jnp.ones((300, 8, 8)))[0].block_until_ready()
names = [path.read_text() for path in pathlib.Path("/proc/self/task").glob("*/comm")]
print(sum(name.startswith("tf_XLAEigen") for name in names))
"""


def test_the_pool_of_xla_is_larger_than_the_number_of_cores() -> None:
    plain = {name: value for name, value in os.environ.items() if name != "NPROC"}
    told = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=plain).stdout
    assert int(told) >= 4 * (os.cpu_count() or 1)
