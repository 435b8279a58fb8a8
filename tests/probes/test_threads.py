"""Spreading work over threads changes nothing but the time it takes."""

import numpy as np
import pytest

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
