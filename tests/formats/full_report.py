"""A report with something different in every field."""

from __future__ import annotations

from gradaudit.domain.findings import Change, Finding, Fix, FixTrajectory, Severity
from gradaudit.domain.measurements import (
    CriticalPoint,
    Curvature,
    DataFacts,
    Descent,
    GateUnits,
    LayerPrediction,
    LayerSignal,
    LayerUnits,
    LearningRate,
    Measurements,
    Prediction,
    Signal,
    Stage,
    ThroughTime,
    Trajectory,
    Units,
)
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Failure, Model, ModelReport, Report, ReportedLayer, Settings
from gradaudit.errors import Location


class Numbers:
    """Numbers and words of which no two are equal, to be found again."""

    def __init__(self) -> None:
        self.last = 1000.5

    def __call__(self) -> float:
        self.last += 1
        return self.last

    def whole(self) -> int:
        return int(self())

    def word(self) -> str:
        return f"word-{self()}"

    def seeds(self) -> PerSeed:
        return PerSeed.of([self(), self()])

    def many(self, count: int) -> tuple[PerSeed, ...]:
        return tuple(self.seeds() for _ in range(count))


def full_report() -> Report:
    """A report with something different in every field."""
    n = Numbers()
    ways = tuple(
        ThroughTime(way, n.whole(), n.seeds(), (n.whole(), n.whole()), n.many(2), *n.many(3), predicted=n())
        for way in ("forward", "reverse")
    )
    rows = (LayerSignal(0, *n.many(10), time=ways[:1]), LayerSignal(1, *n.many(10), time=ways))
    signal = Signal(*n.many(6), layers=rows, underflow={n.word(): n.seeds()})
    units = Units(
        (
            LayerUnits(
                0,
                *n.many(2),
                histogram=(n(), n()),
                histogram_range=(n(), n()),
                derivative=(n(), n()),
                twin_fraction=n.seeds(),
                gates=(GateUnits(n.word(), *n.many(2)),),
            ),
        )
    )
    point = CriticalPoint(("strict", "plateau"), *n.many(7), direction=(n.word(), n.word()))
    curvature = Curvature(*n.many(6), ((-0.5, 0.25), (1.5, 0.75)))
    stage = Stage(signal, units, curvature, LearningRate(n(), *n.many(2)), point)
    runs = [Trajectory(n(), (n.whole(), n.whole()), n.many(2), *n.many(4), finished=False) for _ in range(2)]
    descent = Descent(n(), n(), n.whole(), True, n.whole(), runs[0], (runs[1],))
    data = DataFacts(n(), n(), n(), n.whole(), n(), True, n(), n(), n(), n())
    predicted = Prediction((LayerPrediction(0, n(), n(), 1.25, 3.5),))
    measured = Measurements({"initialised": stage}, descent, predicted, data)
    layer = ReportedLayer(0, n.word(), n.word(), n.word(), n.whole(), n.word(), n.word(), n.whole())
    model = Model(n.word(), n.word(), n.whole(), n.whole(), (layer,), {n.word(): n.word()}, (n.word(),))
    fix = Fix(
        n.word(), (Change(n.word(), n.word(), n.word()),), n.word(), (n.word(),), verified=True,
        clears=(n.word(),), still_fails=True,
        introduces=(n.word(),), before={n.word(): n()}, after={n.word(): n()}, better=(n.whole(), n.whole()),
        course=FixTrajectory((n(), n()), (n.whole(), n.whole()), (n(), n())), code=n.word(),
    )  # fmt: skip
    place = Location(n.word(), n.whole(), n.whole())
    finding = Finding(
        n.word(), Severity.WARNING, n.word(), n.word(), {n.word(): n()}, "initialised", (n.whole(),), n.word(), place,
        (fix,), n.word(), n.word(), (n.word(), n.word()), n(), n.word(),
    )  # fmt: skip
    settings = Settings(n.whole(), n.whole(), n.whole(), n.word(), (n.word(),))
    audited = ModelReport(
        model, settings, n.word(), n.word(), (finding,), measured, n.word(), {n.word(): n.word()},
        (n.word(),), False, n.whole(), n.whole(),
    )  # fmt: skip
    return Report((audited,), (Failure(n.word(), n.word(), place, internal=True),), n.word())
