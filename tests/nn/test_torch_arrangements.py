"""Any arrangement of layers against PyTorch: the same network built from the rows, its loss, gradient and Hessian."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradaudit.domain.expanded import ExpandedBlock
from gradaudit.domain.spec import DenseSpec, DropoutSpec, LayerSpec, ModelSpec, Named, ResidualSpec
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.losses import LOSSES
from gradaudit.layers import TYPES
from gradaudit.layers.normalisation import Normalise
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial

pytestmark = pytest.mark.torch

CLIP = 1e-7
HIDDEN = [name for name, row in ACTIVATIONS.items() if not row.last_only]
PARAMETERS = {"leaky_relu": {"negative_slope": 0.2}, "elu": {"alpha": 1.3}}
NORMS = ("batch_norm", "layer_norm")
POSITIVE = ("sigmoid", "softmax", "softplus", "exponential")
OUTPUTS = {"poisson": POSITIVE, "cross_entropy": (*POSITIVE, "identity", "silu")}
"""Of the losses that not every output can feed."""


@pytest.fixture(scope="module")
def torch():
    """PyTorch, or a skip."""
    return pytest.importorskip("torch", reason="compares with PyTorch")


class Theirs:
    """PyTorch's network over the rows of ours."""

    def __init__(self, torch, bp: Backprop) -> None:
        self.torch, self.F, self.network = torch, torch.nn.functional, bp.network
        self.p = {key: torch.tensor(array[0], requires_grad=True) for key, array in bp.views.theta.items()}
        self.x, self.t = torch.tensor(bp.X), torch.tensor(bp.T)

    def activation(self, named: Named, z):
        """By PyTorch's function of that name; hardsigmoid's slope of 1/6 is a float32 there, so relu6 says it."""
        F, given = self.F, dict(named.parameters)
        own = {
            "identity": lambda z: z,
            "sigmoid": self.torch.sigmoid,
            "tanh": self.torch.tanh,
            "exponential": self.torch.exp,
            "softmax": lambda z: F.softmax(z, dim=-1),
            "hard_tanh": F.hardtanh,
            "hard_sigmoid": lambda z: F.relu6(z + 3) / 6,
        }
        return own[named.name](z) if named.name in own else getattr(F, named.name)(z, **given)

    def rows(self, tree, x):
        """Forward through rows and blocks; an activation stands behind its row's own norm."""
        waiting, last = None, self.network.linear_maps[-1]
        for row in tree:
            if isinstance(row, ExpandedBlock):
                x = x + self.rows(row.rows, x)
                continue
            if row.kind == "dense":
                x, waiting = self.dense(row, x), None if row is last else row.activation
                if row.normed:
                    continue
            elif row.kind == "batch_norm":
                x = self.F.batch_norm(x, None, None, *self.scale_and_shift(row), training=True)
            elif row.kind == "layer_norm":
                x = self.F.layer_norm(x, (row.units,), *self.scale_and_shift(row))
            elif row.kind == "activation":
                x = self.activation(row.activation, x)
            if waiting is not None:
                x, waiting = self.activation(waiting, x), None
        return x

    def dense(self, row, x):
        """xW, and b where there is one."""
        z = x @ self.p[row.index, "weight"]
        return z + self.p[row.index, "bias"] if (row.index, "bias") in self.p else z

    def scale_and_shift(self, row):
        """γ and β of a norm."""
        return self.p[row.index, "scale"], self.p[row.index, "shift"]

    def terms(self, loss: str, output: Named, z):
        """The loss before it is averaged, by PyTorch's function where it has one."""
        F, t, log = self.F, self.t, self.torch.log
        if (output.name, loss) == ("softmax", "cross_entropy"):
            return F.cross_entropy(z, t, reduction="none")
        if (output.name, loss) == ("sigmoid", "binary_cross_entropy"):
            return F.binary_cross_entropy_with_logits(z, t, reduction="none")
        h = self.activation(output, z)
        if loss == "cross_entropy":  # Keras's, from probabilities
            return -(t * log((h / h.sum(dim=-1, keepdim=True)).clamp(CLIP, 1 - CLIP)))
        return {
            "mse": lambda: F.mse_loss(h, t, reduction="none"),
            "half_mse": lambda: F.mse_loss(h, t, reduction="none") / 2,
            "half_sse": lambda: F.mse_loss(h, t, reduction="none") / 2,
            "mae": lambda: F.l1_loss(h, t, reduction="none"),
            "huber": lambda: F.huber_loss(h, t, reduction="none"),
            "poisson": lambda: h - t * log(h) + t.xlogy(t) - t,
            "binary_cross_entropy": lambda: self.of_probabilities(h.clamp(CLIP, 1 - CLIP)),
        }[loss]()

    def of_probabilities(self, p):
        """Binary cross-entropy from logarithms.

        PyTorch's own adds 1e-12 to p(1 − p), which its second derivative feels where p is next to 0 or 1.
        """
        return -(self.t * p.log() + (1 - self.t) * (1 - p).log())

    def losses(self, loss: Named, l2: float):
        """The data term and the objective."""
        z = self.rows(self.network.tree, self.x)
        terms = self.terms(loss.name, self.network.output, z)
        total, (samples, outputs) = terms.sum(), self.t.shape
        if loss.get("reduction") != "sum":
            sums = loss.name in ("half_sse", "poisson", "cross_entropy") or loss.get("outputs") == "sum"
            total = total / samples / (1 if sums else outputs)
        return total, total + l2 / 2 * sum((W**2).sum() for (_, kind), W in self.p.items() if kind == "weight")


