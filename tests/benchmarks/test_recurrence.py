"""Recurrent layers against the bare products of their steps, and against PyTorch on one thread."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial
from tests.benchmarks.timing import milliseconds

pytestmark = pytest.mark.slow

STEPS, BATCH, UNITS, FEATURES = 100, 32, 64, 2
GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def engine(kind: str) -> Backprop:
    """One layer and a linear output, with drawn weights and Gaussian data."""
    layers = f"[[{STEPS}, {FEATURES}], {{type: {kind}, units: {UNITS}}}, 1]"
    network, rng = (
        build(from_text(f"layers: {layers}\nloss: mse\noutput: identity", "m.yaml")),
        np.random.default_rng(0),
    )
    bp = Backprop(network, rng.standard_normal((BATCH, STEPS, FEATURES)), rng.standard_normal((BATCH, 1)), 1)
    bp.theta[0] = initial(network, rng)
    return bp


def products(gates: int) -> Callable[[], None]:
    """The inputs' product and each step's, there and back, and both weights' gradients."""
    wide, rows = gates * UNITS, STEPS * BATCH
    x, W, a = np.ones((rows, FEATURES)), np.ones((FEATURES, wide)), np.ones((rows, wide))
    h, U, p, states = np.ones((BATCH, UNITS)), np.ones((UNITS, wide)), np.ones((BATCH, wide)), np.ones((rows, UNITS))
    back, gW, gU = np.empty_like(h), np.empty_like(W), np.empty_like(U)

    def run() -> None:
        np.matmul(x, W, out=a)
        for _ in range(STEPS):
            np.matmul(h, U, out=p)
        for _ in range(STEPS):
            np.matmul(p, U.T, out=back)
        np.matmul(x.T, a, out=gW)
        np.matmul(states.T, a, out=gU)

    return run


def module(kind: str) -> Callable[[], None] | None:
    """PyTorch's own loss and gradient, in float64; None where it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    nn = torch.nn
    torch.set_num_threads(1)
    layer = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind](FEATURES, UNITS, batch_first=True).double()
    head, X, y = (
        nn.Linear(UNITS, 1).double(),
        torch.randn(BATCH, STEPS, FEATURES).double(),
        torch.randn(BATCH, 1).double(),
    )

    def run() -> None:
        layer.zero_grad()
        head.zero_grad()
        nn.functional.mse_loss(head(layer(X)[0][:, -1]), y).backward()

    return run


@pytest.mark.parametrize("kind", GATES)
def test_gradient_through_time(benchmark, kind):
    """Its time over that of the bare products, and over PyTorch's."""
    with threadpool_limits(1):
        bp, theirs = engine(kind), module(kind)
        bare = milliseconds(products(GATES[kind]))
        torchs = milliseconds(theirs) if theirs else None
        benchmark(bp.gradient)
    assert np.isfinite(bp.g).all()
    if benchmark.stats is not None:
        taken = 1e3 * benchmark.stats.stats.median
        benchmark.extra_info |= {"gradient / products": f"{taken / bare:.2f}"}
        benchmark.extra_info |= {"gradient / PyTorch": f"{taken / torchs:.2f}"} if torchs else {}
