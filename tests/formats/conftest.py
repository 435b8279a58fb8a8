"""Hand-written reports: a sick network, a healthy one, one full of holes, one with hostile names, and several."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from gradaudit.domain.findings import Change, Edit, Finding, Fix, FixTrajectory, Severity
from gradaudit.domain.measurements import (
    CriticalPoint,
    Descent,
    LayerPrediction,
    LayerSignal,
    LayerUnits,
    LearningRate,
    Measurements,
    Prediction,
    Signal,
    Stage,
    Trajectory,
    Units,
)
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Failure, Model, ModelReport, Report, ReportedLayer, Settings
from gradaudit.errors import Location
from tests.formats.measured import (
    CONSTANT,
    NOTHING,
    SPECTRUM,
    about,
    alike,
    critical,
    curvature,
    profile,
    rate,
    run,
    sigmoid_slope,
    signal,
    sweep,
    units,
)

ATTACKS = "<script>alert(1)</script>]]>-->&amp;\x1b[31m\u202egnp.exe \\textbf{x} \U0001f600 \ud800 {{ 7*7 }} "
HOSTILE = ATTACKS + "x" * 10_000
# Reports are tables: they read better in rows.
# fmt: off
VERSIONS = {"gradaudit": "0.1.0", "Python": "3.11.7", "NumPy": "2.4.6"}


def model(name: str, widths: tuple[int, ...], activation: str, init: str) -> Model:
    """A dense network; the last width is the softmax output's."""
    last = len(widths) - 2
    layers = tuple(
        ReportedLayer(
            i, f"layers[{i + 1}]", f"dense_{i}", "dense", units, "softmax" if i == last else activation, init, 2
        )
        for i, units in enumerate(widths[1:])
    )
    parameters = sum((a + 1) * b for a, b in pairwise(widths))
    facts = {
        "loss": "cross_entropy", "optimizer": "sgd, learning rate 0.1", "data": "digits, 1,797 rows", "batch": "64",
        "epochs": "20", "precision": "float32",
    }
    assumed = ("The spec names no init; glorot_uniform was assumed, as Keras would.",)
    return Model(name, f"{name}.yaml", parameters, widths[0], layers, facts, assumed)


def vanishing() -> Finding:
    """As the sick network has it, with a fix that was tried and one that was not."""
    fixed = Fix(
        "relu with he_normal",
        (Change("activation", "sigmoid", "relu"), Change("init", "xavier_normal", "he_normal")),
        "relu passes the error back undiminished where it is active, and he_normal keeps its size (He 2015).",
        verified=True, clears=("vanishing-gradient",), better=(8, 8),
        before={"error_signal_norm_ratio": 1.9e-7, "loss_after": 2.301, "progress": 0.0007},
        after={"error_signal_norm_ratio": 0.287, "loss_after": 0.214, "progress": 0.907},
    )
    untried = Fix("batch normalisation after each layer", (Change("layers[1].norm", None, "batch_norm"),))
    return Finding(
        "vanishing-gradient", Severity.ERROR,
        "the gradient shrinks 5.3 million-fold between the output and dense_0",
        "the derivative of `sigmoid`: at each of 10 layers it passes back 0.236 of it, at most 0.25",
        {"measured": 1.9e-7, "limit": 1e-4, "seeds": "8 of 8", "activation_share": 0.97}, "initialised",
        tuple(range(8)), "activation", Location("deep-sigmoid.yaml", 2, 13), (fixed, untried),
    )


def saddle() -> Finding:
    """A second, lesser finding without a place in a file."""
    evidence = {"measured": -0.021, "limit": -0.001, "kind": "strict"}
    said = "training stops at a saddle point in 6 of 8 seeds"
    return Finding("saddle-point", Severity.WARNING, said, "the signal is too small to leave it", evidence, "trained")


