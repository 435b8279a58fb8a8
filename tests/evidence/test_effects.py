from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from gradaudit.domain.findings import Change, Finding, Severity
from gradaudit.domain.spec import Weights
from gradaudit.evidence.effects import (
    NAMED,
    better_seeds,
    bias_at_fault,
    clears,
    explained,
    healed,
    learning_seeds,
    learns,
    numbers_of,
    numbers_with,
    symptom,
)

VANISHED = Finding("vanishing-gradient", Severity.ERROR, "m", "c", {})


def model(given, progress, stage=None, **options):
    """A model with this run."""
    return given.case(stage, None if progress is None else given.descent(progress), **options)


def test_a_cure_says_what_the_run_did_before_and_after(given):
    """An error where the model's own run fails, with both numbers in the evidence."""
    found = healed(model(given, 0.02, trials=(given.trial("initializer", 0.93),)), "initializer")
    assert found.severity is Severity.ERROR
    assert (found.own, found.does) == ("hardly does better than a constant prediction", "learns")
    numbers = {"progress": pytest.approx(0.02), "progress_after": pytest.approx(0.93)}
    assert found.evidence == {**numbers, **given.counted("seeds_better", 8)}


def test_what_the_run_did_is_told_of_all_its_seeds(given):
    """Not of the few that the change was paired with: one of two diverges there, and one of eight in all."""
    own = (-inf, *(0.0,) * 7)
    found = healed(model(given, own, trials=(given.trial("initializer", (0.9, 0.9)),)), "initializer")
    assert found.own == "does no better than a constant prediction"
    assert found.evidence["seeds"] == 2


def test_a_slow_run_is_told_of_all_its_seeds_too(given):
    """The fix beside it has that number as well: 84% and 83% of one thing stood in one report."""
    own = (0.2, 0.2, *(0.15,) * 6)
    case = model(given, own, trials=(given.trial("initializer", (0.9, 0.9)),))
    assert healed(case, "initializer").evidence["progress"] == numbers_of(case)["progress"] == pytest.approx(0.15)


def test_a_run_that_learns_by_far_less_is_a_warning(given):
    """It learns a little, and the change gets far further."""
    found = healed(model(given, 0.2, trials=(given.trial("initializer", 0.8),)), "initializer")
    assert found.severity is Severity.WARNING
    assert found.own_plainly == "brings the loss only to 80% of the constant-prediction baseline"
    assert found.does == "learns more"


def test_a_cure_that_needs_a_rate_as_well_says_so(given):
    """The factor is the cause, and the rate is part of the cure."""
    trial = given.trial("initializer", 0.0)
    both = given.descent(0.0, {0.01: 0.9})
    trial = replace(trial, case=replace(trial.case, measurements=replace(trial.case.measurements, descent=both)))
    found = healed(model(given, 0.0, trials=(trial,)), "initializer")
    assert found.together == " and a learning rate of 0.01"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (0.35, 0.99),  # it learns as it is
        (0.2, 0.45),  # not by far
        (0.0, 0.05),
        (0.05, (0.9, *(0.02,) * 7)),  # one lucky seed
        (0.0, None),
    ],
)
def test_what_is_no_cure_is_none(given, before, after):
    """A run that needs none, a change that adds little, a lucky seed, a run that was not made."""
    assert healed(model(given, before, trials=(given.trial("initializer", after),)), "initializer") is None


def test_what_is_recommended_learns_in_most_seeds(given):
    """Four of five; one that is stuck in three of eight seeds is no recommendation."""
    assert learns(model(given, (0.1, *(0.4,) * 7)))
    assert not learns(model(given, (0.1, 0.2, 0.0, *(0.9,) * 5)))
    assert not learns(model(given, None))


def test_seeds_are_compared_in_pairs(given):
    """The same draws before and after; a dear trial has fewer of them."""
    before = model(given, (0.1, 0.2, 0.3, inf, *(0.0,) * 4))
    assert better_seeds(before, given.trial("a", (0.2, 0.1, 0.4, 0.0)).case) == (True, False, True, True)
    assert better_seeds(before, given.trial("a", (inf, inf)).case) == (False, False)
    assert better_seeds(before, given.trial("a", None).case) == ()
    assert better_seeds(model(given, None), given.trial("a", 0.5).case) == ()


