"""What the report says of the model itself, and the sentence above everything."""

from __future__ import annotations

import sys
from hashlib import sha256
from math import isfinite, prod

import numpy as np

from gradaudit import __version__
from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import Model, ReportedLayer, headline
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.evidence.learning_outcome import LEARNS, describe_progress_plainly
from gradaudit.evidence.plain_words import phrase
from gradaudit.evidence.short_runs import coverage, is_begun
from gradaudit.nn.network import Network
from gradaudit.text.numbers import number
from gradaudit.text.wording import exact

_DIGITS = 12
"""Of a hash: enough to tell one file from another."""
BARELY = 0.02
"""Progress of a run from which nobody can tell yet whether it learns."""
EVEN = 3.0
"""The gradient is roughly constant where first and last layer differ by no more than this factor."""
ASSUMED = {
    "init": "no `init` is given: glorot_uniform is assumed",
    "loss": "no `loss` is given: it follows from the targets",
    "optimizer": "no `optimizer` is given: sgd with learning rate 0.01 is assumed",
    "epochs": "no `epochs` are given: whether a rate is too low is judged by the trial run",
    "batch_size": "no `batch_size` is given: batches of 32 rows, as Keras's fit takes them, are assumed",
    "data": "no `data` is given: random inputs and a random linear teacher stand in for it",
    "own_weights": "how the weights were drawn cannot be told from them: PyTorch's default is assumed",
}


def model_of(spec: ModelSpec, network: Network, facts: dict[str, str]) -> Model:
    """The model as the report shows it."""
    return Model(
        name=spec.name,
        source=spec.source,
        parameters=network.layout.size,
        inputs=spec.inputs,
        layers=tuple(_layer(spec, row) for row in network.rows),
        facts=facts,
        assumed=(*(ASSUMED[key] for key in spec.assumed if key in ASSUMED), *spec.notes),
        named="name" in spec.lines,
    )


def _layer(spec: ModelSpec, row: ExpandedLayer) -> ReportedLayer:
    place = spec.locate(row.path)
    return ReportedLayer(
        index=row.index,
        path=row.path,
        name=row.name,
        kind=row.kind,
        units=row.units,
        activation=str(row.activation) if row.activation else None,
        init=str(row.init) if row.init else None,
        line=place.line if place else None,
        shape=row.shape,
        parameters=sum(prod(parameter.shape) for parameter in row.parameters),
        unit_word=row.unit_word,
    )


def facts(spec: ModelSpec, network: Network, data: str) -> dict[str, str]:
    """Name and value of what decides the training, in words."""
    found = {
        "loss": str(spec.loss) + (f" + l2 {number(spec.l2)}" if spec.l2 else ""),
        "output": str(network.output),
        "optimizer": _optimizer(spec.optimizer),
        "data": data,
        "batch": "all rows" if spec.batch_size is None else counted(spec.batch_size, "row"),
        "epochs": "not planned" if spec.epochs is None else str(spec.epochs),
        "precision": spec.precision,
    }
    return {**found, "weights": spec.weights.origin} if spec.weights and spec.weights.origin else found


def _optimizer(optimizer: Named) -> str:
    rest = [f"{key.replace('_', ' ')} {exact(value)}" for key, value in optimizer.parameters]
    return ", ".join([optimizer.name, *rest])


def summary(findings: tuple[Finding, ...], measured: Measurements, *, layers: int = 0, stand_in: bool = False) -> str:
    """One sentence a person would say: the worst finding's, or what speaks for the network, if only on a stand-in.

    `layers` is the number of layers with weights.
    """
    if said := headline(findings):
        return said
    where = " on stand-in data" if stand_in else ""
    nothing = f"no fault was found{where}"
    run = measured.descent.configured if measured.descent else None
    progress = run.progress.median if run is not None else None
    if measured.descent is not None and not measured.descent.trivial_loss > 0:
        return f"Not shown to learn{where}: all targets are equal, so that there is nothing to learn."
    if measured.descent is not None and not is_conclusive(findings, measured):
        return f"Not shown to learn{where}: the trial run covered {coverage(measured.descent)}."
    if measured.descent is None or run is None or progress is None or not isfinite(progress):
        return phrase(nothing, _kept(measured, layers))
    if progress < BARELY:
        steps = run.steps[-1]
        plan = "the whole plan" if steps >= measured.descent.planned_steps else "a part of the plan"
        return (
            f"No rule found a fault, but the trial run{where} does no better than a constant prediction in "
            f"{counted(steps, 'step')}, {plan}."
        )
    return phrase(
        nothing,
        "; ".join(
            part for part in (f"training {describe_progress_plainly(progress)}", _kept(measured, layers)) if part
        ),
    )


def is_conclusive(findings: tuple[Finding, ...], measured: Measurements) -> bool:
    """Whether the trial run tells: something is found, it learns, or it was the whole plan and there was a task."""
    run = measured.descent
    if run is None or any(finding.severity > Severity.INFO for finding in findings):
        return True
    if not run.trivial_loss > 0:
        return False
    covers = run.configured.steps[-1] >= run.planned_steps or (run.plan_is_assumed and is_begun(run))
    return covers or (run.configured.progress.median or 0.0) >= LEARNS


def _kept(measured: Measurements, layers: int) -> str:
    """What becomes of the gradient during backpropagation, where it is fit to be praised; else nothing."""
    start = measured.stages.get("fitted") or measured.stages.get("initialised")
    ratio = start.signal.error_signal_norm_ratio.median if start is not None and start.signal is not None else None
    if layers < 2 or ratio is None or not 1 / EVEN <= ratio <= EVEN:
        return ""
    return f"the gradient is roughly constant across layers (×{number(ratio)} from last to first)"


def text_origin(spec: ModelSpec) -> dict[str, str]:
    """A hash of the text that the model was read from, where it was read from one."""
    return {"SHA-256": sha256(spec.text.encode()).hexdigest()[:_DIGITS]} if spec.text else {}


def versions() -> dict[str, str]:
    """gradaudit, Python and NumPy: what a report depends on."""
    return {"gradaudit": __version__, "Python": sys.version.split()[0], "NumPy": np.__version__}
