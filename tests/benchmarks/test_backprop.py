"""The engine against the bare matrix products of the same shapes, in the same run.

The three products of each layer are what a gradient pass cannot do without; what is above a ratio of 1 is ours.
`make benchmark` prints the table; ratios are of medians.
"""

import warnings
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from gradaudit.domain.report import Settings
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.eigen import extremes
from gradaudit.nn.network import build, initial
from gradaudit.probes import ProbeContext, signal
from gradaudit.probes.interface import draw_weights

pytestmark = pytest.mark.slow

SPEC = ModelSpec("benchmark", 1, (DenseSpec(1),))


@dataclass(frozen=True)
class Workload:
    """A network and its batch."""

    name: str
    widths: tuple[int, ...]
    batch: int
    activation: str = "relu"


WORKLOADS = (
    Workload("W1", (64, *[128] * 10, 10), 256),
    Workload("W1 tanh", (64, *[128] * 10, 10), 256, "tanh"),
    Workload("W2", (784, *[512] * 6, 10), 256),
    Workload("W3", (128, *[128] * 99, 10), 64),
    Workload("W4", (2, 16, 16, 1), 32, "tanh"),
)


def engine(work: Workload, seeds: int = 1) -> Backprop:
    """The workload with drawn weights and Gaussian data."""
    inputs, *hidden, outputs = work.widths
    spec = ModelSpec(
        work.name,
        inputs,
        (*(DenseSpec(width) for width in hidden), DenseSpec(outputs)),
        activation=Named(work.activation),
        init=Named("he_normal"),
        output=Named("softmax" if outputs > 1 else "sigmoid"),
        loss=Named("cross_entropy" if outputs > 1 else "binary_cross_entropy"),
    )
    network, rng = build(spec), np.random.default_rng(0)
    classes = rng.integers(0, max(outputs, 2), work.batch)
    T = np.eye(outputs)[classes] if outputs > 1 else classes[:, None].astype(float)
    bp = Backprop(network, rng.standard_normal((work.batch, inputs)), T, seeds)
    bp.theta[:] = [initial(network, rng) for _ in range(seeds)]
    return bp


class Products:
    """Three matrix products a layer, into arrays that are already there."""

    def __init__(self, work: Workload) -> None:
        rng, N = np.random.default_rng(0), work.batch
        self.layers = [
            (
                rng.standard_normal((N, a)),
                rng.standard_normal((a, b)),
                rng.standard_normal((N, b)),
                np.empty((N, b)),
                np.empty((a, b)),
                np.empty((N, a)),
            )
            for a, b in zip(work.widths, work.widths[1:], strict=False)
        ]

    def __call__(self) -> None:
        for x, W, delta, z, gW, dx in self.layers:
            np.matmul(x, W, out=z)
            np.matmul(x.T, delta, out=gW)
            np.matmul(delta, W.T, out=dx)


def seconds(run, repeat: int = 31) -> float:
    """The median of `repeat` runs after a warm-up."""
    run()
    times = []
    for _ in range(repeat):
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return median(times)


def ratio(run, work: Workload) -> float:
    """run's time over the bare products', measured turn by turn so that both see the same machine."""
    bare = Products(work)
    return median(seconds(run, 7) / seconds(bare, 7) for _ in range(5))


@pytest.mark.parametrize("work", WORKLOADS, ids=lambda work: work.name)
def test_gradient(benchmark, work):
    """One loss-and-gradient pass."""
    bp = engine(work)
    with threadpool_limits(1):
        benchmark.extra_info["ratio_to_products"] = round(ratio(bp.gradient, work), 2)
        benchmark(bp.gradient)
    assert np.isfinite(bp.g).all()


@pytest.mark.parametrize("work", WORKLOADS, ids=lambda work: work.name)
def test_hessian_product(benchmark, work):
    """One Hessian-vector product, the forward and backward pass kept."""
    bp = engine(work)
    bp.gradient()
    bp.v[:] = np.random.default_rng(1).standard_normal(bp.v.shape)
    with threadpool_limits(1):
        benchmark.extra_info["ratio_to_products"] = round(ratio(bp.hessian_product, work), 2)
        benchmark(bp.hessian_product)
    assert np.isfinite(bp.Hv).all()


@pytest.mark.parametrize("work", WORKLOADS, ids=lambda work: work.name)
def test_extreme_eigenvalues(benchmark, work):
    """λ_max and λ_min to 1 % by Lanczos; how many products they take."""
    bp = engine(work)
    bp.gradient()
    start = np.random.default_rng(2).standard_normal(bp.theta.shape)

    def product(v):
        bp.v[:] = v
        return bp.hessian_product()

    def run():
        return extremes(product, start, tolerance=0.01)

    with threadpool_limits(1):
        found = benchmark.pedantic(run, rounds=3, warmup_rounds=1)
    exact = extremes(product, start, tolerance=1e-6, most=200)
    benchmark.extra_info["products"] = found.products
    assert found.high[0] == pytest.approx(exact.high[0], rel=0.01)
    assert found.low[0] == pytest.approx(exact.low[0], rel=0.01)


