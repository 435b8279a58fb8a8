"""What a recurrent row passes back through time, its gates, and theory's word on both."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.layers import DenseSpec, EmbeddingSpec, GruSpec, LstmSpec, RnnSpec
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.mean_field_time import gain_through_time
from gradaudit.probes import signal, units
from gradaudit.probes.through_time import points
from tests.nn.test_mean_field_time import CASES

STEPS, SAMPLES = 30, 8
RNG = np.random.default_rng(0)
X, T = RNG.standard_normal((SAMPLES, STEPS, 2)), RNG.standard_normal((SAMPLES, 1))
LAST = {"output": Named("identity"), "loss": Named("mse"), "positions": (STEPS,)}


@pytest.fixture
def make_of(make):
    """A network of the width of the input, and layers; a number is a dense one."""

    def made(layers, *arrays, **keys):
        inputs, *rest = layers
        whole = tuple(DenseSpec(each) if isinstance(each, int) else each for each in rest)
        return make((inputs,), *arrays, layers=whole, **keys)

    return made


def test_the_ratio_of_a_linear_rnn_is_the_power_of_its_matrix(make_of):
    """Identity activation: ∂loss/∂h at the first step is the one at the last times Uᵀ^(T−1)."""
    layer = RnnSpec(4, activation=Named("identity"), recurrent_init=Named.of("normal", std=0.4))
    subject = make_of((2, layer, 1), X, T, **LAST)
    (row,), network = signal.measure(subject, "initialised").layers[0].time, subject.network
    assert (row.direction, row.steps, row.at[0], row.at[-1], len(row.at)) == ("forward", STEPS, 0, STEPS - 1, 17)
    for seed, theta in enumerate(subject.weights["initialised"]):
        views = {key: array[0] for key, array in network.layout.views(theta[None]).items()}
        U, back = views[0, "recurrent"], views[1, "weight"][:, 0]
        power = np.linalg.matrix_power(U, STEPS - 1) @ back
        ratio = np.linalg.norm(power) / np.linalg.norm(back)
        assert row.ratio.values[seed] == pytest.approx(ratio, rel=1e-9)
        assert row.gain.values[seed] == pytest.approx(ratio ** (1 / (STEPS - 1)))
        assert row.spectral_radius.values[seed] == pytest.approx(np.abs(np.linalg.eigvals(U)).max(), rel=0.01)
        assert row.memory.values[seed] == pytest.approx(-(STEPS - 1) / np.log(ratio))
        assert row.profile[0].values[seed] == pytest.approx(ratio * row.profile[-1].values[seed])


@pytest.mark.parametrize("cell", [RnnSpec, LstmSpec, GruSpec])
def test_only_the_last_step_counts(make_of, cell):
    """Where each step is an output, the profile is what a loss of the last one alone sends back."""
    layers = (2, cell(3, return_sequences=True), 1)
    bp = make_of(layers, X, np.zeros((SAMPLES, STEPS, 1)), **LAST)
    bp = bp.at(bp.weights["initialised"])
    due = bp.h.reshape(2, SAMPLES, STEPS, 1).copy()
    due[:, :, -1] = 0
    alone = Backprop(bp.network, X, due, 2, share=bp)
    alone.gradient()
    (direction,) = alone.ops[0].directions
    errors = np.sqrt(np.square(direction.state_error).mean(axis=(2, 3)))
    bp.gradient()
    before = bp.error_signal(bp.network.rows[0]).copy()
    (found,) = bp.ops[0].reaches()
    np.testing.assert_allclose(found.profile / found.profile[:, -1:], errors / errors[:, -1:], rtol=1e-9)
    np.testing.assert_array_equal(bp.error_signal(bp.network.rows[0]), before)


def test_the_backward_half_has_its_own_reach(make_of):
    """On sequences turned around, with the weights of the forward half, it is the forward half's."""
    subject = make_of((2, LstmSpec(3, bidirectional=True), 1), X, T, **LAST)
    network, found = subject.network, []
    theta = subject.weights["initialised"].copy()
    views = network.layout.views(theta)
    for name in ("weight", "recurrent", "bias"):
        views[0, f"reverse_{name}"][:] = views[0, name]
    views[1, "weight"][:, 3:] = views[1, "weight"][:, :3]
    for batch in (X, X[:, ::-1]):
        bp = Backprop(network, np.ascontiguousarray(batch), T, 2)
        bp.theta[:] = theta
        bp.gradient()
        found.append({each.name: each.profile / each.profile[:, -1:] for each in bp.ops[0].reaches()})
    np.testing.assert_allclose(found[0]["reverse"], found[1][""], rtol=1e-9)
    time = signal.measure(subject, "initialised").layers[0].time
    assert [each.direction for each in time] == ["forward", "reverse"]