def test_given_weights_are_one_run_beside_eight_drawn_ones(given):
    """They have no seeds, so that each drawn run is compared with the same one."""
    before, after = model(given, (0.0,)), given.trial("a", (*(0.8,) * 7, -0.1)).case
    weighted = replace(before, spec=replace(before.spec, weights=Weights(())))
    assert better_seeds(weighted, after) == (True,) * 7 + (False,)
    assert better_seeds(before, after) == (True,)


@pytest.mark.parametrize(
    ("before", "after", "found", "expected"),
    [
        (0.0, 0.8, (), True),
        (0.0, 0.8, ("vanishing-gradient",), False),
        (0.0, 0.8, ("dead-units",), True),  # another rule's symptom is another matter
        (0.0, 0.05, (), False),  # the symptom went, the harm did not
        (0.8, 0.7, (), True),  # it learnt before and learns still
        (0.8, 0.0, (), False),  # the symptom went, and so did the learning
        (None, 0.0, (), True),
        (0.0, None, (), True),  # no run was affordable: what shows before a run speaks for itself
    ],
)
def test_a_change_clears_a_rule_where_symptom_and_harm_are_gone(given, before, after, found, expected):
    """The rule finds nothing on the changed model, and its run is no worse, or healed where it failed."""
    trial = given.trial("initializer", after, found=found)
    assert clears(model(given, before), trial, VANISHED) is expected


@pytest.mark.parametrize(("rule", "stage"), [("no-learning", "initialised"), ("dead-units", "trained")])
def test_without_a_run_no_change_is_said_to_mend_what_shows_in_one(given, rule, stage):
    """Nothing was found on the changed model, for nothing was run."""
    trial = given.trial("initializer", None)
    assert not clears(model(given, 0.0), trial, replace(VANISHED, rule=rule, stage=stage))


def test_the_evidence_has_what_clears_a_finding(given):
    """The symptom and the run's progress then, and all that was tried; the fixes say it in words."""
    trials = (
        given.trial("initializer", 0.9, given.signal(0.5), title="initialise with he_normal"),
        given.trial("depth", 0.0, given.signal(1e-3), title="3 layers", found=("vanishing-gradient",)),
    )
    sentence, evidence = explained(model(given, 0.0, given.signal(1e-6), trials=trials), VANISHED)
    assert sentence == ""
    assert evidence == {
        "tried": "initialise with he_normal; 3 layers",
        "with_changes": {"initialise with he_normal": {"symptom": 0.5, "progress": 0.9}},
    }


def test_units_that_died_in_the_run_have_no_number_before_it(given):
    """The first pass of a model whose units die later says nothing of them."""
    died = Finding("dead-units", Severity.ERROR, "m", "c", {}, stage="trained")
    stage = given.units(dead={0: 0.0})
    _, evidence = explained(model(given, 0.0, stage, trials=(given.trial("bias", 0.9, stage, title="b"),)), died)
    assert evidence["with_changes"] == {"b": {"symptom": 0.0, "progress": 0.9}}


def test_where_nothing_clears_it_that_is_said(given):
    """Tried in vain is a result, too."""
    trials = (given.trial("depth", 0.0, title="3 layers", found=("vanishing-gradient",)),)
    sentence, evidence = explained(model(given, 0.0, trials=trials), VANISHED)
    assert sentence == "no single change that was tried fixes it"
    assert evidence == {"tried": "3 layers"}


def test_what_a_cure_clears_is_not_called_beyond_help(given):
    """The change needs another rate as well, so that it clears nothing alone; beside it that would contradict."""
    both = given.trial("depth", 0.0, title="3 layers", found=("vanishing-gradient",))
    cleared = replace(VANISHED, cleared_by=("depth", "learning-rate"))
    assert explained(model(given, 0.0, trials=(both,)), cleared) == ("", {"tried": "3 layers"})


def test_the_evidence_has_the_numbers_of_a_few_changes(given):
    """The least surprising come first; the names of all are there."""
    trials = tuple(given.trial(f"kind{k}", 0.9, title=f"change {k}") for k in range(NAMED + 2))
    _, evidence = explained(model(given, 0.0, trials=trials), VANISHED)
    assert len(evidence["with_changes"]) == NAMED
    assert evidence["tried"].count(";") == NAMED + 1