def subject_of(work: Workload, seeds: int) -> ProbeContext:
    """The workload as a probe sees it, weights drawn."""
    bp = engine(work)
    subject = ProbeContext(replace(SPEC, name=work.name), bp.network, bp.X, bp.T, Settings(seeds=seeds))
    subject.weights["initialised"] = draw_weights(bp.network, subject.settings)
    return subject


def profile(subject: ProbeContext):
    """Gradient, gains and spreads of every layer and seed, as the probe measures them."""
    return signal.measure(subject, "initialised")


def loop(subject: ProbeContext, work: Workload) -> None:
    """What a plain loop over the seeds would do for the same: a pass, then norms and spreads layer by layer."""
    bp = engine(work)
    for theta in subject.weights["initialised"]:
        bp.theta[0] = theta
        bp.gradient()
        for link in bp.activate.values():
            for array in (link.delta, link.dh):
                np.sqrt(np.square(array).mean())
            link.h.mean(), link.h.std()


@pytest.mark.parametrize("work", WORKLOADS, ids=lambda work: work.name)
def test_signal_profile_of_32_seeds(benchmark, work):
    """The whole profile of 32 draws, beside a plain loop over them; weights drawn before."""
    subject = subject_of(work, 32)
    with threadpool_limits(1):
        found = benchmark.pedantic(lambda: profile(subject), rounds=5, warmup_rounds=1)
        plain = seconds(lambda: loop(subject, work), 3)
    benchmark.extra_info["ratio_to_loop"] = round(benchmark.stats.stats.median / plain, 2) if benchmark.stats else None
    assert len(found.loss.finite) == 32


@pytest.mark.parametrize("grown", ["depth", "batch", "seeds"])
def test_cost_is_linear(benchmark, grown):
    """Twice the depth, the batch or the seeds costs about twice as much: the ratio is noted."""
    small = Workload("small", (64, *[128] * 8, 10), 128)
    large = {
        "depth": replace(small, widths=(64, *[128] * 16, 10)),
        "batch": replace(small, batch=256),
        "seeds": small,
    }[grown]
    once, twice = subject_of(small, 8), subject_of(large, 16 if grown == "seeds" else 8)
    with threadpool_limits(1):
        benchmark.extra_info["twice_over_once"] = round(
            median(seconds(lambda: profile(twice), 3) / seconds(lambda: profile(once), 3) for _ in range(3)), 2
        )
        found = benchmark.pedantic(lambda: profile(twice), rounds=3)
    assert found.loss.non_finite == 0


@pytest.mark.parametrize("work", WORKLOADS[:1] + WORKLOADS[2:], ids=lambda work: work.name)
def test_scikit_learn_gradient(benchmark, work):
    """scikit-learn's own `_backprop` on the same shapes, beside ours."""
    network = pytest.importorskip("sklearn.neural_network")
    rng, (inputs, *hidden, outputs) = np.random.default_rng(0), work.widths
    X = rng.standard_normal((work.batch, inputs))
    y = rng.integers(0, max(outputs, 2), work.batch)
    y[: max(outputs, 2)] = range(max(outputs, 2))
    model = network.MLPClassifier(hidden, activation=work.activation, max_iter=1, batch_size=work.batch, alpha=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    T = model._label_binarizer.transform(y).astype(float)  # noqa: SLF001
    layers = list(zip(work.widths, work.widths[1:], strict=False))
    activations = [X, *(np.empty((work.batch, b)) for _, b in layers)]
    deltas = [np.empty((work.batch, b)) for _, b in layers]
    coefs, intercepts = [np.empty(shape) for shape in layers], [np.empty(b) for _, b in layers]

    def run():
        model._backprop(X, T, None, activations, deltas, coefs, intercepts)  # noqa: SLF001

    with threadpool_limits(1):
        benchmark.extra_info["ratio_to_products"] = round(ratio(run, work), 2)
        benchmark(run)


@pytest.mark.torch
@pytest.mark.parametrize("work", WORKLOADS, ids=lambda work: work.name)
def test_pytorch_gradient(benchmark, work):
    """Eager PyTorch in float64 on one thread, beside ours."""
    torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
    torch.set_num_threads(1)
    *inner, (a, b) = zip(work.widths, work.widths[1:], strict=False)
    activation = torch.nn.Tanh if work.activation == "tanh" else torch.nn.ReLU
    layers = [part for m, n in inner for part in (torch.nn.Linear(m, n), activation())]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(a, b)).double()
    X = torch.randn(work.batch, work.widths[0], dtype=torch.float64)
    y = torch.randint(0, b, (work.batch,)) if b > 1 else torch.rand(work.batch, 1, dtype=torch.float64)
    loss = torch.nn.CrossEntropyLoss() if b > 1 else torch.nn.BCEWithLogitsLoss()

    def run():
        model.zero_grad()
        loss(model(X), y).backward()

    with threadpool_limits(1):
        benchmark.extra_info["ratio_to_products"] = round(ratio(run, work), 2)
        benchmark(run)
