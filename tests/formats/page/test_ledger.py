"""The forecast: each step's gain beside what mean-field theory predicts."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gradaudit.domain.measurements import Prediction
from gradaudit.domain.report import ModelReport, Report
from tests.formats.measured import signal
from tests.formats.page_views import at_stage, measuring, page_of, section


@pytest.fixture
def model(sick: Report) -> ModelReport:
    """The sick model, whose every step back has a gain of 0.236."""
    return sick.reports[0]


def foretold(report: ModelReport, *gains: float | None) -> ModelReport:
    """The report with these predictions, all alike where there is one."""
    prediction = report.measurements.prediction
    assert prediction is not None
    each = gains if len(gains) > 1 else gains * len(prediction.layers)
    rows = tuple(replace(row, gain=gain) for row, gain in zip(prediction.layers, each, strict=False))
    return measuring(report, prediction=Prediction(rows))


def forecast(report: ModelReport) -> list[str]:
    """The sentence of the picture, or the note where theory and measurement agree."""
    chapter = section(page_of(report), "ledger")
    return [*(p.heading for p in chapter.pictures if p.wide.name == "gains"), *chapter.notes]


def test_agreement_and_difference_are_told_with_their_size(model: ModelReport) -> None:
    """What finite width explains is agreement."""
    level = at_stage(model, "initialised", signal=signal([0.236**k for k in range(10, -1, -1)], 0.236, spread=1.0))
    close = foretold(level, *(0.25,) * 9, 0.8)

    assert forecast(close) == ["Measurement and mean-field theory agree within a factor of 1.06."]
    assert forecast(foretold(level, 0.1)) == [
        "Measurement and mean-field theory differ, at one step by a factor of 8.44."
    ]


@pytest.mark.parametrize("gain", [None, 0.0, -1.0, math.inf, math.nan])
def test_what_theory_does_not_predict_is_not_compared(model: ModelReport, gain: float | None) -> None:
    """The ledger itself stays, as a table."""
    chapter = section(page_of(foretold(model, gain)), "ledger")

    assert [p.wide.name for p in chapter.pictures] == ["profile"]
    assert chapter.tables[0].caption.startswith("Factors of the gradient")


def test_one_step_is_no_course(model: ModelReport) -> None:
    """Two layers have one step between them: nothing to draw."""
    whole = model.measurements.stages["initialised"].signal
    assert whole is not None

    assert forecast(at_stage(model, "initialised", signal=replace(whole, layers=whole.layers[-2:]))) == []
