"""Rules see what they declared, trials are judged first, a broken rule stops nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from gradaudit.auditing.judge import apply_rules, judge_trials, needs_explanation, symptomatic
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.rules import ALL, Rule
from gradaudit.rules.interface import Need
from tests.auditing.judged import case, everything, spy, trial

NEEDS: tuple[Need, ...] = ("data", "signal", "units", "curvature", "descent", "critical_point", "trials")


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
    assert not needs_explanation(replace(case(), measurements=Measurements()), ())  # nothing was run
