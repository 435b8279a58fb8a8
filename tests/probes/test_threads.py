"""Spreading work over threads changes nothing but the time it takes."""

import os
from threading import Barrier, get_ident
from time import sleep

import numpy as np
import pytest

from gradaudit.probes import threads
from gradaudit.probes.threads import spread


def test_results_come_in_the_order_of_the_items():
    """Whatever thread is first, results stand where their items stood."""
    assert spread(lambda n: n * n, range(20)) == [n * n for n in range(20)]


def test_numpy_stays_quiet_in_every_thread():
    """An overflow is a number to be judged, not a warning on the terminal."""
    assert spread(lambda x: float(np.exp(np.float64(x))), [1000.0, 1000.0, 0.0]) == [np.inf, np.inf, 1.0]


def test_an_error_in_one_item_is_the_caller_s():
    """A fault in a thread is raised where the work was asked for."""
    with pytest.raises(ZeroDivisionError):
        spread(lambda n: 1 // n, [1, 0])


@pytest.mark.parametrize(
    ("allowed", "cores", "used"), [(1, 8, 1), (0, 8, 1), (2, 8, 2), (8, 8, 4), (8, 3, 3), (8, 1, 1), (8, None, 1)]
)
def test_as_many_threads_compute_as_are_allowed_and_as_there_are_cores(monkeypatch, allowed, cores, used):
    """Four at most: each item waits until so many are at work."""
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(threads, "_most", threads.MOST_THREADS)
    threads.use_at_most(allowed)
    together = Barrier(used, timeout=10)

    def work(item):
        together.wait()
        sleep(0.01)  # so that one more would have something to do
        return get_ident()

    found = set(spread(work, range(5 * used)))
    assert len(found) == used
    assert (get_ident() in found) is (used == 1)
