from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import BatchNormSpec, DenseSpec, DropoutSpec, Named
from gradaudit.probes import signal

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4))
T = np.eye(3)[RNG.integers(0, 3, 12)]
SOFT = {"output": Named("softmax"), "loss": Named("cross_entropy"), "bias": Named.of("normal", std=0.3)}


def rms(array):
    """Root mean square of everything."""
    return float(np.sqrt(np.mean(np.square(array))))


def by_hand(subject, theta):
    """Forward and back through three tanh layers and softmax cross-entropy, for one seed, as the contract writes it."""
    views = {key: array[0] for key, array in subject.network.layout.views(theta[None, :]).items()}
    W, b = ([views[row, kind] for row in range(3)] for kind in ("weight", "bias"))
    z1 = X @ W[0] + b[0]
    z2 = np.tanh(z1) @ W[1] + b[1]
    z3 = np.tanh(z2) @ W[2] + b[2]
    p = np.exp(z3) / np.exp(z3).sum(axis=1, keepdims=True)
    d3 = p - T  # δ = N·∂(data term)/∂z: each sample's own
    d2 = d3 @ W[2].T * (1 - np.tanh(z2) ** 2)
    d1 = d2 @ W[1].T * (1 - np.tanh(z1) ** 2)
    inputs = (X, np.tanh(z1), np.tanh(z2))
    outputs = (np.tanh(z1), np.tanh(z2), p)
    loss = -np.mean(np.sum(T * np.log(p), axis=1))
    return W, b, inputs, outputs, (d1, d2, d3), loss


@pytest.mark.parametrize("l2", [0.0, 0.5])
def test_every_number_is_the_contracts_definition(make, l2):
    """Losses, norms, error signals, gains and activations of a 3-layer network, by hand, for each seed."""
    subject = make((4, 5, 6, 3), X, T, l2=l2, **SOFT)
    found = signal.measure(subject, "initialised")
    for seed, theta in enumerate(subject.weights["initialised"]):
        W, _, inputs, outputs, deltas, loss = by_hand(subject, theta)
        penalty = 0.5 * l2 * sum(float(np.sum(w * w)) for w in W)
        gW = [x.T @ d / len(X) + l2 * w for x, d, w in zip(inputs, deltas, W, strict=True)]
        gb = [d.mean(axis=0) for d in deltas]
        ratio = rms(deltas[0]) / rms(deltas[2])
        expected = {
            "loss": loss + penalty,
            "data_loss": loss,
            "gradient_norm": np.sqrt(sum(float(np.sum(g * g)) for g in (*gW, *gb))),
            "error_signal_ratio": ratio,
            "error_signal_norm_ratio": np.linalg.norm(deltas[0]) / np.linalg.norm(deltas[2]),
        }
        assert {name: getattr(found, name).values[seed] for name in expected} == pytest.approx(expected, rel=1e-12)
        assert found.error_signal_norm_ratio.values[seed] == pytest.approx(ratio * np.sqrt(5 / 3))
        for row, layer in enumerate(found.layers):
            expected = {
                "error_signal_rms": rms(deltas[row]),
                "weight_gradient_norm": np.linalg.norm(gW[row]),
                "bias_gradient_norm": np.linalg.norm(gb[row]),
                "activation_mean": outputs[row].mean(),
                "activation_std": outputs[row].std(),
            }
            if row < 2:
                arriving = deltas[row + 1] @ W[row + 1].T
                expected["weight_gain"] = rms(arriving) / rms(deltas[row + 1])
                expected["activation_gain"] = rms(deltas[row]) / rms(arriving)
            assert {name: getattr(layer, name).values[seed] for name in expected} == pytest.approx(expected, rel=1e-12)


def test_the_last_layer_has_no_gain_behind_it(make):
    """A gain is a link between two dense rows, and a direct link needs no path gain."""
    layers = signal.measure(make((4, 5, 3), X, T, **SOFT), "initialised").layers
    assert layers[-1].weight_gain is layers[-1].activation_gain is layers[-1].path_gain is None
    assert layers[0].path_gain is None


def test_norm_rows_have_a_signal_and_no_weights(make):
    """Every row but dropout is listed in forward order; a norm has neither gains nor an update."""
    layers = (DenseSpec(5), BatchNormSpec(), DenseSpec(6), DropoutSpec(0.5), DenseSpec(3))
    subject = make((4,), X, T, layers=layers, **SOFT)
    found = signal.measure(subject, "initialised")
    assert [layer.index for layer in found.layers] == [0, 1, 2, 4]
    norm = found.layers[1]
    assert norm.error_signal_rms.median > 0
    assert norm.activation_std.values == pytest.approx((1.0, 1.0), rel=1e-3)
    assert norm.weight_gain is norm.update_ratio is norm.weight_gradient_norm is None


