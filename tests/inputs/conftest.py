"""What most tests of the readers need: the faults of a text, and the model of one."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest

from gradaudit.datasets import prepare
from gradaudit.errors import GradauditError
from gradaudit.inputs import read
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build
from gradaudit.probes.stages import fitted
from gradaudit.spec import ModelSpec


@pytest.fixture
def model() -> Callable[[str], ModelSpec]:
    """The one model of a spec's text."""

    def read_text(text: str) -> ModelSpec:
        (spec,) = read("-", stdin=io.BytesIO(text.encode()))
        return spec

    return read_text


@pytest.fixture
def faults(model: Callable[[str], ModelSpec]) -> Callable[[str], list[str]]:
    """The messages that a spec's text ends in, each with its line and column; none where it is sound."""

    def read_text(text: str) -> list[str]:
        try:
            model(text)
        except GradauditError as error:
            return [str(problem).removeprefix("<stdin>:") for problem in error.problems]
        return []

    return read_text


@pytest.fixture
def outputs() -> Callable[[ModelSpec, np.ndarray], np.ndarray]:
    """What a model with its own weights makes of inputs: the engine's forward pass, batch norms by the batch."""

    def forward(spec: ModelSpec, X: np.ndarray) -> np.ndarray:
        assert spec.weights is not None
        spec, data = prepare(spec, 0, X.astype(float), np.zeros((len(X), spec.weights.coefs[-1].shape[1])))
        network = build(spec)
        bp = Backprop(network, data.X, data.T, 1)
        bp.theta[:] = fitted(network, spec.weights)
        bp.gradient()
        return bp.h[0]

    return forward
