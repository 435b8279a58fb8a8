"""Norms, dropout and residual blocks: exact derivatives in any arrangement, and PyTorch as a second opinion."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradaudit.domain.spec import DenseSpec, DropoutSpec, LayerSpec, ModelSpec, Named, ResidualSpec
from gradaudit.errors import SpecError
from gradaudit.functions.losses import LOSSES
from gradaudit.layers import TYPES
from gradaudit.layers.normalisation import Normalise
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial

SMOOTH = ("tanh", "sigmoid", "gelu", "silu", "softplus", "mish")
ENDS = (
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
    ("identity", "mse"),
    ("exponential", "poisson"),
    ("softmax", "half_sse"),
)
NORMS = ("batch_norm", "layer_norm")


def ready(layers: tuple[LayerSpec, ...], activation: str, end: tuple[str, str], seed: int, seeds: int = 2) -> Backprop:
    """A Backprop of 3 inputs and 3 outputs over these layers, all parameters moved off their defaults."""
    output, loss = end
    spec = ModelSpec(
        "m",
        3,
        (*layers, DenseSpec(3)),
        activation=Named(activation),
        output=Named(output),
        loss=Named(loss),
        init=Named.of("normal", std=0.6),
        l2=0.05,
    )
    network, rng = build(spec), np.random.default_rng(seed)
    classes = np.eye(3)[rng.integers(0, 3, 6)]
    T = classes if LOSSES[loss].for_classes else rng.random((6, 3)) + 0.1
    bp = Backprop(network, rng.standard_normal((6, 3)), T, seeds)
    bp.theta[:] = [initial(network, rng) + 0.2 * rng.standard_normal(network.layout.size) for _ in range(seeds)]
    return bp


def blocks(width: int) -> st.SearchStrategy[LayerSpec]:
    """Layers that keep the width."""
    dense = st.builds(lambda norm: DenseSpec(width, norm=norm and Named(norm)), st.sampled_from((None, *NORMS)))
    own = st.sampled_from((None, Named("tanh")))
    norm = st.builds(lambda kind, act: TYPES[kind](activation=act), st.sampled_from(NORMS), own)
    plain = st.one_of(dense, norm, own.map(lambda act: DropoutSpec(0.3, activation=act)))
    inner = st.builds(
        lambda layers, act: ResidualSpec((DenseSpec(width), *layers), activation=act),
        st.lists(plain, min_size=1, max_size=2),
        own,
    )
    nested = inner.map(lambda block: ResidualSpec((DenseSpec(width), block)))
    return st.one_of(dense, norm, inner, nested)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(2, 4).flatmap(lambda width: st.tuples(st.just(width), st.lists(blocks(width), max_size=3))),
    st.sampled_from(SMOOTH),
    st.sampled_from(ENDS),
    st.integers(0, 1000),
)
def test_any_arrangement_agrees_with_differences(oracle, shape, activation, end, seed):
    """Gradient and Hessian product of drawn arrangements of dense, norm, dropout and residual layers."""
    width, layers = shape
    bp = ready((DenseSpec(width), *layers), activation, end, seed)
    bp.gradient()
    if any(np.abs(norm.s).min() < 0.05 for norm in bp.ops.values() if isinstance(norm, Normalise)):
        return  # next to a zero variance the difference quotient, not the derivative, is wrong
    oracle.agree(bp, 1e-6)


@settings(deadline=None, max_examples=30)
@given(st.lists(blocks(3), min_size=1, max_size=3), st.integers(0, 1000))
def test_the_hessian_is_symmetric_whatever_the_layers(layers, seed):
    """uᵀHv = vᵀHu."""
    bp = ready((DenseSpec(3), *layers), "tanh", ENDS[0], seed)
    rng = np.random.default_rng(seed)
    u, v = rng.standard_normal((2, *bp.theta.shape))
    bp.gradient()
    bp.v[:] = v
    right = (u * bp.hessian_product()).sum(axis=1)
    bp.v[:] = u
    left = (v * bp.hessian_product()).sum(axis=1)
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-11 * np.abs(bp.Hv).max())


@pytest.mark.parametrize("kind", NORMS)
def test_a_norm_leaves_mean_zero_and_variance_one(kind):
    """Before scale and shift: over the samples for batch_norm, over the units for layer_norm."""
    bp = ready((DenseSpec(4, norm=Named(kind)),), "tanh", ENDS[0], 0)
    bp.gradient()
    normal, axis = bp.ops[1].normal, -2 if kind == "batch_norm" else -1
    np.testing.assert_allclose(normal.mean(axis=axis), 0.0, atol=1e-12)
    np.testing.assert_allclose(normal.var(axis=axis), 1.0, atol=1e-3)


def test_dropout_is_off_without_generators_and_unbiased_with_them():
    """Measurements see the whole layer; the training run keeps the mean by dividing by 1 − rate."""
    layers = (DenseSpec(4, activation=Named("identity")), DropoutSpec(0.25))
    quiet = ready(layers, "tanh", ("identity", "mse"), 0, seeds=1)
    noisy = Backprop(quiet.network, quiet.X, quiet.T, 1, dropout=[np.random.default_rng(0)])
    noisy.theta[:] = quiet.theta
    mean = np.mean([noisy.output().copy() for _ in range(4000)], axis=0)
    np.testing.assert_allclose(mean, quiet.output(), atol=0.06)
    assert not np.allclose(noisy.output(), quiet.output())


def test_dropout_may_stand_before_the_first_dense_layer():
    """The training run goes through it, and the first layer's gradient sees the masked data."""
    spec = ModelSpec(
        "m", 3, (DropoutSpec(0.5), DenseSpec(4), DenseSpec(1)), output=Named("identity"), loss=Named("mse")
    )
    network, rng = build(spec), np.random.default_rng(0)
    bp = Backprop(network, np.ones((5, 3)), np.ones((5, 1)), 1, dropout=[rng])
    bp.theta[0] = initial(network, np.random.default_rng(1))
    bp.gradient()
    assert np.isfinite(bp.g).all()
    assert set(np.unique(bp.ops[1].x)) == {0.0, 2.0}