def test_sgds_update_ratio_is_rate_times_gradient_over_weights(make):
    """lr·‖g‖/‖W‖, layer by layer; momentum makes no difference to a first step."""
    for momentum in (0.0, 0.9):
        optimizer = Named.of("sgd", learning_rate=0.3, momentum=momentum)
        subject = make((4, 5, 3), X, T, optimizer=optimizer, **SOFT)
        views = subject.network.layout.views(subject.weights["initialised"])
        for layer in signal.measure(subject, "initialised").layers:
            norms = np.linalg.norm(views[layer.index, "weight"], axis=(1, 2))
            expected = 0.3 * np.array(layer.weight_gradient_norm.values) / norms
            assert layer.update_ratio.values == pytest.approx(expected, rel=1e-9)


def test_adams_first_step_moves_every_weight_by_its_rate(make):
    """Whatever the gradient's size: √(weights)·lr over the norm of the weights."""
    subject = make((4, 5, 3), X, T, optimizer=Named.of("adam", learning_rate=0.01), **SOFT)
    views = subject.network.layout.views(subject.weights["initialised"])
    first = signal.measure(subject, "initialised").layers[0]
    expected = 0.01 * np.sqrt(4 * 5) / np.linalg.norm(views[0, "weight"], axis=(1, 2))
    assert first.update_ratio.values == pytest.approx(expected, rel=1e-3)


def test_clipping_bounds_the_first_step(make):
    """With `clip_norm` the whole gradient's norm is at most that."""
    optimizer = Named.of("sgd", learning_rate=1.0, clip_norm=1e-3)
    free = make((4, 5, 3), X, T, optimizer=Named.of("sgd", learning_rate=1.0), **SOFT)
    subject = make((4, 5, 3), X, T, optimizer=optimizer, **SOFT)
    whole = signal.measure(free, "initialised")
    for layer, loose in zip(signal.measure(subject, "initialised").layers, whole.layers, strict=True):
        shrink = 1e-3 / np.array(whole.gradient_norm.values)
        assert layer.update_ratio.values == pytest.approx(shrink * np.array(loose.update_ratio.values), rel=1e-2)


def test_a_sum_over_samples_has_no_n_in_its_error_signal(make):
    """δ is each sample's own derivative, under `mean` and under `sum` alike."""
    loss = {"output": Named("identity"), "bias": Named("zeros")}
    mean = make((4, 5, 3), X, T, loss=Named("half_sse"), **loss)
    total = make((4, 5, 3), X, T, loss=Named.of("half_sse", reduction="sum"), **loss)
    a, b = (signal.measure(subject, "initialised") for subject in (mean, total))
    for left, right in zip(a.layers, b.layers, strict=True):
        assert left.error_signal_rms.values == pytest.approx(right.error_signal_rms.values)
    assert b.loss.values == pytest.approx(tuple(12 * v for v in a.loss.values))


def test_a_cut_network_has_ratio_zero_and_undefined_gains(make):
    """0 over something is 0; 0 over 0 is no number."""
    subject = make((4, 5, 5, 3), X, T, **{**SOFT, "activation": Named("relu"), "init": Named("zeros"), "bias": False})
    found = signal.measure(subject, "initialised")
    assert found.error_signal_ratio.values == (0.0, 0.0)
    assert found.layers[0].weight_gain.values == (None, None)
    assert found.layers[0].update_ratio.values == (None, None)


def test_nothing_to_learn_is_undefined(make):
    """Where the last error signal is 0 as well, the ratio is 0/0."""
    subject = make((4, 5, 1), X, np.zeros((12, 1)), init=Named("zeros"), bias=False)
    assert signal.measure(subject, "initialised").error_signal_ratio.values == (None, None)


def test_an_overflow_is_told_as_infinity(make):
    """Numbers that are not finite are counted, not lost."""
    layers = (DenseSpec(3, activation=Named("exponential"), repeat=4), DenseSpec(3))
    subject = make((4,), X, T, layers=layers, init=Named.of("constant", value=2.0), **{**SOFT, "bias": False})
    with np.errstate(all="ignore"):
        found = signal.measure(subject, "initialised")
    assert found.largest.values == (np.inf, np.inf)
    assert found.loss.non_finite == 2


