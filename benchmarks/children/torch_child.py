"""PyTorch as a researcher uses it for the logistic descent: eager autograd seed by seed, and batched with the gradient
written out.  Runs in the environment of PyTorch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from served import Prepared, serve

torch.set_num_threads(1)


def by_autograd(rows: torch.Tensor, steps: int, step: float) -> torch.Tensor:
    """(seeds, n, d) to weights (seeds, d): one seed after the other, the gradient by autograd."""
    found = []
    for one in rows:
        w = torch.zeros(rows.shape[2], dtype=rows.dtype, requires_grad=True)
        for _ in range(steps):
            loss = torch.nn.functional.softplus(-(one @ w)).mean()
            (gradient,) = torch.autograd.grad(loss, w)
            with torch.no_grad():
                w -= step * gradient
        found.append(w.detach())
    return torch.stack(found)


def batched(rows: torch.Tensor, steps: int, step: float) -> torch.Tensor:
    """The same for all seeds at once, the gradient by hand."""
    seeds, points, dimension = rows.shape
    w = torch.zeros(seeds, dimension, 1, dtype=rows.dtype)
    across = rows.transpose(1, 2).contiguous()
    with torch.no_grad():
        for _ in range(steps):
            w += step / points * torch.bmm(across, torch.sigmoid(-torch.bmm(rows, w)))
    return w[:, :, 0]


def prepare(request: dict[str, Any]) -> Prepared:
    """What one request asks to be timed; the weights go to a file, for the other side to compare."""
    rows = torch.from_numpy(np.load(request["rows"])).to(getattr(torch, request["dtype"]))
    work, step = {"autograd": by_autograd, "batched": batched}[request["kind"]], request["step"]
    few = rows[: request["seeds"]]
    found = work(few, request["steps"], step)
    np.save(request["weights"], found.double().numpy())
    return {request["name"]: lambda: work(few, request["steps"], step)}, {"version": torch.__version__}


if __name__ == "__main__":
    serve(prepare)
