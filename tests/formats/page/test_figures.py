"""The key figures of page one: at most four, what is out of range before the rest."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gradaudit.domain.measurements import Measurements, Units
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.page.figures import MOST, key_figures
from tests.formats.measured import about, alike, rate, units
from tests.formats.page_views import UNSAID, at_stage, measuring

RATIO, UPDATE = "Gradient at layer 1 / layer 11", "Smallest first step of a layer, relative to its weights"
RATE, LEARNT = "Learning rate, relative to the largest stable one", "Training loss, share of the baseline"
UNITS = "Saturated units, worst layer"


@pytest.fixture
def model(sick: Report) -> ModelReport:
    """The sick model, of which all five figures are known."""
    return sick.reports[0]


def breakable(text: str) -> str:
    """With blanks and hyphens at which a line may end."""
    return text.replace("\u00a0", " ").replace("\u2011", "-")


def labels(report: ModelReport) -> list[str]:
    """What the figures are called, in their order."""
    return [figure.label for figure in key_figures(report)]


def test_four_of_five_are_shown_in_their_usual_order(model: ModelReport) -> None:
    """The units are in order, and have no room."""
    assert labels(model) == [RATIO, UPDATE, RATE, LEARNT]
    assert [figure.off for figure in key_figures(model)] == [True, True, False, True]


def test_what_is_out_of_range_takes_the_place_of_what_is_not(model: ModelReport) -> None:
    """Saturated units push the rate out, and stand where they always stand."""
    ill = at_stage(model, "initialised", units=units(11, dead=0.0, saturated=0.9))

    assert labels(ill) == [RATIO, UPDATE, LEARNT, UNITS]
    assert key_figures(ill)[-1].usual == "too large; good: 50% or less"


def test_with_all_five_out_of_range_the_first_four_stand(model: ModelReport) -> None:
    """Never more than four."""
    ill = at_stage(model, "initialised", units=units(11, dead=0.9, saturated=0.1), learning_rate=rate(0.1, 0.01, 0.003))

    assert labels(ill) == [RATIO, UPDATE, RATE, LEARNT]
    assert all(figure.off for figure in key_figures(ill))
    assert key_figures(ill)[2].usual == "steps overshoot above\u00a01×"


def test_the_largest_update_is_shown_where_it_is_the_trouble(model: ModelReport) -> None:
    """Steps as long as the weights themselves; else the smallest tells more."""
    signal = model.measurements.stages["initialised"].signal
    assert signal is not None
    first, *rest = (replace(row, update_ratio=about(0.01)) for row in signal.layers)
    jumpy = replace(signal, layers=(replace(first, update_ratio=about(3.0)), *rest))
    figures = {f.label: f for f in key_figures(at_stage(model, "initialised", signal=jumpy))}

    largest = figures["Largest first step of a layer, relative to its weights"]
    assert breakable(largest.usual) == "too large; good: 0.0001 to 0.1"


def test_what_was_not_measured_is_no_figure(model: ModelReport, healthy: Report) -> None:
    """No dash stands for a number."""
    assert key_figures(replace(model, measurements=Measurements())) == ()
    assert labels(measuring(model, stages={})) == [LEARNT]
    assert len(key_figures(healthy.reports[0])) == MOST


@pytest.mark.parametrize(("value", "said"), [(math.inf, "not finite"), (0.0, "0"), (None, "")])
def test_ratios_without_a_number_are_in_words(model: ModelReport, value: float | None, said: str) -> None:
    """A pass that overflows is not called nothing; zero is out of range; what is undefined is no figure."""
    signal = model.measurements.stages["initialised"].signal
    assert signal is not None
    broken = replace(signal, error_signal_norm_ratio=alike(value))
    shown = {f.label: f for f in key_figures(at_stage(model, "initialised", signal=broken))}

    assert [shown[RATIO].value] == [said] if said else RATIO not in shown
    assert value != 0.0 or shown[RATIO].off


def test_a_run_that_diverges_is_called_so(model: ModelReport) -> None:
    """In every seed; where one seed ends, its number counts."""
    descent = model.measurements.descent
    assert descent is not None
    lost = replace(descent, configured=replace(descent.configured, final=alike(math.inf)))
    one = replace(descent, configured=replace(descent.configured, final=PerSeed((math.inf, 1.15)), progress=about(0.5)))

    assert {f.label: (f.value, f.off) for f in key_figures(measuring(model, descent=lost))}[LEARNT] == (
        "diverged",
        True,
    )
    assert {f.label: f.value for f in key_figures(replace(measuring(model, descent=one), findings=()))}[LEARNT] == "50%"


def test_a_healthy_network_is_not_blamed(model: ModelReport) -> None:
    """What lies out of range came to nothing where the verdict says so, and no word accuses it."""
    figures = key_figures(replace(model, verdict="healthy"))

    assert len(figures) == MOST
    assert not any(figure.off for figure in figures)
    assert [figure.usual for figure in figures] == ["", "", "steps overshoot above\u00a01×", ""]


def test_holes_make_no_words_of_a_programming_language(patchy: Report) -> None:
    """Whatever is missing or broken."""
    for figure in key_figures(patchy.reports[0]):
        assert not UNSAID & {figure.value, *figure.usual.split()}


def test_without_units_there_is_no_share(model: ModelReport) -> None:
    """A model of one layer has no hidden units."""
    alone = at_stage(measuring(model, descent=None), "initialised", units=Units(()), learning_rate=None, signal=None)

    assert UNITS not in labels(alone)


def test_one_layer_is_not_held_against_itself(model: ModelReport) -> None:
    """Its ratio is 1 whatever happens."""
    whole = model.measurements.stages["initialised"].signal
    assert whole is not None
    single = at_stage(model, "initialised", signal=replace(whole, layers=whole.layers[-1:]))
    assert not [label for label in labels(single) if label.startswith("Gradient at")]
