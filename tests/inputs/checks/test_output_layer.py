from __future__ import annotations

from collections.abc import Callable

import pytest

from gradaudit.inputs.checks.output_layer import output_for

Faults = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        ("cross_entropy", "softmax"),
        ("binary_cross_entropy", "sigmoid"),
        ("mse", "identity"),
        ("poisson", "identity"),
        (None, None),
    ],
)
def test_the_loss_decides_the_output(loss: str | None, output: str | None) -> None:
    """The contract's table; without a loss nothing is decided yet."""
    assert output_for(loss) == output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layers: [2, {units: 3, activation: softmax}, 1]", "1:36: layers[1].activation: softmax on a hidden layer"),
        ("layers: [2, {name: residual, layers: [{units: 2, activation: softmax}]}, 1]", "1:62: layers[1].layers[0]."),
        (
            "layers: [2, {units: 3, activation: softmax, repeat: 2}]",
            "1:36: layers[1].activation: softmax is for the last",
        ),
        ("layers: [2, 1]\nactivation: softmax", "2:13: activation: softmax is for the last layer only; write it as"),
        ("layers: [2, 3, batch_norm]\nloss: cross_entropy", "1:16: layers[2]: softmax is for the last layer, but this"),
        (
            "layers: [2, 3, {name: dropout, rate: 0.1}]\noutput: softmax",
            "1:16: layers[2]: softmax is for the last layer",
        ),
        (
            "layers: [2, {units: 3, activation: tanh}]\noutput: softmax",
            "2:9: output: softmax, but the last layer names",
        ),
    ],
)
def test_softmax_stands_on_the_last_layer_only(faults: Faults, text: str, message: str) -> None:
    """Softmax in hidden layers, or an output that is named twice, is one message each."""
    (found,) = faults(text)
    assert found.startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "layers: [2, {units: 3, activation: softmax}]",
        "layers: [2, {units: 3, repeat: 2}]\noutput: softmax",
        "layers: [2, {units: 3, activation: logistic}]\noutput: sigmoid",
        "layers: [2, 3, batch_norm]\nloss: mse",
    ],
)
def test_sound_outputs_have_no_fault(faults: Faults, text: str) -> None:
    """Softmax on the last row, and one output under two of its names, are fine."""
    assert faults(text) == []
