"""The child's end of a comparison: requests come as lines of JSON, and every round is timed in here.

Runs in the environment of a peer, so it imports nothing but the standard library.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

Prepared = tuple[Mapping[str, Callable[[], object]], Mapping[str, Any]]


def serve(prepare: Callable[[dict[str, Any]], Prepared]) -> None:
    """Answer requests until the input ends.

    ``prepare(request)`` gives {name: function} to be timed and {key: JSON} to be told; it is asked by ``prepare``.
    """
    stream, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    answer: Mapping[str, Any]
    ready: dict[str, Callable[[], object]] = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["action"] == "prepare":
                functions, answer = prepare(request)
                ready.update(functions)
            else:
                work = ready[request["name"]]
                wall, cpu = time.perf_counter(), time.process_time()
                work()
                answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        except Exception as error:  # the other side decides what an error means
            answer = {"error": f"{type(error).__name__}: {error}"}
        stream.write(json.dumps(answer) + "\n")
        stream.flush()
