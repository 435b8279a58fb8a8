"""Mean-field predictions against closed forms and against wide random networks."""

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.mean_field import (
    bias_variance,
    depth_scale,
    fixed_point,
    propagate,
    second_moment,
    slope,
    weight_spread,
    weight_variance,
)
from gradaudit.nn.network import build, initial


def test_relu_lets_half_of_the_variance_through():
    """E[f′²] = 1/2 and E[f²] = q/2 exactly: no quadrature node sits on the kink."""
    functions = ACTIVATIONS["relu"].bind(Named("relu"))
    assert slope(functions, 3.0) ** 2 == pytest.approx(0.5, rel=1e-12)
    assert second_moment(functions, 3.0) == pytest.approx(1.5, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "scale", "expected"), [("sigmoid", 1.0, 0.236), ("tanh", 1.0, 1.0), ("relu", 1.0, 0.707)]
)
def test_known_factors_per_layer(name, scale, expected):
    """√χ₁ at variance 1/n: 0.236 for sigmoid, about 1 for tanh near 0, 0.707 for ReLU (Schoenholz et al. 2017)."""
    functions = ACTIVATIONS[name].bind(Named(name))
    q = 0.265 if name == "sigmoid" else 1e-4
    assert slope(functions, q) * np.sqrt(scale) == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize("init", ["glorot_normal", "he_normal", "lecun_uniform", "orthogonal", "pytorch"])
def test_wide_networks_behave_as_predicted(init):
    """At width 600 every measured gain, of every activation, is within 3 % of the prediction.

    Large random targets make the output's error independent of the weights, as the theory assumes. Where f′ is
    unbounded it is 10 %, for rows of q below 0.7: beyond, a few units carry the mean of e^2z, and no width is enough.
    """
    theta, compared = None, 0
    for name, table in ACTIVATIONS.items():
        if table.last_only:
            continue
        network = build(wide(Named(name), Named(init)))
        rng = np.random.default_rng(0)
        theta = initial(network, rng) if theta is None else theta
        X = rng.standard_normal((32, WIDE))
        bp = Backprop(network, X, 1e6 * rng.standard_normal((32, WIDE)), seeds=1)
        bp.theta[0] = theta
        with np.errstate(all="ignore"):
            bp.gradient()
            deltas = [rms(bp.activate[k].delta) for k in range(3)] + [rms(bp.delta)]
        predicted = propagate(network.linear_maps, network.hidden, float(np.square(X).mean()))
        for k, following in enumerate(network.linear_maps[1:]):
            unbounded = table.slope_bound is None
            if unbounded and predicted[k].q > 0.7:
                continue
            gain = predicted[k].slope * np.sqrt(WIDE * weight_variance(following, network.hidden))
            assert deltas[k] / deltas[k + 1] == pytest.approx(gain, rel=0.1 if unbounded else 0.03), (name, k)
            compared += 1
    assert compared >= 3 * (len(ACTIVATIONS) - 2)


WIDE = 600


def wide(activation: Named, init: Named) -> ModelSpec:
    """Three hidden layers and an output, all of one width."""
    layers, ends = (
        (DenseSpec(WIDE, repeat=3), DenseSpec(WIDE)),
        {"output": Named("identity"), "loss": Named("half_sse")},
    )
    return ModelSpec("m", WIDE, layers, activation=activation, init=init, **ends)


def rms(a: np.ndarray) -> float:
    """Root mean square of all entries."""
    return float(np.sqrt(np.square(a).mean()))


@pytest.mark.parametrize(("name", "weight", "q", "chi"), [("tanh", 2.0, 0.618, 1.106), ("sigmoid", 1.0, 0.265, 0.0557)])
def test_fixed_point_and_depth_scale_are_the_published_ones(name, weight, q, chi):
    """q* and ξ of a chaotic tanh and of a sigmoid (Poole et al. 2016; Schoenholz et al. 2017)."""
    functions = ACTIVATIONS[name].bind(Named(name))
    assert fixed_point(functions, weight, 0.0) == pytest.approx(q, rel=0.01)
    assert depth_scale(Named(name), weight, 0.0) == pytest.approx(1 / abs(np.log(chi)), rel=0.02)


def test_depth_costs_a_critical_network_nothing():
    """ReLU with He's variance has χ₁ = 1: no depth scale to name."""
    assert depth_scale(Named("relu"), 2.0, 0.0) is None


@pytest.mark.parametrize("bias", [None, False])
@pytest.mark.parametrize(
    ("init", "spread"), [("he_normal", 2.0), ("lecun_uniform", 1.0), ("glorot_normal", 0.5), ("pytorch", 1 / 3)]
)
def test_weights_multiply_the_mean_square_by_fan_in_times_their_variance(init, spread, bias):
    """Of four inputs and twelve units, with biases or without."""
    spec = ModelSpec("m", 4, (DenseSpec(12), DenseSpec(1)), init=Named(init), bias=bias, loss=Named("mse"))
    network = build(spec)
    assert weight_spread(network.linear_maps[0], network.hidden) == pytest.approx(spread)


@pytest.mark.parametrize(
    ("bias", "init", "expected"),
    [
        (False, "pytorch", 0.0),
        (None, "he_normal", 0.0),
        (None, "pytorch", 1 / 12),  # as a weight: a third over four inputs
        (Named("zeros"), "pytorch", 0.0),
        (Named.of("constant", value=-0.5), "pytorch", 0.25),
        (Named.of("normal", std=0.3), "he_normal", 0.09),
        (Named.of("normal", mean=2.0, std=0.3), "he_normal", 4.09),
    ],
)
def test_a_bias_adds_its_mean_square(bias, init, expected):
    """Whether the spec sets it or a framework draws it."""
    spec = ModelSpec("m", 4, (DenseSpec(12), DenseSpec(1)), init=Named(init), bias=bias, loss=Named("mse"))
    network = build(spec)
    assert bias_variance(network.linear_maps[0], network.hidden) == pytest.approx(expected)
