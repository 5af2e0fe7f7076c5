"""The experiment ``tangent_kernel``: the kernel of networks as they are drawn, beside that of infinite width.

The one idea to know: networks are drawn a few at a time, so that many copies need the memory of a few.
"""

from __future__ import annotations

import jax
import jax.random as jr
import numpy as np

from checker.simulate import data
from checker.simulate.catalogue_networks import TangentKernelParams
from checker.simulate.networks.build import architecture, images
from checker.simulate.networks.layers import start, tangent_kernel, weight_count
from checker.simulate.networks.recursion import relu_limit
from checker.simulate.program import Cells, Output, Program, Site, over_cells
from checker.simulate.resolve import leaf_of

HELD = 2**18
"""About how many numbers the networks that are drawn together may have: more leave the cache."""


def batch(copies: int, entries: int) -> int:
    """The largest divisor of ``copies`` that keeps ``entries`` numbers for each of them below the limit."""
    return max(size for size in range(1, copies + 1) if copies % size == 0 and (size == 1 or size * entries <= HELD))


def tangent_kernel_program(params: TangentKernelParams, site: Site) -> Program:
    """Kernels at the start for one structure of arrays."""
    swept_data = site.is_swept(params.data)

    def run(key: jax.Array, cells: Cells) -> Output:
        shared = {} if swept_data else data.draw(params.data, leaf_of(dict(site.sizes)), key)

        def cell(symbols: dict[str, jax.Array]) -> dict[str, jax.Array]:
            env = {**site.sizes, **symbols}
            arrays = data.draw(params.data, leaf_of(env), key) if swept_data else shared
            env.update(arrays)
            net, x = architecture(params.model, env), images(params.model, arrays["X"])

            def drawn(own: jax.Array) -> tuple[jax.Array, jax.Array]:
                return tangent_kernel(net, start(net, x.shape[1], x.shape[2], own), x)

            stream = data.key_for(key, "network")
            if params.copies is None:
                kernel, features = drawn(stream)
            else:
                copies = int(params.copies)  # type: ignore[arg-type]
                at_once = batch(copies, weight_count(net, x.shape[1], x.shape[2]) + x.shape[0] * net.width * net.depth)
                kernel, features = jax.lax.map(drawn, jr.split(stream, copies), batch_size=at_once)
            found = {"kernel": kernel, "features": features, **(arrays if swept_data else {})}
            if params.model.activation is None:
                found["limit"], found["feature_limit"] = relu_limit(net, x)
            return found

        return Output(shared, over_cells(cell, cells, site), {}, {})

    copies = () if params.copies is None else ("copy",)
    recorded = {} if params.copies is None else {"copy": np.arange(1.0, int(params.copies) + 1)}  # type: ignore[arg-type]
    return Program(
        run, recorded=recorded, axes={"kernel": copies, "features": copies}, random_once=data.is_random(params.data)
    )


