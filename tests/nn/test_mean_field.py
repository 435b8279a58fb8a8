"""Mean-field predictions against closed forms and against wide random networks."""

import numpy as np
import pytest

from gradaudit.nn.activations import ACTIVATIONS
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.mean_field import depth_scale, fixed_point, propagate, second_moment, slope
from gradaudit.nn.network import build, initial
from gradaudit.spec import DenseSpec, ModelSpec, Named


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


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "elu", "gelu"])
def test_wide_networks_behave_as_predicted(activation):
    """At width 600 the measured gain of a middle layer is within 5 % of the prediction.

    Large random targets make the output's error independent of the weights, as the theory assumes.
    """
    spec = ModelSpec(
        "m",
        600,
        (DenseSpec(600, repeat=4), DenseSpec(600)),
        activation=Named(activation),
        init=Named("he_normal"),
        output=Named("identity"),
        loss=Named("half_sse"),
    )
    network = build(spec)
    rng = np.random.default_rng(0)
    X = rng.standard_normal((32, 600))
    bp = Backprop(network, X, 1e3 * rng.standard_normal((32, 600)), seeds=6)
    bp.theta[:] = [initial(network, rng) for _ in range(6)]
    bp.gradient()
    predicted = propagate(network.dense, network.hidden, float(np.square(X).mean()))[2].slope * np.sqrt(2)
    rms = lambda a: np.sqrt(np.square(a).mean(axis=(1, 2)))  # noqa: E731
    measured = np.median(rms(bp.activate[2].delta) / rms(bp.activate[3].delta))
    assert measured == pytest.approx(predicted, rel=0.05)


@pytest.mark.parametrize(("name", "weight", "q", "chi"), [("tanh", 2.0, 0.618, 1.106), ("sigmoid", 1.0, 0.265, 0.0557)])
def test_fixed_point_and_depth_scale_are_the_published_ones(name, weight, q, chi):
    """q* and ξ of a chaotic tanh and of a sigmoid (Poole et al. 2016; Schoenholz et al. 2017)."""
    functions = ACTIVATIONS[name].bind(Named(name))
    assert fixed_point(functions, weight, 0.0) == pytest.approx(q, rel=0.01)
    assert depth_scale(Named(name), weight, 0.0) == pytest.approx(1 / abs(np.log(chi)), rel=0.02)


def test_depth_costs_a_critical_network_nothing():
    """ReLU with He's variance has χ₁ = 1: no depth scale to name."""
    assert depth_scale(Named("relu"), 2.0, 0.0) is None
