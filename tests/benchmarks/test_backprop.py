"""The engine against the bare matrix products of the same shapes, in the same run.

The three products of each layer are what a gradient pass cannot do without; what is above a ratio of 1 is ours.
`make benchmark` prints the table; ratios are of medians.
"""

from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial
from gradaudit.spec import DenseSpec, ModelSpec, Named


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
