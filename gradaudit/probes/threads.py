"""Groups of seeds on the machine's cores: NumPy leaves the interpreter while it multiplies."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_THREADS = 4

_most = MOST_THREADS


def use_at_most(threads: int) -> None:
    """Let this process compute with no more threads than so many, where others of ours share the machine."""
    global _most  # noqa: PLW0603 - how much of the machine is ours is the process's own affair
    _most = max(1, min(threads, MOST_THREADS))


def spread(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """work(item) for each item, in order of the items whatever the order of the threads.

    Each item is computed by itself with its own random numbers, so that results are equal however many threads there
    are. NumPy's warnings are off: threads do not inherit the caller's setting.
    """

    def quiet(item: Item) -> Result:
        with np.errstate(all="ignore"):
            return work(item)

    threads = min(len(items), os.cpu_count() or 1, _most)
    if threads < 2:
        return [quiet(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(quiet, items))