def agrees(torch, bp: Backprop, loss: Named, v: np.ndarray) -> None:
    """Loss and gradient to 1e-9, and the Hessian's product with v by differentiating twice to 1e-7 of its norm."""
    data = bp.gradient()
    bp.v[0] = v
    Hv = {key: part[0] for key, part in bp.network.layout.views(bp.hessian_product()).items()}
    theirs = Theirs(torch, bp)
    data_term, objective = theirs.losses(loss, bp.network.l2)
    assert data[0] == pytest.approx(data_term.item(), rel=1e-9, abs=1e-12)
    assert bp.penalty()[0] == pytest.approx((objective - data_term).item(), rel=1e-9, abs=1e-12)
    parameters = list(theirs.p.values())
    g = torch.autograd.grad(objective, parameters, create_graph=True)
    near(bp.views.g, dict(zip(theirs.p, g, strict=True)), 1e-9)
    along = sum((part * torch.tensor(bp.views.v[key][0])).sum() for key, part in zip(theirs.p, g, strict=True))
    twice = torch.autograd.grad(along, parameters, materialize_grads=True)
    near({key: part[None] for key, part in Hv.items()}, dict(zip(theirs.p, twice, strict=True)), 1e-7)


def near(ours, theirs, tolerance: float) -> None:
    """Every array within `tolerance` of the norm of all of them."""
    theirs = {key: part.detach().numpy() for key, part in theirs.items()}
    scale = np.sqrt(sum(np.square(part).sum() for part in theirs.values()))
    for key, part in theirs.items():
        np.testing.assert_allclose(ours[key][0], part, rtol=tolerance, atol=tolerance * scale + 1e-14)


def ready(spec: ModelSpec, samples: int, seed: int) -> Backprop:
    """One seed of the network with all parameters moved off their defaults, and a batch that suits its loss."""
    network, rng = build(spec), np.random.default_rng(seed)
    outputs = network.linear_maps[-1].units
    classes = outputs > 1 and LOSSES[spec.loss.name].for_classes
    T = np.eye(outputs)[rng.integers(0, outputs, samples)] if classes else rng.random((samples, outputs)) + 0.01
    bp = Backprop(network, rng.standard_normal((samples, spec.inputs)), np.minimum(T, 1.0), 1)
    bp.theta[0] = initial(network, rng) + 0.2 * rng.standard_normal(network.layout.size)
    return bp


widths, samples, seeds = st.integers(1, 6), st.integers(3, 9), st.integers(0, 10_000)


def layers(width: int, deep: int = 1) -> st.SearchStrategy[LayerSpec]:
    """Layers that keep the width: dense ones with and without norm and bias, norms, dropout, blocks in blocks."""
    dense = st.builds(
        lambda norm, bias: DenseSpec(width, norm=norm and Named(norm), bias=None if bias else False),
        st.sampled_from((None, *NORMS)),
        st.booleans(),
    )
    own = st.sampled_from((None, Named("tanh"), Named("silu")))
    kinds = [dense, st.builds(lambda kind, act: TYPES[kind](activation=act), st.sampled_from(NORMS), own)]
    kinds += [own.map(lambda act: DropoutSpec(0.4, activation=act))]
    if deep >= 0:
        inner = st.tuples(widths, st.lists(layers(width, deep - 1), max_size=2), own)
        kinds.append(inner.map(lambda x: ResidualSpec((DenseSpec(x[0]), DenseSpec(width), *x[1]), activation=x[2])))
    return st.one_of(kinds)


stretches = widths.flatmap(lambda w: st.lists(layers(w), max_size=2).map(lambda found: (DenseSpec(w), *found)))


@st.composite
def ends(draw) -> tuple[Named, Named]:
    """An output and a loss that it can feed, reduced in any of the ways."""
    name = draw(st.sampled_from(list(LOSSES)))
    output = draw(st.sampled_from(OUTPUTS.get(name, tuple(ACTIVATIONS))))
    given = {key: draw(st.sampled_from(values)) for key, values in LOSSES[name].choices.items()}
    return Named.of(output, **PARAMETERS.get(output, {})), Named.of(name, **given)


@pytest.mark.parametrize("activation", HIDDEN)
@settings(deadline=None, max_examples=12)
@given(widths, st.lists(stretches, min_size=1, max_size=2), ends(), widths, samples, st.sampled_from([0, 0.1]), seeds)
def test_any_network_is_pytorchs(torch, activation, inputs, hidden, end, outputs, rows, l2, seed):
    """Drawn widths, depths, norms, blocks, biases, ends and l2 under every activation."""
    output, loss = end
    spec = ModelSpec(
        "m",
        inputs,
        (*(layer for stretch in hidden for layer in stretch), DenseSpec(outputs)),
        activation=Named.of(activation, **PARAMETERS.get(activation, {})),
        output=output,
        loss=loss,
        init=Named.of("normal", std=0.5),
        l2=l2,
    )
    bp = ready(spec, rows, seed)
    with np.errstate(all="ignore"):
        h = bp.output()
    assume(all(np.abs(z).max() < 30 for z in (bp.z, *(link.z for link in bp.activate.values()))))
    # a sum of numbers so large that is small itself has lost the figures that are compared
    assume(all(np.abs(link.h).max() < 1e5 for link in bp.activate.values()))
    # each norm of a constant multiplies rounding errors by 1/√ε: one may do so, not one behind another
    assume(np.prod([np.minimum(norm.s, 1.0).min() for norm in bp.ops.values() if isinstance(norm, Normalise)]) > 1e-3)
    if loss.name == "cross_entropy":
        assume(np.abs(h.sum(axis=-1)).min() > 0.1)  # next to 0 the division loses every figure
    agrees(torch, bp, loss, np.random.default_rng(seed).standard_normal(bp.v.shape[1]))