def sick_model(name: str = "deep-sigmoid", hidden: int = 10) -> ModelReport:
    """Sigmoid layers of 128: with ten of them the first learns five million times more slowly than the last."""
    rms = [0.105 * 0.236**k for k in range(hidden, 0, -1)] + [0.105]
    stage = Stage(
        signal(rms, 0.2361), units(hidden + 1, dead=0.0, saturated=0.031), curvature(), rate(0.1, 3.28, 1.1)
    )
    learnt = signal([v * 0.7 for v in rms], 0.24)
    after = Stage(signal=learnt, learning_rate=rate(0.1, 2.9, 0.97), critical_point=critical())
    others = (run(0.01, 2.41, 2.33), run(1.0, 2.41, 1.9), run(10.0, 2.41, 40))
    descent = Descent(
        CONSTANT, floor=1.9, planned_steps=5600, plan_is_assumed=False, batch_size=64, configured=run(0.1, 2.41, 2.301),
        others=others,
    )
    prediction = Prediction(tuple(LayerPrediction(i, 0.236, 0.25, 0.27, 0.35) for i in range(hidden)))
    return ModelReport(
        model(name, (64, *(128,) * hidden, 10), "sigmoid", "xavier_normal"), Settings(), "error",
        "Layer dense_0 learns five million times more slowly than the output layer: each sigmoid passes back at most a "
        "quarter of it.", (vanishing(), saddle()),
        Measurements({"initialised": stage, "trained": after}, descent, prediction),
        f"gradaudit check {name}.yaml --seeds 8 --seed 0", VERSIONS,
    )


def illustrated(report: ModelReport) -> ModelReport:
    """The sick model's report with everything that a full audit measures for pictures alone."""
    stages, hidden = report.measurements.stages, len(report.model.layers) - 1
    shown = Units((*(profile(i, sigmoid_slope) for i in range(hidden)), LayerUnits(hidden)))
    first = replace(stages["initialised"], units=shown, curvature=curvature(SPECTRUM))
    descent = report.measurements.descent
    runs = sweep({0.001: 2.38, 0.01: 2.33, 0.3: 2.2, 1.0: 1.9, 10.0: math.inf})
    measured = replace(
        report.measurements,
        stages={**stages, "initialised": first},
        descent=descent and replace(descent, others=runs),
    )
    losses = tuple(2.41 * 0.786**k for k in range(11))
    course = FixTrajectory((*(0.02,) * hidden, 0.07), tuple(range(0, 601, 60)), losses)
    main, *others = report.findings
    fixes = (replace(main.fixes[0], course=course), *main.fixes[1:])
    return replace(report, findings=(replace(main, fixes=fixes), *others), measurements=measured)


def healthy_model(name: str = "relu-he") -> ModelReport:
    """Three layers that train."""
    stage = Stage(signal([0.09, 0.11, 0.12, 0.2], 0.707), units(4, dead=0.0, saturated=None), None, rate(0.1, 1.4, 0.5))
    learnt = run(0.1, 2.5, 0.12)
    descent = Descent(CONSTANT, 0.12, planned_steps=60, plan_is_assumed=True, batch_size=64, configured=learnt)
    prediction = Prediction(tuple(LayerPrediction(i, 1.0, 1.0, 1.0, None) for i in range(3)))
    return ModelReport(
        model(name, (64, 128, 64, 32, 10), "relu", "he_normal"), Settings(), "healthy",
        "The gradient reaches the first layer undiminished, and the network learns at the configured rate.", (),
        Measurements({"initialised": stage}, descent, prediction), f"gradaudit check {name}.yaml", VERSIONS,
    )


