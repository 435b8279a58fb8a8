"""Subjects: complete models with data and weights, ready to be probed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gradaudit.domain.report import Settings
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.nn.network import build
from gradaudit.probes import ProbeContext
from gradaudit.probes.interface import draw_weights

Make = Callable[..., ProbeContext]


@pytest.fixture
def make() -> Make:
    """A dense network on given rows; weights as given (seeds × P, stage by stage), else drawn for `initialised`."""

    def made(
        widths: tuple[int, ...],
        X: np.ndarray,
        T: np.ndarray,
        *,
        seeds: int = 2,
        seed: int = 0,
        samples: int = 256,
        effort: str = "standard",
        weights: dict | None = None,
        layers: tuple | None = None,
        **spec: object,
    ) -> ProbeContext:
        given = {"output": Named("identity"), "loss": Named("half_mse"), "activation": Named("tanh"), **spec}
        model = ModelSpec("m", widths[0], layers or tuple(DenseSpec(units) for units in widths[1:]), **given)
        settings = Settings(seeds, seed, samples, effort)
        subject = ProbeContext(model, build(model), X, T, settings)
        if weights is None:
            weights = {"initialised": draw_weights(subject.network, settings)}
        subject.weights.update({name: np.atleast_2d(theta) for name, theta in weights.items()})
        return subject

    return made


@pytest.fixture
def with_spec() -> Callable[..., ProbeContext]:
    """The same subject under another spec: optimizer, epochs, framework."""

    def changed(subject: ProbeContext, **spec: object) -> ProbeContext:
        weights = {name: theta.copy() for name, theta in subject.weights.items()}
        return ProbeContext(
            replace(subject.spec, **spec), subject.network, subject.X, subject.T, subject.settings, weights
        )

    return changed
