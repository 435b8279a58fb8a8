"""From measurements to findings: rules see what they declared, trials are judged first, a broken rule stops nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from gradaudit.auditing.judge import apply_rules, diagnose, judge_trials, needs_explanation, symptomatic
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
from gradaudit.rules import ALL, Rule
from gradaudit.rules.interface import Need
from gradaudit.rules.no_learning import NoLearning

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


@dataclass(frozen=True)
class Broken(Rule):
    """Breaks after its first finding."""

    name = "broken"
    summary = "breaks"
    needs = ()

    def judge(self, case: RuleContext) -> Iterator[Finding]:
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
    (finding,) = apply_rules(case(0.8, trial()), (spy(needs=(need,)),), pytest.fail)
    assert set(finding.message.split()) == {need} | ALSO.get(need, set())


def test_findings_come_worst_first_and_equal_ones_in_the_rules_order():
    """Errors, warnings, information."""
    rules = (spy("a", severity=Severity.INFO), spy("b"), spy("c", severity=Severity.WARNING), spy("d"))
    assert [finding.rule for finding in apply_rules(case(), rules, pytest.fail)] == ["b", "d", "c", "a"]


def test_a_rule_that_breaks_is_told_once_and_the_others_go_on():
    """Half a verdict is none."""
    crashes = Crashes()
    assert [finding.rule for finding in apply_rules(case(), (Broken(), spy()), crashes)] == ["spy"]
    assert crashes == [("broken", "KeyError")]


def test_symptoms_are_what_is_judged_without_trials():
    """The others ask what a change does, and are judged at the end only."""
    without = {rule.name for rule in ALL} - {rule.name for rule in symptomatic(ALL)}
    assert without == {
        "init-activation-mismatch",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "loss-output-mismatch",
        "no-learning",
        "plateau",
        "seed-sensitivity",
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
    """What clears it is evidence beside its own cause, and by how much training gains."""
    tried = replace(trial(0.9), found=frozenset())
    (finding,) = diagnose(case(0.0, tried), (spy(),), pytest.fail)
    assert finding.cause == "c"
    assert finding.evidence["with_changes"] == {"another initializer": {"progress": pytest.approx(0.9)}}
    assert (finding.cleared_by, finding.regret) == (("initializer",), pytest.approx(0.9))


def test_without_trials_a_finding_stays_as_its_rule_said_it():
    """Nothing was changed, so nothing is known."""
    (finding,) = diagnose(case(0.0), (spy(),), pytest.fail)
    assert (finding.cause, dict(finding.evidence)) == ("c", {"measured": 0, "limit": 0})
    assert (finding.cleared_by, finding.regret) == ((), None)


@pytest.mark.parametrize(
    ("severities", "progress", "expected"),
    [
        ((), 0.8, False),
        ((Severity.INFO,), 0.8, False),
        ((Severity.WARNING,), 0.8, True),
        ((), 0.0, True),  # the run fails, and no rule knows why
        ((), 0.29, True),  # it learns little: something may get far further
        ((), 0.3, False),
    ],
)
def test_causes_are_looked_for_where_there_is_trouble(severities, progress, expected):
    """A finding that counts, or a run that fails."""
    findings = tuple(Finding("spy", severity, "m", "c", {}) for severity in severities)
    assert needs_explanation(case(progress), findings) is expected


def nobody(name: str, error: Exception) -> None:
    """No rule may break here."""
    raise error


def verdicts(found):
    """Rule and severity, in their order."""
    return [(finding.rule, str(finding.severity)) for finding in found]


def test_a_whole_plan_that_teaches_nothing_is_an_error_whichever_rule_speaks():
    """A warning speaks for it, or no-learning where none does; a rule that already calls it an error is left alone."""
    warning = spy("w", severity=Severity.WARNING)
    assert verdicts(diagnose(case(0.0), (warning,), nobody)) == [("w", "error")]
    assert verdicts(diagnose(case(0.0), (warning, spy("e")), nobody)) == [("e", "error"), ("w", "warning")]
    assert verdicts(diagnose(case(0.0), (NoLearning(),), nobody)) == [("no-learning", "error")]
    assert verdicts(diagnose(case(0.8), (warning,), nobody)) == [("w", "warning")]


def test_no_learning_is_silent_where_another_rule_explains_the_run():
    """Information explains nothing."""
    rules = (NoLearning(), spy("other", severity=Severity.WARNING))
    assert verdicts(diagnose(case(0.0), rules, nobody)) == [("other", "error")]
    info = (NoLearning(), spy("info", severity=Severity.INFO))
    assert ("no-learning", "error") in verdicts(diagnose(case(0.0), info, nobody))


def test_a_plan_that_was_not_finished_is_no_error() -> None:
    """The audit's run may have been cut: the network may learn later."""
    unfinished = replace(run(0.0), planned_steps=1000)
    cut = replace(case(0.0), measurements=replace(everything(0.0), descent=unfinished))
    assert verdicts(diagnose(cut, (spy(severity=Severity.WARNING),), nobody)) == [("spy", "warning")]