def patchy_model() -> ModelReport:
    """Everything that can be missing is missing, and what is there is not finite, undefined or zero."""
    broken, mixed = alike(math.inf), PerSeed((0.0, None, math.inf, 1e-300, 1e300, 2.0, None, 0.0))
    rows = (
        LayerSignal(0, alike(0.0), alike(None), broken, mixed, None, mixed, alike(0.0), None, broken),
        LayerSignal(1, mixed, mixed, mixed, None, None, broken, alike(1.0), mixed, mixed),
        LayerSignal(9, broken, broken, broken),
    )
    full = Signal(broken, mixed, broken, broken, broken, layers=rows, largest=broken)
    empty = Signal(broken, broken, broken, alike(None), broken, layers=(), largest=broken)
    units = Units((LayerUnits(0, mixed, None), LayerUnits(9)))
    stages = {
        "fitted": Stage(full, units, None, LearningRate(0.0, broken, None)),
        "initialised": Stage(empty, Units(()), None, LearningRate(0.3, None, alike(None))),
        "trained": Stage(critical_point=CriticalPoint(("degenerate",), *(NOTHING,) * 7)),
    }
    lost = Trajectory(None, (0, 10), (about(1e3), broken), NOTHING, broken, broken, alike(None))
    none = Trajectory(0.1, (), (), NOTHING, NOTHING, NOTHING, NOTHING)
    descent = Descent(
        math.inf, floor=math.inf, planned_steps=0, plan_is_assumed=False, batch_size=1, configured=lost, others=(none,)
    )
    evidence = {"measured": math.inf, "limit": math.nan, "nested": {"a": [1, 2.5, None, True]}, "huge": 10**400}
    fixes = (Fix("", ()), Fix("smaller", (Change("init.std", 1e-7, 0.1 + 0.2),), verified=True))
    odd = Finding("non-finite-values", Severity.ERROR, "the pass overflows", "", evidence, None, (7,), fixes=fixes)
    quiet = Finding("dead-units", Severity.INFO, "one unit is dead", "", {}, suppressed="we know")
    return ModelReport(
        Model("patchy", "", 0, 0, ()), Settings(reservations=("Curvature was measured on 4 of 8 seeds.",)), "error", "",
        (odd, quiet), Measurements(stages, descent, Prediction((LayerPrediction(0, math.inf, None, 1.0, None),))),
    )


def hostile_model() -> ModelReport:
    """Every text that can come from outside is an attack."""
    evil = HOSTILE
    layers = tuple(ReportedLayer(i, evil, evil, "dense", 3, evil, evil, None) for i in range(3))
    fix = Fix(
        evil,
        (Change(evil, {evil: [evil]}, evil),),
        evil,
        evil,
        verified=True,
        clears=(evil,),
        introduces=(evil,),
        before={evil: 1.0},
        after={evil: 2.0},
        code=evil,
        edits=(Edit(0, -1, 0, -1, evil),),
    )
    bad = Finding(evil, Severity.ERROR, evil, evil, {evil: [evil]}, "initialised", (0,), evil, Location(evil), (fix,))
    silent = Finding(evil, Severity.INFO, evil, evil, {}, suppressed=evil)
    point = CriticalPoint(("strict",), *(alike(1.0),) * 7, (evil,))
    stage = Stage(signal([0.1, 0.2, 0.3], 0.5), units(3, dead=0.5, saturated=0.2), None, rate(0.1, 1, 0.3), point)
    return ModelReport(
        Model(evil, evil, 3, 3, layers, {evil: evil}, (evil,)), Settings(effort=evil, reservations=(evil,)), evil,
        evil, (bad, silent), Measurements({"initialised": stage}), evil, {evil: evil}, (evil,),
    )
# fmt: on

FAILURES = (
    Failure("broken.yaml", "'sigmod' is no activation; did you mean 'sigmoid'?", Location("broken.yaml", 4, 13)),
    Failure("odd.yaml", "the rule saddle-point broke: KeyError: 3", internal=True),
)


@pytest.fixture
def sick() -> Report:
    """A network whose gradient vanishes."""
    return Report((illustrated(sick_model()),), version="0.1.0")


@pytest.fixture(scope="session")
def deep() -> Callable[[int], Report]:
    """The same network with so many hidden layers."""
    return lambda hidden: Report((illustrated(sick_model("deep-sigmoid", hidden)),), version="0.1.0")


@pytest.fixture
def healthy() -> Report:
    """A network that trains."""
    return Report((healthy_model(),), version="0.1.0")


@pytest.fixture
def patchy() -> Report:
    """None, infinity, zero and empty wherever they may be."""
    return Report((patchy_model(),))


@pytest.fixture
def hostile() -> Report:
    """Names that attack a page."""
    return Report((illustrated(hostile_model()),), (Failure(HOSTILE, HOSTILE, Location(HOSTILE, 1)),), HOSTILE)


@pytest.fixture
def several() -> Report:
    """Four models, worst last, and two failures."""
    return Report((healthy_model(), patchy_model(), sick_model("a-sigmoid"), sick_model()), FAILURES, "0.1.0")
