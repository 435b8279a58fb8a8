"""The one fix of page one: which it is, what is claimed for it, and what it was seen to change."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gradaudit.domain.findings import Change, Fix, FixTrajectory
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.brief import moved
from gradaudit.formats.gains import gains
from gradaudit.formats.page.remedy import helpful_fix, proof_note, tried_view
from gradaudit.formats.page.view import FixView
from tests.formats.page_views import UNSAID, found, page_of

CHANGES = (Change("activation", "sigmoid", "relu"), Change("bias", None, "zeros"), Change("init.std", 1e-7, None))
UNTRIED = Fix("fewer layers", (Change("layers[1].repeat", 9, 2),))
VAIN = Fix("wider", (Change("layers[1]", 8, 64),), after={"progress": 0.0})
HELPS = Fix("relu", CHANGES, clears=("r",), better=(5, 8), before={"progress": 0.1}, after={"progress": 0.3})
PROVEN = replace(HELPS, title="relu, proven", verified=True, better=(8, 8), after={"progress": 0.9})
HARMS = replace(HELPS, title="larger steps", introduces=("exploding-gradient",))


@pytest.fixture
def shown(sick: Report):
    """What page one says of findings with these fixes."""
    report: ModelReport = sick.reports[0]

    def show(*fixes: Fix) -> FixView | None:
        return tried_view(replace(report, findings=(found("r", *fixes),)))

    return show


@pytest.mark.parametrize(
    ("fixes", "title", "heading"),
    [
        ((UNTRIED, HELPS, PROVEN), "relu, proven", "Verified fix: better in 8 of 8 seeds"),
        ((replace(PROVEN, better=(0, 0)),), "relu, proven", "Verified fix: the finding is gone"),
        ((UNTRIED, HELPS), "relu", "Fix, tried but not verified: better in 5 of 8 seeds"),
        ((replace(HELPS, still_fails=True),), "relu", "A first step, tried: nothing is learnt yet"),
        ((VAIN, UNTRIED), "fewer layers", "Suggested, not tried"),
        ((VAIN, HARMS), "", "No fix was found"),
        ((UNTRIED,), "fewer layers", "Suggested, not tried"),
    ],
    ids=["verified", "verified elsewhere", "tried", "first step", "in vain and not tried", "all in vain", "not tried"],
)
def test_no_more_is_claimed_than_was_seen(shown, fixes: tuple[Fix, ...], title: str, heading: str) -> None:
    """The best fix, and in words how sure it is; only a verified one is marked as such."""
    view = shown(*fixes)

    assert (view.title, view.status) == (title, heading)
    assert view.verified == heading.startswith("Verified fix")


@pytest.mark.parametrize(("before", "after", "told"), [(0.95, 0.996, True), (0.95, 0.955, False), (0.1, 0.11, False)])
def test_a_loss_is_told_where_what_is_left_of_it_moves(before: float, after: float, told: bool) -> None:
    """5 % that become 0.4 % are a tenth of it, though hardly more is taken away."""
    fix = replace(PROVEN, before={"progress": before}, after={"progress": after})
    assert bool(gains(fix)) is told


def test_what_was_tried_in_vain_is_a_line(shown, sick: Report) -> None:
    """On page one where nothing helps, and under its finding, with what speaks against each."""
    assert shown(VAIN, HARMS).why == "Tried without success: wider; larger steps (introduces exploding-gradient)."
    report = replace(sick.reports[0], findings=(found("r", PROVEN, replace(UNTRIED, still_fails=True), VAIN),))
    (view,) = page_of(report).findings
    assert [fix.title for fix in view.fixes] == ["relu, proven"]
    assert view.in_vain == "Tried without success: fewer layers (nothing is learnt yet); wider."


def test_nothing_proposed_is_nothing_shown(shown, healthy: Report) -> None:
    """No box without a fix."""
    assert shown() is None
    assert tried_view(healthy.reports[0]) is None


def test_silenced_findings_propose_nothing(sick: Report) -> None:
    """Whoever silenced a finding does not want to mend it."""
    quiet = replace(sick.reports[0], findings=(replace(found("r", PROVEN), suppressed="known"),))

    assert tried_view(quiet) is None
    assert helpful_fix(quiet) is None


def test_the_changes_are_in_words(shown) -> None:
    """A new key has no old value, a removed one no new value, and small numbers keep their digits."""
    assert [(c.path, c.old, c.new) for c in shown(HELPS).changes] == [
        ("activation", "sigmoid", "relu"),
        ("bias", "", "zeros"),
        ("init.std", "1e-7", ""),
    ]


def test_at_most_three_gains_that_tell_something(shown) -> None:
    """The loss first; what hardly changed, or is known on one side alone, is left out."""
    before = {
        "stable_limit": 1.0, "dead_fraction": 0.5, "error_signal_norm_ratio": 1e-7, "progress": 0.0,
        "seeds_that_learn": 0.0, "saturated_fraction": 0.10, "lambda_max": 1.0,
    }  # fmt: skip
    after = {**before, "progress": 0.913, "seeds_that_learn": 1.0, "error_signal_norm_ratio": 0.3, "dead_fraction": 0.0}

    gains = shown(replace(PROVEN, before=before, after=after)).gains
    assert gains == (
        ("Training loss, share of the baseline", "100%", "9%"),
        ("Share of seeds that learn", "0%", "100%"),
        ("Gradient at first / last layer", "1e-7", "0.3"),
    )
    assert shown(replace(PROVEN, before=before, after={**before, "stable_limit": 1.1})).gains == ()
    assert shown(replace(PROVEN, before={"progress": 0.1}, after={"dead_fraction": 0.0})).gains == ()


def test_a_run_that_diverges_gains_all_there_is(shown) -> None:
    """It has no loss of its own, and by how much the fix helps is the first question."""
    fix = replace(PROVEN, before={"dead_fraction": 0.5}, after={"progress": 0.96, "dead_fraction": 0.5})
    assert shown(fix).gains == (("Training loss, share of the baseline", "diverges", "4%"),)
    assert moved(fix, 80) == "training loss diverges -> 4% of the baseline"


@pytest.mark.parametrize("wrong", [math.inf, -math.inf, math.nan])
def test_a_number_that_is_not_finite_is_told_by_its_sign(shown, wrong: float) -> None:
    """A loss that overflows and then does not is a gain; words of a programming language tell nobody anything."""
    sides = [(wrong, 0.2), (0.2, wrong), (wrong, wrong), (0.0, 0.0)]
    gains = [shown(replace(PROVEN, before={"time_ratio": a}, after={"time_ratio": b})).gains for a, b in sides]

    assert [len(rows) for rows in gains] == [1, 1, 0, 0]
    assert not UNSAID - {"NaN"} & {cell for rows in gains for row in rows for cell in row}


def test_one_change_that_clears_several_findings_says_so(sick: Report) -> None:
    """Those that the change clears, of all that there are."""
    findings = (found("a", PROVEN), found("b", replace(PROVEN, title="the same")), found("c", VAIN))
    view = tried_view(replace(sick.reports[0], findings=findings))

    assert view is not None
    assert view.status == "Verified fix for 2 of the 3 findings: better in 8 of 8 seeds"


@pytest.mark.parametrize(
    ("key", "before", "after", "told"),
    [("dead_fraction", 0.9, 0.1, True), ("dead_fraction", 0.0, 0.14, False), ("stable_limit", 0.3, 0.03, False)],
)
def test_what_moves_the_wrong_way_without_harm_is_no_gain(key: str, before: float, after: float, told: bool) -> None:
    """Some units of a relu are dead, and that is no fault."""
    fix = replace(PROVEN, before={key: before}, after={key: after})
    assert bool(gains(fix)) is told


def test_how_long_the_proof_ran_is_said_where_the_model_itself_ran_otherwise(sick: Report) -> None:
    """Three seeds of the whole plan beside eight of a part of it would puzzle; a fix without proof says nothing."""
    report = sick.reports[0]
    run = report.measurements.descent
    assert run is not None
    for steps, said in ((7, True), (run.configured.steps[-1], False)):
        seeds = len(run.configured.final.values)
        fix = replace(PROVEN, better=(seeds, seeds), course=FixTrajectory(steps=(0, steps), loss=(1.0, 0.5)))
        assert bool(proof_note(replace(report, findings=(found("r", fix),)))) is said
    assert f"in {seeds} seeds, for 7 steps." in page_of(report_with(report, fix, 7)).method.reservations[-1]
    assert proof_note(replace(report, findings=(found("r", HELPS),))) == ()


def report_with(report: ModelReport, fix: Fix, steps: int) -> ModelReport:
    """The model whose one finding has this fix, proven for so many steps."""
    course = FixTrajectory(steps=(0, steps), loss=(1.0, 0.5))
    return replace(report, findings=(found("r", replace(fix, course=course)),))


def test_a_verified_fix_is_offered_at_another_rate_where_that_gets_clearly_further(sick: Report) -> None:
    """Not for one per cent, nor for less; and what is not offered was not tried in vain either."""
    proven, rate = replace(PROVEN, after={"progress": 0.88}), Change("optimizer.learning_rate", 1, 2)
    for changes, progress, shown in (
        ((*CHANGES, rate), 0.9, 1),
        ((*CHANGES, rate), 0.99, 2),
        ((*CHANGES, Change("batch_size", 1, 2)), 0.9, 2),
    ):
        other = replace(HELPS, title="another", changes=changes, after={"progress": progress})
        (view,) = page_of(replace(sick.reports[0], findings=(found("r", proven, other),))).findings
        assert len(view.fixes) == shown
        assert not view.in_vain
