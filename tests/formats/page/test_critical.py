"""The chapter on critical points: where descent rests, and the spectrum."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import ModelReport, Report
from tests.formats.measured import NOTHING, SPECTRUM, about, alike, critical, curvature
from tests.formats.page_views import UNSAID, at_stage, page_of, section, strings


@pytest.fixture
def model(sick: Report) -> ModelReport:
    """The sick model, which rests on a saddle."""
    return sick.reports[0]


def chapter(report: ModelReport):
    """The chapter of this model's page."""
    return section(page_of(report), "critical")


def has_chapter(report: ModelReport) -> bool:
    """Whether the page has it."""
    return any(s.id.endswith("-critical") for s in page_of(report).sections)


def test_a_saddle_is_said_and_shown(model: ModelReport) -> None:
    """In how many seeds, and a row a seed."""
    found = chapter(model)

    assert found.title == "Critical point"
    assert found.lead == "After the trial run, training stops at a saddle with negative curvature in 6 of 8 seeds."
    assert [p.wide.name for p in found.pictures] == ["spectrum"]
    assert [row[1] for row in found.tables[0].rows] == ["saddle"] * 6 + ["plateau"]


def test_a_degenerate_saddle_bends_nowhere(model: ModelReport) -> None:
    """It is named, and counted as a saddle with negative curvature is."""
    point = replace(critical(), kinds=("degenerate",) * 8)
    found = chapter(at_stage(model, "trained", critical_point=point))

    assert "a flat saddle in 8 of 8 seeds" in found.lead


@pytest.mark.parametrize("kind", ["not critical", "not examined"])
def test_descent_that_does_not_rest_is_at_no_critical_point(model: ModelReport, kind: str) -> None:
    """The chapter is then about curvature, and says that it alone is no fault."""
    moving = replace(critical(), kinds=(kind,) * 8)  # type: ignore[arg-type]
    found = chapter(at_stage(model, "trained", critical_point=moving))

    assert found.title == "Critical points and curvature"
    assert found.lead == "Training had not converged when the trial run ended."
    assert "no fault by itself" in found.text
    assert found.tables == ()


def test_without_curvature_the_point_stands_alone(model: ModelReport) -> None:
    """No spectrum: the table of the seeds is left."""
    found = chapter(at_stage(model, "initialised", curvature=None))

    assert found.pictures == ()
    assert len(found.tables) == 1


def test_eigenvalues_that_read_alike_are_one_row(model: ModelReport) -> None:
    """Two seeds with one spectrum, and digits that are not shown."""
    density = ((-0.1091, 0.25), (-0.10912, 0.25), (0.5, 0.5))
    (picture,) = chapter(at_stage(model, "initialised", curvature=curvature(density))).pictures

    assert picture.tables[0].rows == (("-0.109", "50%"), ("0.5", "50%"))


def test_one_eigenvalue_is_no_spectrum(model: ModelReport) -> None:
    """Nor is none."""
    for density in ((), SPECTRUM[:1]):
        assert chapter(at_stage(model, "initialised", curvature=curvature(density))).pictures == ()


def test_without_point_and_pictures_there_is_no_chapter(model: ModelReport) -> None:
    """Nothing is said of what was not looked at, or of a run that did not rest where nothing else is known."""
    assert not has_chapter(replace(model, measurements=Measurements()))
    moving = at_stage(model, "trained", critical_point=replace(critical(), kinds=("not critical",) * 8))
    assert not has_chapter(at_stage(moving, "initialised", curvature=None))


def test_curvature_alone_says_how_the_loss_bends(model: ModelReport) -> None:
    """Where no point was asked for."""
    found = chapter(at_stage(model, "trained", critical_point=None))

    assert found.lead == "Before training, the curvature of the loss runs from -0.02 to 0.61."
    assert found.pictures[0].heading == (
        f"{found.lead} About 95% of all directions have less than a twentieth of the largest curvature."
    )


def test_a_spectrum_may_hold_anything(model: ModelReport) -> None:
    """All zero, not finite, without weight."""
    for density in (((0.0, 0.5), (0.0, 0.5)), ((-math.inf, 0.5), (math.inf, 0.5)), ((1.0, 0.0), (2.0, 0.0))):
        found = chapter(at_stage(model, "initialised", curvature=curvature(density)))
        assert not UNSAID & {word for text in strings(found) for word in text.split()}


def test_points_without_numbers_are_dashes(model: ModelReport) -> None:
    """Seeds that were not walked, and columns shorter than the seeds."""
    point = replace(critical(), loss=NOTHING, escape_loss=alike(None), lambda_min=about(-1.0), direction=())
    found = chapter(at_stage(model, "trained", critical_point=point))

    assert "The way down" not in found.lead
    assert all(row[4:6] == ("–", "–") for row in found.tables[0].rows)
