"""What the report says of the model itself, and the sentence above everything."""

from __future__ import annotations

import platform
from importlib.metadata import version
from math import isfinite

from gradaudit import __version__
from gradaudit.finding import Finding
from gradaudit.measurement import Measurements
from gradaudit.nn.network import Network
from gradaudit.report import Layer, Model, headline
from gradaudit.rows import Row
from gradaudit.spec import ModelSpec, Named

BARELY = 0.02
"""Progress of a run from which nobody can tell yet whether it learns."""
ASSUMED = {
    "init": "no `init` is given: glorot_uniform is assumed",
    "loss": "no `loss` is given: it follows from the targets",
    "optimizer": "no `optimizer` is given: sgd with learning rate 0.01 is assumed",
    "epochs": "no `epochs` are given: whether a rate is too low is judged by the audit's own short run",
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


def _layer(spec: ModelSpec, row: Row) -> Layer:
    place = spec.locate(row.path)
    return Layer(
        index=row.index,
        path=row.path,
        name=row.name,
        kind=row.kind,
        units=row.units,
        activation=str(row.activation) if row.activation else None,
        init=str(row.init) if row.init else None,
        line=place.line if place else None,
    )


def facts(spec: ModelSpec, network: Network, data: str) -> dict[str, str]:
    """Name and value of what decides the training, in words."""
    found = {
        "loss": str(spec.loss) + (f" + l2 {spec.l2:g}" if spec.l2 else ""),
        "output": str(network.output),
        "optimizer": _optimizer(spec.optimizer),
        "data": data,
        "batch": "all rows" if spec.batch_size is None else f"{spec.batch_size} rows",
        "epochs": "not planned" if spec.epochs is None else str(spec.epochs),
        "precision": spec.precision,
    }
    return {**found, "weights": spec.weights.origin} if spec.weights and spec.weights.origin else found


def _optimizer(optimizer: Named) -> str:
    rest = [f"{key} {value}" for key, value in optimizer.parameters]
    return ", ".join([optimizer.name, *rest])


def summary(findings: tuple[Finding, ...], measured: Measurements, *, stand_in: bool = False) -> str:
    """One sentence a person would say: the worst finding's, or what speaks for the network, if only on a stand-in."""
    if said := headline(findings):
        return said
    where = " on stand-in data" if stand_in else ""
    nothing = f"Nothing that was measured{where} stands in the way of learning"
    run = measured.descent.configured if measured.descent else None
    if measured.descent is None or run is None or run.progress.median is None or not isfinite(run.progress.median):
        return f"{nothing}."
    learnt, steps = min(run.progress.median, 1.0), run.steps[-1]
    if learnt < BARELY:
        plan = "the whole plan" if steps >= measured.descent.planned_steps else "a part of the plan"
        return (
            f"No rule found a fault, but the training run{where} does not get below the loss of a constant output in "
            f"{steps} steps, {plan}."
        )
    return f"{nothing}: in {steps} steps the training run takes {learnt:.0%} of the constant output's loss away."


def versions() -> dict[str, str]:
    """gradaudit, Python and NumPy: what a report depends on."""
    return {"gradaudit": __version__, "Python": platform.python_version(), "NumPy": version("numpy")}
