"""One BLAS thread while an audit computes: sums of one and of two threads differ in their last bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import threadpool_limits

_lock = Lock()
_limits: list[threadpool_limits] = []
"""What the audits of this process set, oldest first, each with the limits from before it."""
_under_way = 0


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold BLAS to one thread; what was before returns when the last audit of the process leaves.

    The limits are the process's own: an audit that ends must not lift them for one in another thread.
    """
    global _under_way  # noqa: PLW0603 - so are they
    with _lock:
        _limits.append(threadpool_limits(1))
        _under_way += 1
    try:
        yield
    finally:
        with _lock:
            _under_way -= 1
            while _limits and not _under_way:
                _limits.pop().restore_original_limits()
