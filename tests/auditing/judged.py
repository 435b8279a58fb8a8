"""Measurements and rules written by hand, for what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.measurements import (
    CriticalPoint,
    Curvature,
    DataFacts,
    Descent,
    LearningRate,
    Measurements,
    Prediction,
    Signal,
    Stage,
    Trajectory,
    Units,
)
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import DenseSpec, ModelSpec
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.rules import Rule

ONE = PerSeed((1.0,) * 8)

SPEC = ModelSpec("m", 2, (DenseSpec(1),))


def run(progress: float | tuple[float, ...], steps: int = 10) -> Descent:
    """A run that ends with this progress in all of eight seeds, or in one seed each."""
    each = progress if isinstance(progress, tuple) else (progress,) * 8
    start, end = PerSeed((1.0,) * len(each)), PerSeed(tuple(1 - p for p in each))
    smooth = PerSeed((0.0,) * len(each))
    ended = Trajectory(0.1, (0, steps), (start, end), end, end, PerSeed(each), smooth)
    return Descent(1.0, 0.0, steps, False, 4, ended)


def everything(progress: float = 0.8) -> Measurements:
    """Something of every kind."""
    stage = Stage(
        Signal(ONE, ONE, ONE, ONE, ONE, ONE, ()),
        Units(()),
        Curvature(ONE, ONE, ONE, ONE, ONE, ONE),
        LearningRate(0.1, ONE, ONE),
        CriticalPoint(("minimum",) * 8, ONE, ONE, ONE, ONE, ONE, ONE, ONE),
    )
    data = DataFacts(1.0, 0.0, 1.0, 0, 1.0, True, 0.0, 1.0, -1.0, 1.0)
    return Measurements({"initialised": stage}, run(progress), Prediction(()), data)


def case(progress: float = 0.8, *trials: Counterfactual) -> RuleContext:
    """A model with this run and these trials."""
    return RuleContext(SPEC, (), everything(progress), trials)


def trial(progress: float = 0.8, kind: str = "initializer") -> Counterfactual:
    """A change after which the run ends with this progress."""
    return Counterfactual(Fix(f"another {kind}", (), kinds=(kind,)), case(progress))


def spy(name: str = "spy", needs: tuple[str, ...] = (), severity: Severity = Severity.ERROR, **given: object) -> Rule:
    """A rule that finds something where `finds` says so, and says what it saw."""
    finds: Callable[[RuleContext], bool] = given.get("finds", lambda case: True)  # type: ignore[assignment]

    @dataclass(frozen=True)
    class Spy(Rule):
        def judge(self, case: RuleContext) -> Iterator[Finding]:
            stage = case.measurements.stages["initialised"]
            seen = {key for key in Stage.__slots__ if getattr(stage, key) is not None}
            seen |= {key for key in ("data", "descent", "prediction") if getattr(case.measurements, key) is not None}
            seen |= {"trials"} if case.trials else set()
            if finds(case):
                numbers, where = {"measured": 0, "limit": 0}, given.get("stage")
                yield Finding(name, severity, " ".join(sorted(seen)), "c", numbers, stage=where)  # type: ignore[arg-type]

    Spy.name, Spy.summary, Spy.needs = name, "sees", needs  # type: ignore[assignment]
    return Spy()


def nobody(name: str, error: Exception) -> None:
    """No rule may break here."""
    raise error


def verdicts(found):
    """Rule and severity, in their order."""
    return [(finding.rule, str(finding.severity)) for finding in found]
