"""Two reports of which it is known what changed."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.comparison import compare_reports, is_regression
from gradaudit.comparison.wording import circumstances
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Measurements, Stage
from gradaudit.domain.report import ModelReport, Settings
from tests.comparison.reports import EIGHT, LAYERS, found, kinds, measured, model, one, outcomes, report

STUCK = (0.01, 0.0, 0.02, 0.01, -0.01, 0.0, 0.01, 0.02)
WARNING, ERROR = Severity.WARNING, Severity.ERROR
OTHER = Settings(seed=50)


def test_a_report_is_equal_to_itself() -> None:
    """No finding came or went, and no number moved."""
    same = model(found(), found("vanishing-gradient", WARNING))

    compared = one(same, same)

    assert compared.trend == "same"
    assert compared.harm is None
    assert set(kinds(compared)) == {"same"}
    assert set(outcomes(compared).values()) == {"same"}


@pytest.mark.parametrize("severity", [WARNING, ERROR])
def test_a_new_finding_is_a_regression(severity: Severity) -> None:
    """As grave as it is; the other way round it is an improvement."""
    healthy, sick = model(), model(found(severity=severity))

    assert one(healthy, sick).harm == severity
    assert one(sick, healthy).trend == "better"
    assert one(sick, healthy).harm is None


def test_information_is_no_finding() -> None:
    """It comes and goes unsaid."""
    assert one(model(), model(found(severity=Severity.INFO))).findings == ()


def test_a_graver_finding_is_a_regression_and_a_milder_one_is_none() -> None:
    """An error that was a warning, and the other way round; moved lines, other layers and words are nothing."""
    warned = model(found(severity=WARNING, layers=(0, 1), message="in other words"))

    assert (one(warned, model(found())).harm, kinds(one(warned, model(found())))) == (ERROR, ["worse"])
    assert (one(model(found()), warned).trend, kinds(one(model(found()), warned))) == ("better", ["milder"])
    assert kinds(one(warned, model(found(severity=WARNING)))) == ["same"]


def test_a_warning_in_the_place_of_an_error_is_no_regression() -> None:
    """The model is better than it was; the new warning is told of, with the reason."""
    compared = one(model(found()), model(found("learning-rate-too-low", WARNING)))

    assert compared.harm is None
    assert compared.trend == "better"
    assert "the model is better: error before, warning now" in [change.excuse for change in compared.findings]


def test_another_error_is_excused_by_a_better_run_alone() -> None:
    """One fault for another is a regression, unless training gets further."""
    before = model(found(), measurements=measured(STUCK))
    after = model(found("vanishing-gradient"), measurements=measured(STUCK))

    assert one(before, after).harm == ERROR
    assert one(before, replace(after, measurements=measured(EIGHT))).harm is None


def test_a_silenced_finding_is_not_called_better() -> None:
    """It is gone from what counts, and may still be there; so is one whose rule is not checked any more."""
    silenced, unchecked = model(found(suppressed="we know")), model(rules=("vanishing-gradient",))

    for after in (silenced, unchecked):
        compared = one(model(found()), after)
        assert kinds(compared) == ["gone"]
        assert compared.trend == "moved"
    assert one(silenced, model(found())).harm == ERROR


def test_a_run_that_reaches_less_is_a_regression() -> None:
    """An error where nothing is learnt any more, a warning where less is; a hundredth less is not told."""
    learns = model()
    less, little = (model(measurements=measured([p - d for p in EIGHT])) for d in (0.2, 0.01))

    assert one(learns, model(measurements=measured(STUCK))).harm == ERROR
    assert one(learns, less).harm == WARNING
    assert one(learns, little).trend == "same"
    assert one(less, learns).trend == "better"
    assert one(learns, model(measurements=measured([-inf] * 8))).harm == ERROR


def test_what_only_some_seeds_say_is_noise() -> None:
    """Six of eight worse is within what chance does, though the median falls."""
    mixed = [p - 0.3 for p in EIGHT[:6]] + [p + 0.01 for p in EIGHT[6:]]

    compared = one(model(), model(measurements=measured(mixed)))

    assert compared.trend == "same"
    assert outcomes(compared)["progress"] == "noise"


def test_a_symptom_without_harm_decides_nothing() -> None:
    """The error signal shrinks and units die in every seed, and the network learns as before."""
    before = model(measurements=measured(EIGHT, ratio=[1.0] * 8, dead=[0.0] * 8))
    after = model(measurements=measured(EIGHT, ratio=[0.01] * 8, dead=[0.4] * 8))

    compared = one(before, after)

    assert outcomes(compared)["error_signal_norm_ratio"] == "worse"
    assert outcomes(compared)["dead_fraction"] == "worse"
    assert (compared.trend, compared.harm) == ("moved", None)


def test_the_error_signal_is_best_at_one() -> None:
    """A ratio of 0.01 and one of 100 are as bad, 0 is worse, infinity too."""
    ratios = {x: model(measurements=measured(EIGHT, ratio=[x] * 8)) for x in (1.0, 0.01, 100.0, 0.0, inf)}
    key = "error_signal_norm_ratio"

    assert outcomes(one(ratios[0.01], ratios[100.0]))[key] == "noise"
    assert outcomes(one(ratios[100.0], ratios[1.0]))[key] == "better"
    assert outcomes(one(ratios[0.01], ratios[0.0]))[key] == "worse"
    assert outcomes(one(ratios[100.0], ratios[inf]))[key] == "worse"


def test_other_seeds_are_no_pairs() -> None:
    """They are compared by ranks: the same values in another order are noise, a collapse is none."""
    shuffled = model(measurements=measured(EIGHT[::-1]), settings=OTHER)
    stuck = model(measurements=measured(STUCK), settings=OTHER)

    assert not one(model(), shuffled).paired
    assert one(model(), shuffled).trend == "same"
    assert any("no pairs" in note for note in one(model(), shuffled).notes)
    assert circumstances(one(model(), shuffled)) == "8 and 8 seeds, not paired"
    assert one(model(), stuck).harm == ERROR
    assert "ranks" in one(model(), stuck).numbers[0].evidence


def test_what_was_measured_otherwise_is_noted() -> None:
    """So that nobody takes for the model's what is the audit's."""
    before = model(versions={"gradaudit": "1.0"})
    after = replace(before, settings=Settings(samples=64, effort="quick"), versions={"gradaudit": "2.0"})

    assert one(before, after).notes == (
        "256 rows before and 64 now: the seeds are no pairs",
        "effort standard before and quick now: what was not looked for was not found",
        "measured by gradaudit 1.0 before and 2.0 now",
    )


def test_a_finding_that_only_other_seeds_have_is_noise() -> None:
    """Of the same model; where the model is another one, or its run collapses, it counts."""
    lucky, unlucky = model(), model(found(severity=WARNING), settings=OTHER)
    deeper = replace(unlucky.model, layers=(*LAYERS, LAYERS[1]))

    assert one(lucky, unlucky).harm is None
    assert one(unlucky, lucky).trend == "moved"
    assert one(lucky, replace(unlucky, model=deeper)).harm == WARNING
    assert one(lucky, replace(unlucky, measurements=measured(STUCK))).harm == ERROR


def test_in_a_lottery_other_findings_are_luck() -> None:
    """Where seeds decide before and after, every edit draws other findings; a run that collapses is still told."""
    lottery = found("seed-sensitivity", WARNING)
    before, after = model(lottery), model(lottery, found())

    assert one(before, after).harm is None
    assert one(after, before).trend == "moved"
    assert one(model(), after).harm == ERROR
    assert one(before, replace(after, measurements=measured(STUCK))).harm == ERROR


def test_two_seeds_tell_nothing() -> None:
    """Which is said, and no regression."""
    few = Settings(seeds=2)
    compared = one(
        model(settings=few, measurements=measured((0.9, 0.8))), model(settings=few, measurements=measured((0.1, 0.0)))
    )

    assert outcomes(compared)["progress"] == "unclear"
    assert compared.harm is None


def fixed(progress: float, seeds: int = 8) -> ModelReport:
    """A model that brings its weights, run once."""
    drawn = measured((progress,))
    return model(measurements=replace(drawn, stages={"fitted": Stage()}), settings=Settings(seeds=seeds))


def test_what_nothing_is_drawn_for_needs_no_seeds() -> None:
    """Given weights on all rows have one run, whatever the seed; one seed of others tells nothing."""
    assert one(fixed(0.9), fixed(0.2)).harm == WARNING
    assert one(fixed(0.9, seeds=1), fixed(0.2, seeds=1)).harm is None
    assert one(model(measurements=measured((0.9,))), model(measurements=measured((0.2,)))).harm is None


def test_a_report_that_does_not_hold_together_is_compared_all_the_same() -> None:
    """A run without steps, columns of different lengths, no numbers at all."""
    whole = measured()
    assert whole.descent is not None
    run = whole.descent.configured
    broken = [
        replace(run, steps=(), loss=()),
        replace(run, steps=(0, 60, 70)),
        replace(run, progress=measured((0.5,) * 3).descent.configured.progress),  # type: ignore[union-attr]
        replace(run, steps=(0, 0)),
    ]
    for each in broken:
        odd = model(measurements=replace(whole, descent=replace(whole.descent, configured=each)))
        assert one(model(), odd).harm is None
    assert one(model(measurements=Measurements()), model()).numbers == ()


def test_the_level_decides_what_fails() -> None:
    """A warning fails by default only where warnings are asked for; never is never."""
    warned = compare_reports(report(model()), report(model(found(severity=WARNING))))

    assert [is_regression(warned, level) for level in ("error", "warning", "never")] == [False, True, False]


values = st.lists(st.floats(-2, 1) | st.just(-inf), min_size=8, max_size=8)
rules = st.lists(st.builds(found, st.sampled_from(["dead-units", "plateau"]), st.sampled_from(Severity)), max_size=3)
MIRROR = {"better": "worse", "worse": "better", "new": "gone", "gone": "new", "milder": "worse"}


@given(values, values, rules, rules, st.booleans())
def test_a_mirrored_comparison_is_mirrored(
    before: list[float], after: list[float], old: list[Finding], new: list[Finding], is_paired: bool
) -> None:
    """Better and worse, new and gone change places with the sides; a report beside itself is the same."""
    a = model(*old, measurements=measured(before, ratio=[abs(v) for v in before]))
    b = model(
        *new, measurements=measured(after, ratio=[abs(v) for v in after]), settings=Settings() if is_paired else OTHER
    )
    there, back = one(a, b), one(b, a)

    assert {k: MIRROR.get(o, o) for k, o in outcomes(there).items()} == outcomes(back)
    mirrored = {"worse": "milder", **{k: v for k, v in MIRROR.items() if k != "worse"}}
    assert sorted(mirrored.get(k, k) for k in kinds(there)) == sorted(kinds(back))
    assert one(a, a).trend == "same"
