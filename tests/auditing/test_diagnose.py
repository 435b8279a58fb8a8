"""From measurements to findings: what counts, how much, and which of them is the cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from gradaudit.auditing import judge
from gradaudit.auditing.judge import diagnose
from gradaudit.domain.findings import Finding, Severity
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.rules import Rule
from gradaudit.rules.no_learning import NoLearning
from tests.auditing.judged import case, everything, nobody, run, spy, trial, verdicts


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


def test_the_last_resort_says_once_that_nothing_helps():
    """Its cause names the best change that was tried; that none fixes it beside that would contradict it."""
    (finding,) = diagnose(case(0.0, trial(0.05)), (NoLearning(),), nobody)
    assert finding.cause.startswith("the best change that was tried (another initializer)")
    assert "single" not in finding.cause


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


@pytest.mark.parametrize(("left", "root"), [((), "a"), (("b",), None)])
def test_what_is_not_found_beside_the_first_cure_is_a_symptom_too(left, root):
    """Two factors heal the one, those and a third are named for the other: it goes with the two alone, or stays."""
    first = Finding("a", Severity.ERROR, "m", "c", {}, cleared_by=("inputs", "targets"))
    others = (("targets", "rate", "inputs"), ("inputs",), ())
    found = (first, *(replace(first, rule="b", cleared_by=by) for by in others))
    cure = SimpleNamespace(factors=first.cleared_by, trial=SimpleNamespace(found=left))
    assert [finding.symptom_of for finding in judge._grouped(found, cure)] == [None, root, None, None]  # noqa: SLF001
    assert judge._grouped((replace(first, cleared_by=()), first), cure)[1].symptom_of is None  # noqa: SLF001


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
    assert [f.rule for f in diagnose(case(own, trial(cured, "depth")), (comparing(seen),), nobody)] == found
    assert seen == ["depth"] * len(found)