def test_something_behind_the_last_dense_layer_is_refused():
    """The loss reads the last dense layer; a residual block cannot be the end."""
    spec = ModelSpec("m", 3, (DenseSpec(3), ResidualSpec((DenseSpec(3),))), output=Named("identity"), loss=Named("mse"))
    with pytest.raises(SpecError, match="last layer must be a dense one"):
        build(spec)


@pytest.mark.torch
@pytest.mark.parametrize("kind", NORMS)
def test_norms_give_pytorch_s_gradients(kind):
    """BatchNorm1d in training mode and LayerNorm, inside a residual block, in float64, to 1e-9."""
    torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
    bp = ready((DenseSpec(4), ResidualSpec((DenseSpec(4, norm=Named(kind)),))), "tanh", ENDS[0], 1, seeds=1)
    loss = bp.gradient()[0]
    p = {key: torch.tensor(value[0], requires_grad=True) for key, value in bp.views.theta.items()}
    x, t = torch.tensor(bp.X), torch.tensor(bp.T)
    h = torch.tanh(x @ p[0, "weight"] + p[0, "bias"])
    z = h @ p[1, "weight"] + p[1, "bias"]
    if kind == "batch_norm":
        z = torch.nn.functional.batch_norm(z, None, None, p[2, "scale"], p[2, "shift"], training=True)
    else:
        z = torch.nn.functional.layer_norm(z, (4,), p[2, "scale"], p[2, "shift"])
    out = (h + torch.tanh(z)) @ p[3, "weight"] + p[3, "bias"]
    theirs = torch.nn.functional.cross_entropy(out, t)
    penalty = 0.5 * 0.05 * sum((w**2).sum() for (_, part), w in p.items() if part == "weight")
    (theirs + penalty).backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    for key, ours in bp.views.g.items():
        np.testing.assert_allclose(ours[0], p[key].grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", NORMS)
def test_a_norm_divides_by_the_root_of_variance_and_eps(kind):
    """x̂ = (x − μ)/√(σ² + ε), with the ε of the layer in either of its places."""
    for layers in ((DenseSpec(4, norm=Named.of(kind, eps=0.5)),), (DenseSpec(4), TYPES[kind](eps=0.5))):
        bp = ready(layers, "identity", ENDS[0], 0)
        bp.gradient()
        z, axis = bp.ops[0].z, -2 if kind == "batch_norm" else -1
        wanted = (z - z.mean(axis=axis, keepdims=True)) / np.sqrt(z.var(axis=axis, keepdims=True) + 0.5)
        np.testing.assert_allclose(bp.ops[1].normal, wanted, atol=1e-12)