def symptom(severity, name="spy"):
    """A rule whose finding counts only with harm."""
    rule = spy(name, severity=severity)
    type(rule).weighed = True
    return rule


def blaming(factor, name):
    """A rule that names this factor as the cause."""
    rule = spy(name)
    type(rule).blames = (factor,)
    return rule


def with_rate(model, there):
    """The model with a run at another rate."""
    other = replace(run(there).configured, learning_rate=0.01)
    descent = replace(model.measurements.descent, others=(other,))
    return replace(model, measurements=replace(model.measurements, descent=descent))


@pytest.mark.parametrize(
    ("own", "there", "expected"),
    [
        (0.4, 0.9, ["warning"]),  # it learns little, and gets far further without the symptom
        (0.4, 0.6, []),
        (0.4, 0.2, []),  # every cure is worse
        (0.6, 0.99, []),  # it learns well
        (0.05, 0.9, ["error"]),
    ],
)
def test_a_symptom_without_regret_is_no_finding(own, there, expected):
    """Weighed by what the model gains once the symptom is gone."""
    severity = Severity.ERROR if own < 0.1 else Severity.WARNING
    found = diagnose(case(own, trial(there)), (symptom(severity),), nobody)
    assert [str(finding.severity) for finding in found] == expected


def with_a_rate_too(own: float, rate: float | None, both: float) -> RuleContext:
    """A model that a factor helps with another rate only, and what that rate does by itself."""
    both_changed = replace(trial(own), case=with_rate(case(own), both))
    model = case(own, both_changed)
    return model if rate is None else with_rate(model, rate)


@pytest.mark.parametrize(("rate", "expected"), [(None, ["warning"]), (0.6, ["warning"]), (0.8, [])])
def test_a_symptom_counts_where_its_cure_needs_a_rate_too_and_is_by_far_more_than_the_rate(rate, expected):
    """The rate gets nearly as far by itself: it is a matter of the rate. No error, whatever the copies' runs say."""
    found = diagnose(with_a_rate_too(0.2, rate, 0.9), (symptom(Severity.WARNING),), nobody)
    assert [str(finding.severity) for finding in found] == expected


@pytest.mark.parametrize(("factor", "expected"), [("initializer", ["cause", "symptom"]), ("depth", ["cause"])])
def test_a_symptom_too_light_by_itself_is_read_beneath_a_cause_whose_cure_takes_it_away(factor, expected):
    """Else it is left out, as where no cause is found."""
    rules = (blaming(factor, "cause"), symptom(Severity.WARNING, "symptom"))
    found = diagnose(with_a_rate_too(0.2, 0.8, 0.9), rules, nobody)
    assert [finding.rule for finding in found] == expected


