"""What weights, activations and all that stands between two rows multiply the error signal by."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from gradaudit.domain.spec import BatchNormSpec, DenseSpec, DropoutSpec, Named, ResidualSpec
from gradaudit.probes import signal

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4))
T = np.eye(3)[RNG.integers(0, 3, 12)]
SOFT = {"output": Named("softmax"), "loss": Named("cross_entropy"), "bias": Named.of("normal", std=0.3)}

PATHS = {
    "dense": (DenseSpec(5), DenseSpec(6), DenseSpec(3)),
    "norm before the activation": (
        DenseSpec(5),
        DenseSpec(6, norm=Named("batch_norm")),
        DenseSpec(5, norm=Named("layer_norm")),
        DenseSpec(3),
    ),
    "norm of its own": (DenseSpec(5), BatchNormSpec(), DenseSpec(6), DropoutSpec(0.5), DenseSpec(3)),
    "residual": (DenseSpec(5), ResidualSpec((DenseSpec(6), DenseSpec(5))), ResidualSpec((DenseSpec(5),)), DenseSpec(3)),
}


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh"])
@pytest.mark.parametrize("path", PATHS)
def test_gains_multiply_exactly_to_the_ratio(make, path, activation):
    """weight × activation × path is the step from one error signal to the next, and all of them are the whole way."""
    subject = make((4,), X, T, layers=PATHS[path], **{**SOFT, "activation": Named(activation)})
    found = signal.measure(subject, "initialised")
    dense = {row.index for row in subject.network.linear_maps}
    layers = [layer for layer in found.layers if layer.index in dense]
    for seed in range(2):
        product = 1.0
        for layer, following in pairwise(layers):
            gains = [g.values[seed] for g in (layer.weight_gain, layer.activation_gain, layer.path_gain) if g]
            step = layer.error_signal_rms.values[seed] / following.error_signal_rms.values[seed]
            assert np.prod(gains) == pytest.approx(step, rel=1e-12)
            product *= float(np.prod(gains))
        assert product == pytest.approx(found.error_signal_ratio.values[seed], rel=1e-11)


@pytest.mark.parametrize("path", [path for path in PATHS if path != "dense"])
@pytest.mark.parametrize(("activation", "gain"), [("identity", 1.0), ("sigmoid", 0.2), ("relu", 0.7)])
def test_the_activations_part_is_its_derivatives(make, path, activation, gain):
    """About √½ with ReLU and a little under ¼ with sigmoid, whatever else stands between two rows."""
    subject = make((4,), X, T, layers=PATHS[path], **{**SOFT, "activation": Named(activation)})
    gains = [layer.activation_gain for layer in signal.measure(subject, "initialised").layers]
    found = [each.median for each in gains if each is not None]
    assert len(found) >= 2
    assert found == pytest.approx([gain] * len(found), rel=1e-12 if gain == 1 else 0.25)


def test_what_lets_nothing_through_has_the_gain_zero(make):
    """Dead units pass no part of what arrives; behind them nothing arrives, and 0/0 is no number."""
    dead = {"activation": Named("relu"), "bias": Named.of("constant", value=-100.0)}
    subject = make((4,), X, T, layers=(DenseSpec(5), DenseSpec(5), DenseSpec(3)), **{**SOFT, **dead})
    first, last, _ = signal.measure(subject, "initialised").layers
    assert last.weight_gain.min > 0
    assert last.activation_gain.values == (0.0, 0.0)
    assert first.weight_gain.values == first.activation_gain.values == (None, None)
