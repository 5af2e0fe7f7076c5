"""The experiment ``two_patch``: losses of the trained network, all signal strengths of a size side by side.

The one idea to know: cells that differ in the signal, the start or the step share their inner products, so they are one
batch whose matrix product is one.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from checker.simulate.catalogue_two_patch import TwoPatchParams
from checker.simulate.data import key_for
from checker.simulate.program import Cells, Judged, Output, Program, Site
from checker.simulate.resolve import SimulationError, leaf_of
from checker.simulate.two_patch.descent import Problem, descend, score
from checker.simulate.two_patch.gram import alternating, draw

MAX_ENTRIES = 50_000_000
"""The most numbers that the noise parts of all filters, points and cells of one seed may take (400 MB)."""
MAX_WORK = 1e14


def two_patch_program(params: TwoPatchParams, site: Site) -> Program:
    """Training for one number of points.  Raises ``SimulationError`` where memory or work exceeds its limit."""
    points, dimension = params.points, params.dimension
    assert isinstance(points, int)
    assert isinstance(dimension, float)
    entries = 2 * params.filters * max(points, params.tests) * max(1, len(site.fresh))
    if entries > MAX_ENTRIES or entries * points * params.steps > MAX_WORK:
        raise SimulationError(f"{entries} inner products, {params.steps} steps: the limit is {MAX_ENTRIES} and {MAX_WORK:.0e}")
    fresh_labels = alternating(params.tests)

    def run(key: jax.Array, cells: Cells) -> Output:
        patches = draw(
            key_for(key, "patches"), points=points, of=params.of, filters=params.filters, tests=params.tests,
            dimension=dimension,
        )  # fmt: skip

        def cell(symbols: dict[str, jax.Array]) -> dict[str, jax.Array]:
            leaf = leaf_of({**site.sizes, **symbols})
            problem = Problem(leaf(params.snr), leaf(params.start), leaf(params.step))
            signal, noise, fresh = descend(patches, problem, params.power, params.steps)
            train = patches.labels * score(signal, noise, patches.labels, params.power)
            test = fresh_labels * score(signal, fresh, fresh_labels, params.power)
            return {
                "train_loss": jnp.mean(jax.nn.softplus(-train)),
                "test_loss": jnp.mean(jax.nn.softplus(-test)),
                "test_error": jnp.mean(test <= 0),
            }

        each = jax.vmap(cell)(cells) if cells else jax.tree.map(lambda leaf: leaf[None], cell({}))
        return Output({}, each, {}, {})

    return Program(run, finish=lambda output: _finish(output, site))


def _finish(output: Output, site: Site) -> Judged:
    """A seed that diverged is no evidence, unless the claim expects overflow."""
    broken = sorted(name for name, value in output.each.items() if not bool(np.all(np.isfinite(value))))
    return Judged({}, {}, f"{broken[0]} is not finite" if broken and not site.may_diverge else None)
