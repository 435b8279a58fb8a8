"""How long a workload takes, beside the one that it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter


def milliseconds(run: Callable[[], object], rounds: int = 7) -> float:
    """Median of a few."""
    run()
    taken = []
    for _ in range(rounds):
        start = perf_counter()
        run()
        taken.append(perf_counter() - start)
    return 1e3 * median(taken)
