"""From measurements to findings: rules see what they declared, trials are judged first, a broken rule stops nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from gradaudit.diagnosis import diagnose, judge_trials, judged, symptomatic, troubled
from gradaudit.finding import Finding, Fix, Severity
from gradaudit.measurement import (
    CriticalPoint,
    Curvature,
    DataFacts,
    Descent,
    LearningRate,
    Measurements,
    PerSeed,
    Prediction,
    Signal,
    Stage,
    Trajectory,
    Units,
)
from gradaudit.rules import ALL, Case, Rule, Trial
from gradaudit.rules.interface import Need
from gradaudit.spec import DenseSpec, ModelSpec

ONE = PerSeed((1.0,) * 8)
SPEC = ModelSpec("m", 2, (DenseSpec(1),))
NEEDS: tuple[Need, ...] = ("data", "signal", "units", "curvature", "descent", "critical_point", "trials")


def run(progress: float) -> Descent:
    """A run that ends with this progress in all seeds."""
    looks = (ONE, PerSeed((1 - progress,) * 8))
    ended, smooth = PerSeed((progress,) * 8), PerSeed((0.0,) * 8)
    return Descent(1.0, 0.0, 10, False, 4, Trajectory(0.1, (0, 10), looks, looks[1], looks[1], ended, smooth))


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


def case(progress: float = 0.8, *trials: Trial) -> Case:
    """A model with this run and these trials."""
    return Case(SPEC, (), everything(progress), trials)


def trial(progress: float = 0.8, kind: str = "initializer") -> Trial:
    """A change after which the run ends with this progress."""
    return Trial(Fix(f"another {kind}", (), kind=kind), case(progress))


def spy(name: str = "spy", needs: tuple[str, ...] = (), severity: Severity = Severity.ERROR, **given: object) -> Rule:
    """A rule that finds something where `finds` says so, and says what it saw."""
    finds: Callable[[Case], bool] = given.get("finds", lambda case: True)  # type: ignore[assignment]

    @dataclass(frozen=True)
    class Spy(Rule):
        def judge(self, case: Case) -> Iterator[Finding]:
            stage = case.measurements.stages["initialised"]
            seen = {key for key in Stage.__slots__ if getattr(stage, key) is not None}
            seen |= {key for key in ("data", "descent", "prediction") if getattr(case.measurements, key) is not None}
            seen |= {"trials"} if case.trials else set()
            if finds(case):
                yield Finding(name, severity, " ".join(sorted(seen)), "c", {"measured": 0, "limit": 0})

    Spy.name, Spy.summary, Spy.needs = name, "sees", needs  # type: ignore[assignment]
    return Spy()


@dataclass(frozen=True)
class Broken(Rule):
    """Breaks after its first finding."""

    name = "broken"
    summary = "breaks"
    needs = ()

    def judge(self, case: Case) -> Iterator[Finding]:
        yield Finding(self.name, Severity.ERROR, "half a verdict", "c", {"measured": 0, "limit": 0})
        raise KeyError(3)


class Crashes(list):
    """Remembers which rules broke."""

    def __call__(self, name: str, error: Exception) -> None:
        self.append((name, type(error).__name__))


ALSO = {"curvature": {"learning_rate"}, "signal": {"prediction"}}


@pytest.mark.parametrize("need", NEEDS)
def test_a_rule_sees_what_it_declared_and_nothing_else(need):
    """A hidden dependency would find nothing; what belongs together comes together."""
    (finding,) = judged(case(0.8, trial()), (spy(needs=(need,)),), pytest.fail)
    assert set(finding.message.split()) == {need} | ALSO.get(need, set())


def test_findings_come_worst_first_and_equal_ones_in_the_rules_order():
    """Errors, warnings, information."""
    rules = (spy("a", severity=Severity.INFO), spy("b"), spy("c", severity=Severity.WARNING), spy("d"))
    assert [finding.rule for finding in judged(case(), rules, pytest.fail)] == ["b", "d", "c", "a"]


def test_a_rule_that_breaks_is_told_once_and_the_others_go_on():
    """Half a verdict is none."""
    crashes = Crashes()
    assert [finding.rule for finding in judged(case(), (Broken(), spy()), crashes)] == ["spy"]
    assert crashes == [("broken", "KeyError")]


def test_symptoms_are_what_is_judged_without_trials():
    """The others ask what a change does, and are judged at the end only."""
    without = {rule.name for rule in ALL} - {rule.name for rule in symptomatic(ALL)}
    assert without == {
        "init-activation-mismatch",
        "loss-output-mismatch",
        "plateau",
        "unscaled-inputs",
        "unscaled-targets",
    }


def test_trials_are_judged_by_symptoms_at_warning_or_above():
    """Each trial by its own measurements, before the model itself is judged."""
    stuck = spy("stuck", ("descent",), finds=lambda case: case.measurements.descent.configured.progress.median < 0.5)
    rules = (stuck, spy("info", severity=Severity.INFO), spy("cause", ("trials",)))
    found = judge_trials(case(0.0, trial(0.0), trial(0.9)), rules, pytest.fail)
    assert [each.found for each in found.trials] == [{"stuck": Severity.ERROR}, {}]
    assert found.measurements == everything(0.0)


def test_a_rule_that_breaks_on_a_trial_clears_nothing_for_the_others():
    """The trial keeps what the other rules found."""
    crashes = Crashes()
    found = judge_trials(case(0.0, trial()), (Broken(), spy()), crashes)
    assert found.trials[0].found == {"spy": Severity.ERROR}
    assert crashes == [("broken", "KeyError")]


def test_a_finding_learns_its_cause_from_the_judged_trials():
    """What clears it is said behind its own cause, and stands in the evidence."""
    tried = replace(trial(0.9), found=frozenset())
    (finding,) = diagnose(case(0.0, tried), (spy(),), pytest.fail)
    assert finding.cause.startswith("c; tried alone: another initializer clears it")
    assert finding.evidence["cleared_by"] == "initializer"


def test_without_trials_a_finding_stays_as_its_rule_said_it():
    """Nothing was changed, so nothing is known."""
    (finding,) = diagnose(case(0.0), (spy(),), pytest.fail)
    assert (finding.cause, dict(finding.evidence)) == ("c", {"measured": 0, "limit": 0})


@pytest.mark.parametrize(
    ("severities", "progress", "expected"),
    [
        ((), 0.8, False),
        ((Severity.INFO,), 0.8, False),
        ((Severity.WARNING,), 0.8, True),
        ((), 0.0, True),  # the run fails, and no rule knows why
    ],
)
def test_causes_are_looked_for_where_there_is_trouble(severities, progress, expected):
    """A finding that counts, or a run that fails."""
    findings = tuple(Finding("spy", severity, "m", "c", {}) for severity in severities)
    assert troubled(case(progress), findings) is expected


def nobody(name: str, error: Exception) -> None:
    """No rule may break here."""
    raise error


@pytest.mark.parametrize(("progress", "warned"), [(0.0, True), (0.05, False), (0.8, False)])
def test_a_whole_plan_that_teaches_nothing_is_never_healthy(progress: float, warned: bool) -> None:
    """Where no rule knows why, plateau says that; a run that learns a little is left alone."""
    plateau = tuple(rule for rule in ALL if rule.name == "plateau")
    found = diagnose(case(progress), plateau, nobody)
    assert [str(finding.severity) for finding in found] == (["warning"] if warned else [])
    assert not warned or "no rule knows why" in found[0].message


def test_a_plan_that_was_not_finished_proves_nothing() -> None:
    """The audit's run may have been cut: the network may learn later."""
    plateau = tuple(rule for rule in ALL if rule.name == "plateau")
    unfinished = replace(run(0.0), planned_steps=1000)
    cut = replace(case(0.0), measurements=replace(everything(0.0), descent=unfinished))
    assert diagnose(cut, plateau, nobody) == ()
