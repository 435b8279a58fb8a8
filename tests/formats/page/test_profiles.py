"""Where the units are on their activation's slope."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.domain.measurements import LayerUnits, Units
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.page import PAPER, SCREEN
from gradaudit.formats.page.profiles import profile_pictures
from tests.formats.measured import profile, sigmoid_slope
from tests.formats.page_views import UNSAID, at_stage, strings


@pytest.fixture
def model(sick: Report) -> ModelReport:
    """The sick model: ten layers with histograms."""
    return sick.reports[0]


def with_units(report: ModelReport, *rows: LayerUnits) -> ModelReport:
    """The report with these hidden layers; the output layer is added."""
    return at_stage(report, "initialised", units=Units((*rows, LayerUnits(10))))


def test_first_middle_and_last_layer_are_drawn(model: ModelReport) -> None:
    """Three panels, and a row of the table for each layer."""
    (picture,) = profile_pictures(model, SCREEN)
    words = [word.text for group in picture.wide.groups for word in group.words]

    assert [word for word in words if word.startswith("layer ")] == ["layer 1", "layer 5", "layer 10"]
    assert [row[0] for row in picture.tables[0].rows] == [f"layer {i}" for i in range(1, 11)]
    assert picture.tables[0].rows[0][1:3] == ("-1.6", "1.6")


def test_the_layer_with_the_smallest_slope_is_told(model: ModelReport) -> None:
    """It passes the least back."""
    ill = with_units(model, profile(0, sigmoid_slope), profile(1, sigmoid_slope, width=20.0))
    (picture,) = profile_pictures(ill, SCREEN)

    assert " In layer 2, the derivative of sigmoid is 0.0" in picture.key
    assert picture.key.endswith("on average.")
    flat = [row[4] for row in picture.tables[0].rows]
    assert flat[0] == "0%"
    assert float(flat[1].rstrip("%")) > 50


def test_a_slope_of_zero_is_flat_ground(model: ModelReport) -> None:
    """All units of a dead layer lie there; none of a linear one does."""
    for slope, share, mean in ((0.0, "100%", "0"), (1.0, "0%", "1")):
        (picture,) = profile_pictures(with_units(model, profile(0, lambda _, f=slope: f)), SCREEN)
        assert picture.tables[0].rows[0][3:] == (mean, share)


def test_paper_has_the_picture_alone(model: ModelReport) -> None:
    """Few look up a quantile on paper."""
    (picture,) = profile_pictures(model, PAPER)
    assert picture.tables == ()


def test_layers_without_a_histogram_or_a_slope_are_left_out(model: ModelReport) -> None:
    """Softmax has no slope of its own, a constant z no histogram; the output layer is never shown."""
    whole = profile(0, sigmoid_slope)
    poor = (replace(whole, derivative=()), replace(whole, histogram=(), derivative=()), profile(0, abs, bins=3))
    assert profile_pictures(with_units(model, *poor), SCREEN) == ()
    assert profile_pictures(at_stage(model, "initialised", units=Units(())), SCREEN) == ()
    assert profile_pictures(at_stage(model, "initialised", units=None), SCREEN) == ()

    (picture,) = profile_pictures(with_units(model, *poor, profile(7, sigmoid_slope)), SCREEN)
    assert [row[0] for row in picture.tables[0].rows] == ["layer 8"]


@pytest.mark.parametrize("shares", [(0.0,) * 40, (1e-300,) * 40, (1.0, *(0.0,) * 39)])
def test_histograms_may_be_empty_or_narrow(model: ModelReport, shares: tuple[float, ...]) -> None:
    """A report from elsewhere may hold no shares at all, or a range of one place."""
    odd = replace(profile(0, sigmoid_slope), histogram=shares, histogram_range=(0.0, 0.0))
    (picture,) = profile_pictures(with_units(model, odd), SCREEN)

    assert not UNSAID & {word for text in strings(picture) for word in text.split()}
