"""neural-tangents on the same networks: empirical kernels of given weights, and kernels of infinite width.

Runs in the environment of neural-tangents 0.6.5 (JAX 0.4.23).
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from served import Prepared, serve

# Its module of TensorFlow functions is imported with the package and used by nothing here.
sys.modules["neural_tangents.experimental"] = types.ModuleType("experimental")
nt: Any = importlib.import_module("neural_tangents")
stax: Any = nt.stax

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
ROOT = 2**0.5


def dense(width: int, depth: int) -> Any:
    """Width ``width``, ``depth`` hidden ReLU layers, no bias; inputs are scaled so that the first layer is W x."""
    layers = [stax.Dense(width, W_std=1.0), stax.Relu()]
    for _ in range(depth - 1):
        layers += [stax.Dense(width, W_std=ROOT), stax.Relu()]
    return stax.serial(*layers, stax.Dense(1, W_std=ROOT))


def convolutional(depth: int, size: int, channels: int) -> Any:
    """One-dimensional convolutions, mean over the pixels, dense read-out."""
    layers = [stax.Conv(1, (size,), padding="SAME", W_std=(channels * size) ** 0.5), stax.Relu()]
    for _ in range(depth - 1):
        layers += [stax.Conv(1, (size,), padding="SAME", W_std=ROOT), stax.Relu()]
    return stax.serial(*layers, stax.GlobalAvgPool(), stax.Dense(1, W_std=(2 / size) ** 0.5))


def empirical(request: dict[str, Any]) -> Callable[[], Any]:
    """Kernel of given weights, by the implementation that is asked for; inputs (n, d)."""
    kept = np.load(request["arrays"])
    x = jnp.asarray(kept["x"]) * kept["x"].shape[1] ** 0.5
    depth = request["depth"]
    weights = [jnp.asarray(kept[f"w{layer}"]).T for layer in range(depth + 1)]
    params: list[Any] = []
    for layer in range(depth + 1):
        params.append((weights[layer], None))
        if layer < depth:
            params.append(())
    _, apply, _ = dense(weights[0].shape[1], depth)
    kernel = nt.empirical_ntk_fn(apply, vmap_axes=0, implementation=nt.NtkImplementation[request["implementation"]])
    compiled = jax.jit(lambda at: kernel(at, None, params))
    return lambda: compiled(x)


def infinite(request: dict[str, Any]) -> Callable[[], Any]:
    """Kernel of infinite width on inputs (n, d), or (n, C, P) with pooling."""
    x = np.load(request["arrays"])["x"]
    if x.ndim == 3:
        x, net = np.swapaxes(x, 1, 2), convolutional(request["depth"], request["filter"], x.shape[1])
    else:
        x, net = x * x.shape[1] ** 0.5, dense(1, request["depth"])
    at, kernel = jnp.asarray(x.astype(request["dtype"])), net[2]
    compiled = jax.jit(lambda at: kernel(at, None, "ntk"))
    return lambda: compiled(at)


def prepare(request: dict[str, Any]) -> Prepared:
    """What one request asks to be timed; its kernel goes to a file, for the other side to compare."""
    work = {"empirical": empirical, "infinite": infinite}[request["kind"]](request)
    np.save(request["kernel"], np.asarray(work(), dtype=np.float64))
    return {request["name"]: lambda: work().block_until_ready()}, {"version": f"{nt.__version__} on jax {jax.__version__}"}


if __name__ == "__main__":
    serve(prepare)
