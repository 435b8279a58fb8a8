"""The weights that are looked at, the memory they take, and what was measured on less than asked."""

from __future__ import annotations

import numpy as np

from gradaudit.domain.measurements import Measurements, StageName
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import Weights
from gradaudit.functions.arrays import Array
from gradaudit.nn.network import Network
from gradaudit.probes.curvature import FEWEST_PRODUCTS, affordable_rows, kept_vectors
from gradaudit.probes.interface import ProbeContext, draw_weights

MOST_STEPS = 10_000
"""Of all recurrent layers, one after another in a pass: an audit makes a hundred passes and more."""
MOST_BYTES = 8e9
"""What an audit may take."""
ARRAYS = 8
"""Arrays of samples × units that a pass keeps for each row: z, h, f′, delta, ∂h, and their tangents."""
VECTORS = 4
"""Beside the basis: Lanczos's start and its last vectors, and a product's second term."""
THREADS = 2
"""Threads that work on seeds side by side, on the machines that this was measured on."""


def starting_weights(subject: ProbeContext) -> dict[StageName, Array]:
    """Parameters before the run: drawn, one a seed, and those that came with the model."""
    found: dict[StageName, Array] = {}
    if subject.spec.weights is None or subject.spec.audits_initialisation:
        found["initialised"] = _drawn(subject)
    if subject.spec.weights is not None:
        found["fitted"] = fitted(subject.network, subject.spec.weights)
    return found


def _drawn(subject: ProbeContext) -> Array:
    """By our generators, or by the framework's own where its seed is known and the weights are still its draw."""
    spec = subject.spec
    if spec.random_state is None or spec.init.name != spec.framework:
        return draw_weights(subject.network, subject.settings)
    drawn = draw_weights(subject.network, subject.settings, spec.random_state)
    return drawn.astype(np.float32).astype(np.float64) if spec.precision == "float32" else drawn


def fitted(network: Network, weights: Weights) -> Array:
    """The given weights as one flat row, 1 × P; what is absent is where it starts, or 0 where that is drawn."""
    theta = np.zeros((1, network.layout.size))
    views = network.layout.views(theta)
    rows = [row for row in network.rows if row.parameters]
    for row, given in zip(rows, weights.rows, strict=True):
        for parameter in row.parameters:
            views[row.index, parameter.name][0] = given.get(parameter.name, parameter.start or 0.0)
    return theta


def bytes_for(network: Network, settings: Settings, batch: int = 0) -> float:
    """Memory that an audit takes at its peak, predicted before any of it is taken; `batch` are the rows of a step.

    All seeds' weights before and after the run with the optimizer's moments, and for each thread the arrays of one
    pass (θ, g, v, Hv; the batch's arrays) and a Krylov basis.
    """
    P = network.layout.size
    a_pass = 4 * P + ARRAYS * max(settings.samples, batch) * network.values
    basis = min(FEWEST_PRODUCTS, kept_vectors(P) + VECTORS) * P
    return 8.0 * (3 * settings.seeds * P + min(THREADS, settings.seeds) * (a_pass + basis))


def reservations(subject: ProbeContext, measured: Measurements, data_is_stand_in: bool) -> tuple[str, ...]:
    """Sentences: what was measured on less, or on something else, than a reader would think."""
    found = []
    if data_is_stand_in:
        found.append("the data are a stand-in: the network's own data may behave differently")
    rows, on = len(subject.batch[0]), affordable_rows(subject)
    for name, stage in measured.stages.items():
        seen, seeds = len(stage.curvature.lambda_max.values) if stage.curvature else 0, len(subject.weights[name])
        less = [f"for {seen} of the {seeds} seeds"] if seen < seeds else []
        less += [f"on {on} of {rows} rows"] if on < rows else []
        if stage.curvature and less:
            what = "curvature where the run ended" if name == "trained" else "largest stable learning rate"
            found.append(f"the {what} was measured {' and '.join(less)}, to save time")
    run, covered = measured.descent, []
    if run is not None and not run.plan_is_assumed and run.configured.steps[-1] < run.planned_steps:
        covered.append(f"{run.configured.steps[-1]:,} of {run.planned_steps:,} planned steps")
    ran = len(run.configured.final.values) if run else 0
    if "initialised" in measured.stages and 0 < ran < subject.settings.seeds:
        covered.append(f"{ran} of the {subject.settings.seeds} seeds")
    return (*found, f"the trial run covers {' and '.join(covered)}, to save time") if covered else tuple(found)