def test_the_largest_magnitude_is_found_wherever_it_is(make):
    """Here in the first activation: pre-activations of a linear row with weights of 1000."""
    subject = make(
        (4, 5, 3), X, T, **{**SOFT, "activation": Named("identity"), "init": Named.of("constant", value=1000.0)}
    )
    largest = signal.measure(subject, "initialised").largest.values
    z1 = np.abs(X @ np.full((4, 5), 1000.0)).max()
    assert min(largest) >= 5 * 1000.0 * z1 * 0.9


def test_seeds_in_groups_are_the_same_as_side_by_side(make, monkeypatch):
    """How many run at once is a matter of memory only."""
    together = signal.measure(make((4, 5, 3), X, T, seeds=5, **SOFT), "initialised")
    monkeypatch.setattr("gradaudit.probes.interface.CACHE_BYTES", 1.0)
    apart = signal.measure(make((4, 5, 3), X, T, seeds=5, **SOFT), "initialised")
    assert len(apart.loss.values) == 5
    assert apart.loss.values == pytest.approx(together.loss.values, rel=1e-13)
    assert apart.layers[0].update_ratio.values == pytest.approx(together.layers[0].update_ratio.values, rel=1e-12)


def test_distinctness_is_what_differs_between_samples(make):
    """‖h − mean over samples‖/‖h‖ of each layer's output, for each seed."""
    subject = make((4, 5, 6, 3), X, T, **SOFT)
    found = signal.measure(subject, "initialised")
    for seed, theta in enumerate(subject.weights["initialised"]):
        for row, h in enumerate(by_hand(subject, theta)[3]):
            expected = np.linalg.norm(h - h.mean(axis=0)) / np.linalg.norm(h)
            assert found.layers[row].distinctness.values[seed] == pytest.approx(expected, rel=1e-12)


def test_a_layer_that_answers_every_input_alike_has_distinctness_zero(make):
    """Zero weights and a bias; without a bias its output is zero, and the share is no number."""
    constant = make((4, 5, 3), X, T, **{**SOFT, "init": Named("zeros")})
    assert signal.measure(constant, "initialised").layers[0].distinctness.values == pytest.approx((0.0, 0.0), abs=1e-15)
    nothing = make((4, 5, 3), X, T, **{**SOFT, "init": Named("zeros"), "bias": False})
    assert signal.measure(nothing, "initialised").layers[0].distinctness.values == (None, None)


@pytest.mark.parametrize("scale", [1.0, 1e-5, 1e-7, 1e-44])
@pytest.mark.parametrize("precision", ["float16", "float32", "float64"])
def test_underflow_is_what_the_format_rounds_to_zero(make, precision, scale):
    """The share of gradients other than 0 that are 0 once NumPy has cast them, for each seed."""
    subject = make((4, 5, 6, 3), X * scale, T, **{**SOFT, "bias": Named("zeros")})
    found = signal.measure(subject, "initialised").underflow[precision].values
    gradients = subject.at(subject.weights["initialised"]).g
    for seed, g in enumerate(gradients):
        with np.errstate(under="ignore"):
            lost = (g != 0) & (g.astype(precision) == 0)
        assert found[seed] == pytest.approx(lost.sum() / np.count_nonzero(g))


def test_bfloat16_holds_about_what_float32_holds(make):
    """Eight bits of exponent: what float16 loses, it keeps; its smallest number is 2^-133."""
    subject = make((4, 5, 3), X * 1e-7, T, **{**SOFT, "bias": Named("zeros")})
    found = signal.measure(subject, "initialised").underflow
    assert found["float16"].median > 0.1
    assert found["bfloat16"].median == 0.0
    subject = make((4, 5, 3), X * 1e-40, T, **{**SOFT, "bias": Named("zeros")})
    g = np.abs(subject.at(subject.weights["initialised"]).g[0])
    lost = np.count_nonzero((g > 0) & (g <= 2.0**-134)) / np.count_nonzero(g)
    assert signal.measure(subject, "initialised").underflow["bfloat16"].values[0] == pytest.approx(lost)
    assert 0 < lost < 1


def test_gradients_that_are_exactly_zero_do_not_count(make):
    """A dead layer's gradients were not lost by rounding; where all are 0 there is no share."""
    classes = np.eye(3)[[0] * 6 + [1] * 5 + [2]]
    relu = {"activation": Named("relu"), "bias": Named.of("constant", value=-100.0)}
    subject = make((4, 5, 3), X, classes, **{**SOFT, **relu})
    g = subject.at(subject.weights["initialised"]).g
    assert 0 < np.count_nonzero(g) < g.size
    assert signal.measure(subject, "initialised").underflow["float16"].values == (0.0, 0.0)
    still = make((4, 5, 1), X, np.zeros((12, 1)), init=Named("zeros"), bias=False)
    assert signal.measure(still, "initialised").underflow["float16"].values == (None, None)
