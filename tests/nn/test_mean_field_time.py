"""Theory's gain per step back in time: known values, and what decides them."""

from __future__ import annotations

import pytest

from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.layers import DenseSpec, GruSpec, LstmSpec, RnnSpec
from gradaudit.nn.mean_field_time import gain_through_time
from gradaudit.nn.network import build

CASES = {
    "rnn": (RnnSpec(units=128), 0.569),
    "rnn orthogonal": (RnnSpec(units=128, recurrent_init=Named("orthogonal")), 0.94),
    "lstm": (LstmSpec(units=128), 0.637),
    "lstm forget 1": (LstmSpec(units=128, forget_bias=1.0), 0.859),
    "lstm chrono": (LstmSpec(units=128, forget_bias="chrono"), 0.984),
    "gru": (GruSpec(units=128), 0.637),
    "gru update 2": (GruSpec(units=128, update_bias=2.0), 0.905),
}


def predicted(layer, *, steps=100, init="pytorch", rms=1.0, hidden="tanh"):
    """Of one recurrent layer that reads two inputs a step."""
    spec = ModelSpec("m", 2, (layer, DenseSpec(1)), init=Named(init), loss=Named("mse"), positions=(steps,))
    return gain_through_time(build(spec).rows[0], Named(hidden), rms)


@pytest.mark.parametrize(("layer", "due"), CASES.values(), ids=CASES)
def test_what_wide_layers_do_is_predicted(layer, due):
    """Gains that were measured on them: tests/probes/test_through_time.py measures them again."""
    assert predicted(layer) == pytest.approx(due, rel=0.01)


@pytest.mark.parametrize(("steps", "told"), [(1, False), (2, True), (3, True)])
def test_there_is_a_gain_where_there_is_a_step_back(steps, told):
    """From two steps on."""
    assert (predicted(RnnSpec(units=8), steps=steps) is not None) is told


def test_an_identity_passes_back_what_its_weights_do():
    """√(units·Var(U)), whatever the inputs: one for an orthogonal matrix, √⅓ for PyTorch's draw."""
    linear = {"units": 16, "activation": Named("identity")}
    assert predicted(RnnSpec(**linear)) == pytest.approx(3**-0.5)
    assert predicted(RnnSpec(**linear, recurrent_init=Named("orthogonal")), rms=9.0) == pytest.approx(1.0)


def test_large_inputs_saturate():
    """tanh's derivative shrinks with them, and the gain with it."""
    gains = [predicted(RnnSpec(units=64), rms=rms) for rms in (0.01, 1.0, 10.0, 100.0)]
    assert gains == sorted(gains, reverse=True)
    assert gains[0] > 4 * gains[-1]
