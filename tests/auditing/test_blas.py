from __future__ import annotations

import threading

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from gradaudit.auditing.blas import one_thread


def threads() -> set[int]:
    """How many threads each BLAS of this process uses."""
    assert np.ones(1).size == 1  # NumPy's BLAS is there
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_the_limits_return_with_the_last_audit() -> None:
    """An audit that ends first does not lift the limit for one that still computes in another thread."""
    begun, joined = threading.Event(), threading.Event()

    def audit() -> None:
        with one_thread():
            begun.set()
            joined.wait(10)

    with threadpool_limits(2):
        before = threads()
        first = threading.Thread(target=audit)
        first.start()
        begun.wait(10)
        with one_thread():
            joined.set()
            first.join()
            assert threads() == {1}
        assert threads() == before
