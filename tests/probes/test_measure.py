"""What one pass through the probes measures at which stage."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.probes import measure

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
T = X @ np.array([[1.0], [-2.0], [0.5]])
START = RNG.standard_normal((2, 3))


@pytest.fixture
def measured(make):
    """A regression that learns at its own rate, measured by these probes."""

    def measured_by(*needs, **weights):
        rate = Named.of("sgd", learning_rate=0.1)
        subject = make((3, 1), X, T, bias=False, optimizer=rate, epochs=300, weights=weights or {"initialised": START})
        faults = []
        found = measure(subject, frozenset(needs), lambda *step: None, lambda *fault: faults.append(fault))
        assert not faults
        return found

    return measured_by


@pytest.mark.parametrize(
    ("given", "critical"),
    [
        ({"initialised": START}, {"trained"}),
        ({"initialised": START, "fitted": START[:1]}, {"fitted", "trained"}),
    ],
)
def test_each_stage_is_measured_for_what_it_is(measured, given, critical):
    """Curvature before the run; critical points at its end, and at its start where that was given."""
    found = measured("signal", "units", "curvature", "descent", "critical_point", **given).stages
    assert found.keys() == {*given, "trained"}
    assert {name for name, stage in found.items() if stage.curvature is not None} == set(given)
    assert {name for name, stage in found.items() if stage.critical_point is not None} == critical
    assert all(stage.signal is not None and stage.units is not None for stage in found.values())


def test_what_nobody_needs_is_not_measured(measured):
    """Each probe by its own name; critical points need a run, which is then told too."""
    plain = measured("signal")
    assert plain.stages["initialised"].signal is not None
    assert plain.stages["initialised"].units is plain.stages["initialised"].curvature is None
    assert plain.descent is plain.data is plain.prediction is None
    assert measured("critical_point").descent is not None


def test_the_run_has_the_last_word_on_the_rate(measured):
    """Without it half of the stable limit is recommended; the rate at which it learnt goes before that."""
    alone = measured("curvature").stages["initialised"].learning_rate
    after = measured("curvature", "descent").stages["initialised"].learning_rate
    assert alone.recommended.values == pytest.approx([limit / 2 for limit in alone.stable_limit.values])
    assert after.recommended.values == (0.1, 0.1)
