"""Mean-field theory's word on each row, from the data to the last layer."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, Named
from gradaudit.probes import prediction

RNG = np.random.default_rng(0)
X = 3 * RNG.standard_normal((40, 4))
T = 50 * RNG.standard_normal((40, 1))


def predicted(make, *layers, activation="identity"):
    """Of a network with LeCun's weights and no biases."""
    given = {"init": Named("lecun_normal"), "activation": Named(activation), "bias": False}
    return prediction.measure(make((4, 1), X, T, layers=(*layers, DenseSpec(1)), **given)).layers


def test_the_variance_begins_with_that_of_the_inputs(make):
    """LeCun's weights keep it from row to row where nothing is bent."""
    found = predicted(make, DenseSpec(8), DenseSpec(8))
    assert [layer.variance for layer in found] == pytest.approx([np.square(X).mean()] * 3)
    assert [layer.gain for layer in found] == pytest.approx([1.0] * 3)  # the last one hands on what it gets


@pytest.mark.parametrize("place", [0, 1, 2])
def test_behind_a_norm_nothing_is_predicted(make, place):
    """One of them is enough, wherever it stands; the variance and the bound of f′ are known all the same."""
    layers = [DenseSpec(8, norm=Named("batch_norm") if place == k else None) for k in range(3)]
    found = predicted(make, *layers, activation="sigmoid")
    assert [layer.gain for layer in found[:-1]] == [layer.depth_scale for layer in found[:-1]] == [None] * 3
    assert [layer.derivative_bound for layer in found[:-1]] == [0.25] * 3
