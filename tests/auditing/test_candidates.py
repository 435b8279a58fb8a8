"""One candidate of the search: what it costs, what is left with it, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from types import SimpleNamespace

import pytest

from gradaudit.auditing import search as room
from gradaudit.auditing.search_plan import SearchOptions, cost_of
from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.per_seed import PerSeed
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.nn.network import build
from gradaudit.probes.budget import pass_cost
from tests.auditing.judged import run
from tests.auditing.searched import XOR, sick_search


def ran(progress):
    """A case whose run ended so in eight seeds."""
    return RuleContext(XOR, (), Measurements(descent=run(progress)))


@pytest.fixture
def examine(monkeypatch):
    """Answers of `pipeline.examine`, by the first seed: progress, and the rules that find something."""
    answers = {}

    def examined(spec, context, budget=None):
        progress, found = answers[context.settings.seed]
        case = replace(ran(progress), spec=spec)
        findings = tuple(Finding(rule, Severity.ERROR, "m", "c", {}) for rule in found)
        return type("Examined", (), {"case": case, "findings": findings, "subject": None})()

    monkeypatch.setattr(room, "examine", examined)
    monkeypatch.setattr(room, "cost_of", lambda seen: 1.0)
    return answers


def confirmed(monkeypatch):
    """A search about to examine one change of a sick model."""
    hunt = sick_search()
    change = next(iter(hunt._steps(hunt.root, hunt.root.left[0])))  # noqa: SLF001
    return hunt, hunt.examined((change,), hunt.root)


@pytest.mark.parametrize(("last", "left"), [((0.2, ("dead-units",)), "dead-units"), ((0.0, ()), "no-learning")])
def test_a_candidate_that_fails_with_other_seeds_is_no_cure(examine, monkeypatch, last, left):
    """It was lucky with the first ones; a run that fails is a fault also where no rule finds anything."""
    examine.update({0: (0.9, ()), 1000: (0.9, ()), 2000: last})
    hunt, candidate = confirmed(monkeypatch)
    assert candidate.rules == {left}
    assert candidate.elsewhere
    assert hunt.tried[-1][1] == f"leaves {left}"


def test_a_candidate_that_learns_less_is_none(examine, monkeypatch):
    """Clearing a symptom is worth nothing where the run gets worse."""
    examine.update(dict.fromkeys((0, 1000, 2000), (0.3, ())))
    monkeypatch.setattr(room, "NO_WORSE", -0.9)  # as if the model's own run had learnt nearly all
    hunt, candidate = confirmed(monkeypatch)
    assert candidate is None
    assert hunt.tried[-1][1] == "fixes everything, but training ends worse"


def test_a_step_with_which_the_run_diverges_is_no_plan(examine):
    """However few findings are left then: the model as it is goes before it."""
    examine[0] = (-inf, ("plateau",))
    hunt = sick_search(options=SearchOptions(most=1))
    assert len(hunt.root.rules) >= 1
    assert hunt.run() is hunt.root
    assert hunt.tried


@pytest.mark.parametrize("most", [1, 2])
def test_what_an_audit_of_the_best_would_name_next_is_in_the_plan(examine, monkeypatch, most):
    """The budget ended before: else a person would be told of that change by the check of what was written."""
    first = Fix("elu", (Change("activation", "tanh", "elu"),), kinds=("activation",))
    then = Fix("l2", (Change("l2", None, 0.001),), kinds=("penalty",))
    examine[0] = (0.0, ("plateau",))
    hunt = sick_search(options=SearchOptions(most=most))
    hunt.best = hunt.examined((first,), hunt.root)
    hunt.budget = replace(hunt.budget, search=0.0)
    examine.update(dict.fromkeys((0, 1000, 2000), (0.9, ())))
    monkeypatch.setattr(room, "with_trials", lambda seen, context: seen.case)
    cure = SimpleNamespace(factors=("penalty",))
    monkeypatch.setattr(room, "ranked_cures", lambda case: () if case is hunt.root.case else (cure,))
    monkeypatch.setattr(room, "fix_of", lambda case, cure: then)
    assert [fix.title for fix in hunt.run().fixes] == ["elu", "l2"][:most]


def test_a_rate_at_which_a_candidate_was_seen_to_learn_is_the_next_step(examine):
    """Before whatever was not tried."""
    examine[0] = (0.0, ("plateau",))
    hunt = sick_search()
    fix = Fix("elu", (Change("activation", "tanh", "elu"),), kinds=("activation",))
    candidate = hunt.examined((fix,), hunt.root)
    descent = candidate.case.descent
    learns = replace(run(0.9).configured, learning_rate=0.05)
    measured = Measurements(descent=replace(descent, others=(learns,)))
    case = replace(candidate.case, rows=hunt.root.case.rows, measurements=measured)
    hunt._expand(replace(candidate, case=case))  # noqa: SLF001
    first = min(hunt.waiting, key=lambda each: each[:3])
    assert [step.title for step in first[3]] == ["elu", "set the learning rate to 0.05"]


def test_an_examination_costs_all_steps_of_all_its_runs():
    """Each at the price of its seeds; without a run it costs nothing that the budget counts."""
    network, case = build(XOR), ran(0.5)
    run = case.descent.configured
    short = replace(run, steps=(0, 3, 7), final=PerSeed((1.0,) * 2))
    descent = replace(case.descent, others=(short,))
    whole = replace(case, measurements=replace(case.measurements, descent=descent))
    seen = SimpleNamespace(case=whole, subject=SimpleNamespace(network=network))
    assert cost_of(seen) == 10 * pass_cost(network, 4, 8) + 7 * pass_cost(network, 4, 2)
    assert cost_of(SimpleNamespace(case=replace(case, measurements=Measurements()), subject=seen.subject)) == 0


def test_a_change_is_the_less_hopeful_the_more_it_was_seen_to_leave(monkeypatch):
    """A rule that is still found with it counts as much as another change."""
    hunt = sick_search()
    hopes = []
    for found in ((), ("a",), ("a", "b")):
        trial = SimpleNamespace(case=ran(0.9), found=dict.fromkeys(found, Severity.ERROR))
        monkeypatch.setattr(hunt.audited.verifier, "trial", lambda fix, trial=trial: trial)
        hopes.append(hunt._hope(hunt.root, Fix("one", ())))  # noqa: SLF001
    assert hopes == [1, 2, 3]


def test_badness_puts_errors_before_warnings_before_luck():
    """Fewer errors first, then fewer warnings, then more seeds that learn."""
    error, warning = (Finding("a", severity, "m", "c", {}) for severity in (Severity.ERROR, Severity.WARNING))
    candidate = room.Candidate((Fix("one", ()), Fix("two", ())), XOR, ran(0.5), (error,))
    assert candidate.title == "one + two"
    worst, better = candidate, replace(candidate, left=(warning,))
    best = replace(better, left=())
    assert worst.badness > better.badness > best.badness
    assert replace(best, case=ran(0.0)).badness > best.badness


def test_a_second_rate_takes_the_first_ones_place():
    """One change a path, from what the spec says to what it says in the end."""
    first = Fix("rate 1", (Change("optimizer.learning_rate", 0.5, 1.0),), kinds=("learning-rate",))
    second = Fix("rate 2", (Change("optimizer.learning_rate", 1.0, 2.0),), kinds=("learning-rate",))
    (left,) = room.joined((first,), second)
    assert (left.title, left.changes) == ("rate 2", (Change("optimizer.learning_rate", 0.5, 2.0),))
    assert room.joined((first,), Fix("other", (Change("init", None, "zeros"),)))[0] is first