def test_a_symptom_stands_where_nothing_could_be_tried():
    """A dear network's trials have no runs."""
    assert len(diagnose(case(0.4), (symptom(Severity.WARNING),), nobody)) == 1


@pytest.mark.parametrize(("planned", "there", "count"), [(10, None, 1), (1000, None, 0), (1000, 0.9, 1)])
def test_what_a_run_shows_that_has_hardly_begun_needs_a_cure_to_count(planned, there, count):
    """Units may be dead after ten steps of a thousand, and the network learn all the same."""
    rule = spy(severity=Severity.WARNING, stage="trained")
    type(rule).weighed = True
    model = case(-0.05, *([] if there is None else [trial(there)]))
    descent = replace(model.measurements.descent, planned_steps=planned)
    model = replace(model, measurements=replace(model.measurements, descent=descent))
    assert len(diagnose(model, (rule,), nobody)) == count


def test_what_rests_on_an_assumed_optimizer_is_no_error():
    """At another rate it learns: said, as information where it learns well."""
    for there, severity in ((0.9, "info"), (0.4, "warning")):
        model = with_rate(case(0.0), there)
        assumed = replace(model, spec=replace(model.spec, assumed=("optimizer",)))
        (finding,) = diagnose(assumed, (spy(),), nobody)
        assert str(finding.severity) == severity
        assert "the optimizer is assumed" in finding.cause
        assert verdicts(diagnose(model, (spy(),), nobody)) == [("spy", "error")]


def test_the_cause_goes_before_its_symptoms():
    """The rule that blames the factor leads; what its change clears as well is beneath it."""
    rules = (spy("symptom"), blaming("initializer", "cause"), blaming("depth", "other"))
    found = diagnose(case(0.0, replace(trial(0.9), found={"other": Severity.ERROR})), rules, nobody)
    assert [finding.rule for finding in found] == ["cause", "other", "symptom"]
    assert [finding.symptom_of for finding in found] == [None, None, "cause"]


def test_each_finding_has_the_change_that_takes_it_away():
    """Two causes are no symptoms of one another; a note, and weights that are given, are not to be cured."""
    rules = (blaming("initializer", "cause"), blaming("depth", "other"))
    found = diagnose(case(0.0, trial(0.9), trial(0.8, "depth")), rules, nobody)
    assert [(finding.cleared_by, finding.symptom_of) for finding in found] == [
        (("initializer",), None),
        (("depth",), None),
    ]
    for quiet in (spy(severity=Severity.INFO), spy(stage="fitted")):
        (finding,) = diagnose(case(0.0, trial(0.9)), (quiet,), nobody)
        assert not finding.cleared_by


def comparing(seen: list[str]) -> Rule:
    """A rule that finds something beside a cured model only, and remembers which change cured it."""

    @dataclass(frozen=True)
    class Comparing(Rule):
        name, summary, needs = "comparing", "compares", ()

        def judge(self, case: RuleContext) -> Iterator[Finding]:
            return iter(())

        def judge_beside(self, case: RuleContext, cured: Counterfactual) -> Iterator[Finding]:
            seen.append(cured.fix.kind)
            yield Finding("comparing", Severity.ERROR, "m", "c", {"measured": 0, "limit": 0})

    return Comparing()


@pytest.mark.parametrize(
    ("own", "cured", "found"),
    [(0.0, 0.9, ["comparing"]), (0.2, 0.9, ["comparing"]), (0.9, 0.95, [])],
    ids=["fails", "is slow", "learns"],
)
def test_what_shows_beside_the_cured_model_only_is_asked_of_a_model_with_harm(own, cured, found):
    """Of a rule that finds nothing by itself; a model that learns is compared with nothing."""
    seen: list[str] = []
    assert [f.rule for f in diagnose(case(own, trial(cured, "depth")), (comparing(seen),), Crashes())] == found
    assert seen == ["depth"] * len(found)
