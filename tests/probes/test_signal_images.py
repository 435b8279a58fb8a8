"""The signal through convolutions and pooling against theory and PyTorch's measured slopes."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.datasets import prepare
from gradaudit.domain.report import Settings
from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.nn.network import build
from gradaudit.probes import prediction, signal
from gradaudit.probes.interface import ProbeContext
from gradaudit.probes.stages import starting_weights

DEEP = """
layers: [[12, 12, 48], {{type: conv2d, channels: 48, kernel_size: 3, padding: same, repeat: 20}}, flatten, 2]
init: {init}
bias: zeros
activation: {activation}
loss: mse
data: {{name: gaussian, samples: 6}}
"""


def context(text: str, seeds: int = 1) -> ProbeContext:
    """The model ready to be probed, at its initial weights."""
    spec, data = prepare(from_text(text, "m.yaml"), 0)
    subject = ProbeContext(spec, build(spec), data.X, data.T, Settings(seeds=seeds, samples=len(data.X)))
    subject.weights |= starting_weights(subject)
    return subject


@pytest.mark.parametrize(("init", "theory"), [("he_normal", 1.0), ("pytorch", 6**-0.5), ("glorot_normal", 0.5**0.5)])
def test_slopes_are_those_that_pytorch_measures(init, theory):
    """√χ₁ a layer, less what zero padding takes at the border (.9706 on 12 × 12 maps), within the spread of draws."""
    subject = context(DEEP.format(init=init, activation="relu"), seeds=3)
    found = signal.measure(subject, "initialised")
    first, last = (found.layers[k].error_signal_rms.median for k in (0, 19))
    assert first is not None
    assert last is not None
    assert (first / last) ** (1 / 19) == pytest.approx(0.9706 * theory, rel=0.02)
    assert prediction.measure(subject).layers[5].gain == pytest.approx(theory, rel=0.01)


@pytest.mark.parametrize(
    ("pooling", "factor"), [("max_pool2d", 1 / 2), ("avg_pool2d", 1 / 4), ("global_avg_pool", 1 / 256)]
)
def test_pooling_hands_back_its_share(pooling, factor):
    """RMS of what goes back over what came, exactly; the other factors make it the whole step."""
    behind = "2" if pooling.startswith("global") else "flatten, 2"
    conv = "{type: conv2d, channels: 4, kernel_size: 3, padding: same, activation: tanh}"
    subject = context(
        f"layers: [[16, 16, 1], {conv}, {pooling}, {behind}]\nloss: mse\ndata: {{name: gaussian, samples: 9}}"
    )
    rows = signal.measure(subject, "initialised").layers
    assert rows[0].path_gain is not None
    np.testing.assert_allclose(rows[0].path_gain.values, factor, rtol=1e-12)
    whole = [rows[0].weight_gain, rows[0].activation_gain, rows[0].path_gain]
    product = np.prod([gain.values[0] for gain in whole if gain is not None])
    assert product * rows[1].error_signal_rms.values[0] == pytest.approx(rows[0].error_signal_rms.values[0])
