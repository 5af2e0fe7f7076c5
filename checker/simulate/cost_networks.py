"""What the experiments on networks cost: ``tangent_kernel``, ``train_network``, ``random_networks``, ``two_patch``.

The one idea to know: weights are counted from width, depth and filter alone, and what is drawn a few networks at a time is
held for those few only.
"""

from __future__ import annotations

from typing import Any

from checker.simulate.cost import DRAW_OPERATIONS, NUMBER, UNKNOWN, Cost, Place, drawn

HELD = 2.0**18
"""About how many numbers are drawn together (as in the experiments)."""


def _network(params: Any, place: Place) -> tuple[float, float, float, float]:
    """Inputs, pixels, weights of one network, and numbers of one forward pass for one input."""
    model = params.model
    points, dimension = place.shape_of_data(params.data)
    width, depth = place.number(model.width), place.number(model.depth)
    kernel = float(getattr(model, "filter", 1))
    rows = float(getattr(model, "channels", 1)) if model.kind == "conv1d" else 1.0
    pixels = dimension if model.kind == "conv1d" else 1.0
    first = rows if model.kind == "conv1d" else dimension
    weights = width * kernel * (first + max(0.0, depth - 1) * width) + width * pixels
    return max(1.0, points / rows), pixels, weights, width * pixels * kernel * (depth + 1)


def tangent_kernel_cost(params: Any, place: Place) -> Cost:
    """A forward and a backward pass of every copy, and a Gram matrix over inputs and pixels for every layer."""
    inputs, pixels, weights, passing = _network(params, place)
    copies = place.number(params.copies, 1.0)
    width, depth = place.number(params.model.width), place.number(params.model.depth)
    grams = 4 * inputs**2 * pixels**2 * width * (depth + 1)
    operations = copies * (DRAW_OPERATIONS * weights + 6 * inputs * pixels * weights + grams)
    together = min(copies, max(1.0, HELD // max(1.0, weights + inputs * width * depth)))
    scratch = NUMBER * together * (3 * weights + 6 * inputs * passing + 6 * inputs**2 * pixels**2)
    return drawn(params, place) + Cost(place.held(copies, 0.0), scratch, place.cells * operations)


def train_network_cost(params: Any, place: Place) -> Cost:
    """Every step passes all inputs through the network and back."""
    inputs, pixels, weights, passing = _network(params, place)
    records, steps = place.number(params.checkpoints), place.number(params.steps)
    each = 6 * inputs * pixels * weights + 40 * inputs * passing + 4 * weights + 300
    scratch = NUMBER * (8 * weights + 8 * inputs * passing)
    start = DRAW_OPERATIONS * weights
    return drawn(params, place) + Cost(place.held(records, 0.0), scratch, place.cells * (start + steps * each))


def random_networks_cost(params: Any, place: Place) -> Cost:
    """Numbers of one network: vectors of its width in every layer, or all of its weights."""
    network = params.network
    samples, width, depth = (place.number(each) for each in (params.samples, network.width, network.depth))
    one = {"dense": 1.0, "vanilla": 2.0, "residual": 4.0}.get(network.kind, 4.0) * width * depth
    if params.draws == "matrices":
        one = width * width * depth * (depth if network.kind == "dense" else 2.0)
    work = place.work(params.means)
    operations = place.cells * samples * (DRAW_OPERATIONS * one + work.operations)
    together = max(1.0, min(samples, HELD // max(1.0, one)))
    return Cost(place.held(), 6 * NUMBER * together * one, operations)


def two_patch_cost(params: Any, place: Place) -> Cost:
    """Inner products of all filters with all points, in every cell at once; each step is a product with the Gram matrix."""
    of, filters, tests = (place.number(each) for each in (params.of, params.filters, params.tests))
    points, steps = place.number(params.points, UNKNOWN), place.number(params.steps)
    rows = of + tests + 2 * filters
    entries = 2 * filters * max(points, tests) * place.cells
    operations = DRAW_OPERATIONS * rows**2 + rows**3 + steps * entries * (2 * points + 20)
    return Cost(place.held(), NUMBER * (4 * rows**2 + 6 * entries), operations)
