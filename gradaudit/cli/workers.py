"""Work on many items at once, in processes of this machine; an item that ends its process costs no other one."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Numbered = Generator[tuple[int, Result], None, None]
"""(index of the item, result), in whatever order they are done."""


HandOut = Callable[[Callable[[Any], Any], Mapping[int, Any], set[int]], Numbered[Any]]
"""(work, items by index, begun) → the results; the set is kept to the indices of what is under way and beyond."""


@dataclass(frozen=True, slots=True)
class WorkerPool:
    """The processes in which the work is done."""

    hand_out: HandOut
    threads: int
    """That one item may use."""
    lost: type[Exception]
    """What `hand_out` raises where a process was lost."""


def processes(jobs: int, items: int) -> WorkerPool | None:
    """Processes of this machine, 0 for one a core; None where one after another is all there is to do."""
    if jobs == 1:
        return None
    from joblib import cpu_count

    cores = cpu_count()  # those that this process may use
    used = min(jobs or cores, items)
    return WorkerPool(partial(_in_processes, used), max(1, cores // used), BrokenExecutor) if used > 1 else None


def finished(work: Callable[[Item], Result], items: Sequence[Item], pool: WorkerPool) -> Numbered[Result | None]:
    """(index, work(item)) as they are done; None where the process was lost, and lost again with that item alone.

    A lost process breaks the whole pool, and which of the items under way was at fault cannot be known: the others
    go on in a new one, and these are tried again, one by one, at the end.
    """
    left, suspects = dict(enumerate(items)), dict[int, Item]()
    while left:
        begun: set[int] = set()
        try:
            with closing(pool.hand_out(work, left, begun)) as results:
                for index, result in results:
                    del left[index]
                    begun.discard(index)
                    yield index, result
        except pool.lost:
            suspects |= {index: left.pop(index) for index in sorted(begun or left)}
    for index, item in suspects.items():
        yield index, _alone(work, index, item, pool)


def _alone(work: Callable[[Item], Result], index: int, item: Item, pool: WorkerPool) -> Result | None:
    try:
        with closing(pool.hand_out(work, {index: item}, set())) as results:
            result: Result = next(results)[1]
            return result
    except pool.lost:
        return None


def _in_processes(
    jobs: int, work: Callable[[Item], Result], items: Mapping[int, Item], begun: set[int]
) -> Numbered[Result]:
    """Through joblib, which breaks as a whole where one of its processes is lost."""
    from joblib import Parallel, delayed, parallel_config

    parent = os.getpid()

    def tasks() -> Iterator[Any]:
        for index, item in tuple(items.items()):
            begun.add(index)
            yield delayed(_done)(work, index, item, parent)

    with warnings.catch_warnings():  # joblib's, about processes that were ended
        warnings.simplefilter("ignore")
        with parallel_config("loky", n_jobs=jobs, max_nbytes=None), _uninterrupted():
            results = Parallel(batch_size=1, pre_dispatch="n_jobs", return_as="generator_unordered")(tasks())
        with closing(results):
            yield from results


def _done(work: Callable[[Item], Result], index: int, item: Item, parent: int) -> tuple[int, Result]:
    _end_with(parent)
    return index, work(item)


@cache
def _end_with(parent: int) -> None:
    """Let this process end when its parent has ended, by whatever means, and not only when its work is done."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start processes that ignore Ctrl-C: the terminal sends it to all, and ending them is our affair."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
