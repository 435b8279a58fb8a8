"""Work on many items at once, in processes of this machine or on a Dask cluster; joblib hands it out."""

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
from functools import cache
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Numbered = Generator[tuple[int, Result], None, None]
"""(index of the item, result), in whatever order they are done."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Where the work is done."""

    backend: str
    """joblib's name of it."""
    jobs: int
    """So many items at once; -1: as many as the backend has room for."""
    threads: int
    """That one item may use."""
    lost: tuple[type[Exception], ...]
    """What joblib raises where a process was ended from outside."""


def processes(jobs: int, items: int) -> Pool | None:
    """Processes of this machine, 0 for one a core; None where one after another is all there is to do."""
    if jobs == 1:
        return None
    from joblib import cpu_count

    cores = cpu_count()  # those that this process may use
    used = min(jobs or cores, items)
    return Pool("loky", used, max(1, cores // used), (BrokenExecutor,)) if used > 1 else None


def finished(work: Callable[[Item], Result], items: Sequence[Item], pool: Pool) -> Numbered[Result | None]:
    """(index, work(item)) as they are done; None where the process was lost, and lost again with that item alone.

    A lost process breaks the whole pool, and which of the items under way was at fault cannot be known: the others
    go on in a new one, and these are tried again, one by one, at the end.
    """
    left, suspects = dict(enumerate(items)), dict[int, Item]()
    while left:
        begun: set[int] = set()
        try:
            with closing(_handed_out(work, left, pool, begun)) as results:
                for index, result in results:
                    del left[index]
                    begun.discard(index)
                    yield index, result
        except pool.lost:
            suspects |= {index: left.pop(index) for index in sorted(begun or left)}
    for index, item in suspects.items():
        yield index, _alone(work, index, item, pool)


def _alone(work: Callable[[Item], Result], index: int, item: Item, pool: Pool) -> Result | None:
    try:
        with closing(_handed_out(work, {index: item}, pool, set())) as results:
            return next(results)[1]
    except pool.lost:
        return None


def _handed_out(
    work: Callable[[Item], Result], items: Mapping[int, Item], pool: Pool, begun: set[int]
) -> Numbered[Result]:
    """The results of one pool; `begun` gets the index of each item that is handed to it."""
    from joblib import Parallel, delayed, parallel_config

    parent = os.getpid() if pool.backend == "loky" else None

    def tasks() -> Iterator[Any]:
        for index, item in tuple(items.items()):
            begun.add(index)
            yield delayed(_done)(work, index, item, parent)

    with warnings.catch_warnings():  # joblib's, about processes that were ended
        warnings.simplefilter("ignore")
        with parallel_config(pool.backend, n_jobs=pool.jobs, max_nbytes=None), _uninterrupted():
            results = Parallel(batch_size=1, pre_dispatch="n_jobs", return_as="generator_unordered")(tasks())
        with closing(results):
            yield from results


def _done(work: Callable[[Item], Result], index: int, item: Item, parent: int | None) -> tuple[int, Result]:
    if parent is not None:
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
    """Start processes that are deaf to Ctrl-C: the terminal sends it to all, and ending them is our affair."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
