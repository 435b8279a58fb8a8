"""The search for a plan: smallest and least surprising first, and luck is not enough."""

from __future__ import annotations

from dataclasses import replace

from gradaudit.auditing.pipeline import audit
from gradaudit.auditing.search import search
from gradaudit.auditing.search_plan import SearchOptions
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import with_findings
from gradaudit.domain.spec import Named
from gradaudit.editing.spec_changes import apply
from tests.auditing.judged import everything
from tests.auditing.searched import BOTH, XOR, sick_search


def planned(spec, options=SearchOptions(), **settings):
    """The plan for a spec, audited first."""
    return search(audit(spec, AuditOptions(**settings)), spec, options)


def edited(spec, plan):
    """The spec with the plan carried out."""
    for fix in plan.fixes:
        spec = apply(spec, fix.changes)
    return spec


def test_a_healthy_model_has_nothing_to_change():
    """No candidate is examined."""
    plan = planned(replace(XOR, init=Named("glorot_uniform")))
    assert (plan.fixes, plan.whole, plan.is_complete, plan.tried) == ((), None, True, ())


def test_one_change_is_enough_where_one_is():
    """All-zero weights want an initializer, and the activation stays the person's."""
    plan = planned(XOR)
    assert [fix.kind for fix in plan.fixes] == ["initializer"]
    assert plan.is_complete
    assert plan.whole.verified
    assert set(plan.whole.clears) >= {"symmetric-units"}
    assert audit(edited(XOR, plan), AuditOptions(seed=7)).report.verdict == "healthy"


def test_what_is_left_after_a_change_asks_for_the_next():
    """Zero weights hide that the rate is far too small: it takes both changes, and each is in the plan."""
    plan = planned(BOTH)
    assert plan.is_complete
    assert len(plan.fixes) == 2
    assert {change.path.split(".")[0] for change in plan.whole.changes} >= {"init", "optimizer"}
    assert audit(edited(BOTH, plan), AuditOptions(seed=7)).report.verdict == "healthy"


def test_a_plan_is_no_longer_than_allowed():
    """With one change only, the best that one does is said, and what is left."""
    plan = planned(BOTH, SearchOptions(most=1))
    assert len(plan.fixes) <= 1 < SearchOptions().most == 4  # unless the command line says otherwise
    assert not plan.is_complete
    assert plan.left


def test_where_nothing_tells_the_inputs_apart_nothing_is_tried():
    """What is found is left, and that no remedy has a change to propose is what the person reads."""
    hunt = sick_search()
    facts = Measurements(data=replace(everything().data, input_distinctness=0.0))
    hunt.root = replace(hunt.root, case=replace(hunt.root.case, measurements=facts))
    assert hunt.run() is hunt.root
    assert not hunt.tried


def test_only_kinds_that_are_allowed_are_tried():
    """And where none of them helps, the plan is empty and says what was tried."""
    plan = planned(XOR, SearchOptions(kinds=frozenset({"optimizer", "penalty"})))
    assert (plan.fixes, plan.whole) == ((), None)
    assert not plan.is_complete
    assert {title for title, _ in plan.tried} <= {"use adam with learning rate 0.001"}


def test_only_the_rules_that_are_named_are_cleared():
    """What other rules found before may stay."""
    wild = replace(XOR, init=Named.of("normal", std=20.0))
    found = {finding.rule for finding in audit(wild).report.counted if finding.severity > Severity.INFO}
    plan = planned(wild, SearchOptions(only=frozenset({"saturated-units"})))
    assert found > {"saturated-units"}
    assert plan.is_complete
    assert plan.whole.clears == ("saturated-units",)


def test_a_new_fault_as_bad_as_the_old_one_is_cleared_too():
    """A plan that trades one error for another would be none."""
    plan = planned(BOTH, SearchOptions(only=frozenset({"symmetric-units"})))
    assert [fix.kind for fix in plan.fixes] == ["initializer", "learning-rate"]
    assert plan.whole.introduces == ()


def test_only_what_is_new_and_as_bad_counts_beside_what_was_to_be_cleared():
    """What the model had already, and what is less bad, may stay."""
    hunt = sick_search(BOTH, SearchOptions(only=frozenset({"symmetric-units"})))
    (known, *_) = {finding.rule for finding in hunt.audited.report.findings} - {"symmetric-units"}
    found = {
        "symmetric-units": Severity.ERROR,
        known: Severity.ERROR,
        "new": Severity.ERROR,
        "slight": Severity.WARNING,
    }
    left = hunt._left(tuple(Finding(rule, worst, "m", "c", {}) for rule, worst in found.items()))  # noqa: SLF001
    assert [finding.rule for finding in left] == ["symmetric-units", "new"]


def test_what_is_silenced_may_stay():
    """It is no reason for a change, and no new fault of one."""
    wild = replace(XOR, init=Named.of("normal", std=20.0))
    audited = audit(wild)
    loud = audited.report.findings
    findings = tuple(f if f.rule == "saturated-units" else replace(f, suppressed="known") for f in loud)
    plan = search(replace(audited, report=with_findings(audited.report, findings)), wild)
    assert {finding.rule for finding in loud} > {"saturated-units"}
    assert plan.is_complete
    assert plan.whole.clears == ("saturated-units",)
    silent = tuple(replace(finding, suppressed="known") for finding in loud)
    assert search(replace(audited, report=with_findings(audited.report, silent)), wild).fixes == ()


def test_equal_input_gives_an_equal_plan():
    """Searches are counted in operations, never in seconds."""
    assert planned(XOR) == planned(XOR)


def test_an_interrupt_ends_with_the_best_so_far():
    """Ctrl-C in the second step leaves the first."""
    calls = []

    def watch(examined, trying, best):
        calls.append((examined, trying, best))
        if len(calls) > 1:
            raise KeyboardInterrupt

    plan = search(audit(BOTH), BOTH, watch=watch)
    assert plan.interrupted
    assert calls[0] == (0, calls[0][1], "as it is")
    assert len(plan.tried) == 1