def test_information_and_what_was_not_tried_have_no_cause_to_tell(given):
    """Nothing is added to them."""
    info = Finding("gradient-underflow", Severity.INFO, "m", "c", {})
    assert explained(model(given, 0.0, trials=(given.trial("a"),)), info) == ("", {})
    assert explained(model(given, 0.0), VANISHED) == ("", {})


def test_biases_are_at_fault_where_nothing_else_of_the_start_heals(given):
    """Their first change says where."""
    changes = Change("layers[2].bias", "ones", "zeros"), Change("layers[3].bias", "ones", "zeros")
    bias = given.trial("bias", 0.8, given.signal(0.5), changes=changes)
    assert bias_at_fault(model(given, 0.0, trials=(bias,)), VANISHED) == "layers[2].bias"
    weights = given.trial("initializer", 0.8, given.signal(0.5))
    assert bias_at_fault(model(given, 0.0, trials=(bias, weights)), VANISHED) is None


def test_a_symptom_is_the_number_that_its_rule_judges(given):
    """A ratio from the signal, the worst layer's share from the units, nothing for the other rules."""
    stage = given.merged(given.signal(0.25), given.units(dead={0: 0.1, 1: 0.7}, saturated={0: 0.2}))
    case = model(given, 0.0, stage)
    expected = {"vanishing-gradient": 0.25, "exploding-gradient": 0.25, "dead-units": 0.7, "saturated-units": 0.2}
    assert {rule: symptom(case, rule) for rule in expected} == pytest.approx(expected)
    assert symptom(case, "plateau") is None
    assert symptom(model(given, 0.0), "dead-units") is None
    assert symptom(model(given, 0.0, given.units()), "saturated-units") is None


def test_numbers_of_a_model_leave_out_what_was_not_measured(given):
    """Before and after are tables of finite numbers, or shorter ones."""
    stage = given.merged(given.signal(0.25), given.units(dead={1: 0.7}))
    ratios = {"error_signal_ratio": 0.25, "error_signal_norm_ratio": 0.25}
    expected = {**ratios, "dead_fraction": 0.7, "progress": 0.6, "loss_after": 0.4, "seeds_that_learn": 1.0}
    assert numbers_of(model(given, 0.6, stage)) == pytest.approx(expected)
    assert numbers_of(model(given, None)) == {}


def test_of_a_changed_model_the_run_is_told_as_far_as_it_went(given):
    """What it would reach by the end of the plan was not seen."""
    case = given.case(None, given.descent(given.run(0.5, steps=100), planned=1000))
    assert numbers_of(case)["progress"] == 1.0
    assert numbers_with(case)["progress"] == pytest.approx(0.5)
    assert "progress" not in numbers_with(given.case(None, given.descent(inf)))


def test_the_share_of_seeds_that_learn(given):
    """A seed that diverged or is stuck does not."""
    assert learning_seeds(model(given, (0.8, 0.8, 0.0, inf))) == 0.5


def test_two_changes_were_not_tried_alone(given):
    """What a pair of changes does is said of both, behind what single ones do."""
    pair = given.trial("depth + width", 0.8, title="3 layers and 16 units")
    trials = (pair, given.trial("initializer", 0.9, title="he_normal"))
    finding = Finding("saddle-point", Severity.ERROR, "m", "c", {})
    _, evidence = explained(model(given, 0.0, trials=trials), finding)
    assert list(evidence["with_changes"]) == ["he_normal", "3 layers and 16 units"]


@pytest.mark.parametrize(("steps", "there", "expected"), [(30, -0.2, True), (100, -0.2, False), (30, -3.0, False)])
def test_what_keeps_a_short_run_from_diverging_is_to_blame_though_it_has_not_learnt_yet(given, steps, there, expected):
    """In a run that is long enough it would have to learn."""
    trial = given.trial("standardised-inputs", there)
    case = given.case(None, given.descent(given.run(inf, steps=steps), planned=400), trials=(trial,))
    found = healed(case, "standardised-inputs")
    assert (found is not None) is expected
    assert found is None or (found.severity, found.does) == (Severity.ERROR, "does not diverge")