def test_gates_are_told_by_name(make_of):
    """Their means and saturated shares; the candidate's own numbers are the row's."""
    subject = make_of((2, LstmSpec(3, forget_bias=30.0), 1), X, T, **LAST)
    row, bp = units.measure(subject, "initialised").layers[0], subject.at(subject.weights["initialised"])
    gates = {gate.name: gate for gate in row.gates}
    for tap in bp.taps(subject.network.rows[0]):
        assert gates[tap.name].mean.values == pytest.approx([each.mean() for each in tap.h])
    assert list(gates) == ["input_gate", "forget_gate", "cell", "output_gate"]
    assert gates["forget_gate"].mean.min > 0.999
    assert gates["forget_gate"].saturated_fraction.min == 1
    assert gates["input_gate"].saturated_fraction.max < 1
    assert row.saturated_fraction == gates["cell"].saturated_fraction


def test_copies_of_a_unit_are_seen(make_of):
    """All gates of constant weights are alike."""
    layer = GruSpec(3, init=Named.of("constant", value=0.1), recurrent_init=Named.of("constant", value=0.1))
    subject = make_of((2, layer, DenseSpec(1, init=Named("ones"))), X, T, **LAST)
    assert units.measure(subject, "initialised").layers[0].twin_fraction.min == 1
    subject = make_of((2, GruSpec(3), 1), X, T, **LAST)
    assert units.measure(subject, "initialised").layers[0].twin_fraction.max == 0


def test_one_step_and_no_gradient_are_undefined(make_of):
    """0/0 is no ratio, and one step no gain."""
    subject = make_of((2, LstmSpec(3), DenseSpec(1, init=Named("zeros"))), X, T, **LAST)
    (row,) = signal.measure(subject, "initialised").layers[0].time
    assert set(row.ratio.values) == set(row.gain.values) == {None}
    subject = make_of((2, LstmSpec(3), 1), X[:, :1], T, **{**LAST, "positions": (1,)})
    (row,) = signal.measure(subject, "initialised").layers[0].time
    assert set(row.ratio.values) == {1.0}
    assert set(row.gain.values) == {None}
    assert points(1) == (0,)


def test_an_embedding_is_the_first_row(make_of):
    """Its error signal is the one at its output; it has no time of its own."""
    tokens = RNG.integers(0, 5, (SAMPLES, 6)).astype(float)
    subject = make_of((6, EmbeddingSpec(5, 3), LstmSpec(4), 1), tokens, T, output=Named("identity"), loss=Named("mse"))
    found = signal.measure(subject, "initialised")
    embedding, lstm, dense = found.layers
    assert (embedding.time, len(lstm.time), dense.time) == ((), 1, ())
    for seed in range(len(found.loss.values)):
        product = embedding.error_signal_rms.values[seed]
        for back in (lstm.weight_gain, embedding.weight_gain, lstm.path_gain, embedding.path_gain):
            product /= back.values[seed]
        assert product == pytest.approx(dense.error_signal_rms.values[seed])


@pytest.mark.parametrize("name", CASES)
def test_theory_agrees_with_what_is_measured(make_of, name):
    """Within 3 % per step over 100 steps, the spread of the draws."""
    layer, _ = CASES[name]
    Z = np.random.default_rng(1).standard_normal((16, 100, 2))
    subject = make_of((2, layer, 1), Z, np.ones((16, 1)), **{**LAST, "positions": (100,)}, init=Named("pytorch"))
    (row,) = signal.measure(subject, "initialised").layers[0].time
    assert row.gain.median == pytest.approx(row.predicted, rel=0.03)


@pytest.mark.parametrize("scale", [0.1, 5.0])
def test_theory_knows_the_inputs_that_a_row_reads_itself(make_of, scale):
    """Behind another row they count as of variance 1."""
    subject = make_of((2, RnnSpec(4, return_sequences=True), RnnSpec(4), 1), scale * X, T, **LAST)
    first, second = (layer.time[0] for layer in signal.measure(subject, "initialised").layers[:2])
    size, hidden = np.sqrt(np.square(scale * X).mean()), subject.network.hidden
    assert first.predicted == pytest.approx(gain_through_time(subject.network.rows[0], hidden, size))
    assert second.predicted == pytest.approx(gain_through_time(subject.network.rows[1], hidden, 1.0))


def test_other_rows_are_not_predicted(make_of):
    """Dense rows have no time."""
    subject = make_of((2, RnnSpec(3), 1), X, T, **LAST)
    assert gain_through_time(subject.network.rows[1], Named("relu"), 1.0) is None
