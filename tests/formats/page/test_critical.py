"""The chapter on critical points: where descent rests, the landscape around it, and the spectrum."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gradaudit.domain.landscape import Landscape
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import ModelReport, Report
from tests.formats.measured import NOTHING, SPECTRUM, about, alike, critical, curvature, landscape
from tests.formats.page_views import UNSAID, at_stage, measuring, page_of, section, strings


@pytest.fixture
def model(sick: Report) -> ModelReport:
    """The sick model, which rests on a saddle."""
    return sick.reports[0]


def chapter(report: ModelReport, around: Landscape | None):
    """The chapter with that landscape."""
    return section(page_of(measuring(report, landscape=around)), "critical")


def has_chapter(report: ModelReport) -> bool:
    """Whether the page has it."""
    return any(s.id.endswith("-critical") for s in page_of(report).sections)


def test_a_saddle_is_said_and_shown(model: ModelReport) -> None:
    """In how many seeds, how far the way leads down, and a row a seed."""
    found = chapter(model, landscape())

    assert found.title == "Critical point"
    assert found.lead == (
        "After the training run, descent rests at a saddle with negative curvature in 6 of 8 seeds. The way down leads "
        "from a loss of 2.3 to 1.98."
    )
    assert [p.wide.name for p in found.pictures] == ["landscape", "spectrum"]
    assert found.pictures[0].heading.startswith("The run ends on a saddle: across it the loss rises")
    assert [row[1] for row in found.tables[0].rows] == ["strict"] * 6 + ["plateau", "not critical"]


def test_a_degenerate_saddle_bends_nowhere(model: ModelReport) -> None:
    """No curvature points down; the way does, further off."""
    point = replace(critical(), kinds=("degenerate",) * 8)
    found = chapter(at_stage(model, "trained", critical_point=point), landscape(degenerate=True))

    assert "a degenerate saddle in 8 of 8 seeds" in found.lead
    assert found.pictures[0].heading == (
        "The run ends on ground that is flat in every direction nearby; further off a way leads down."
    )


def test_no_way_down_is_no_saddle(model: ModelReport) -> None:
    """Negative curvature alone is told as what it is, and hardly any as none."""
    bent = chapter(model, landscape(escape=False)).pictures[0]
    flat = chapter(model, replace(landscape(escape=False), lambda_min=-1e-9)).pictures[0]

    assert bent.heading == "Where the run ended the loss bends up along one direction and down along another."
    assert flat.heading.endswith("and is all but flat along another.")


@pytest.mark.parametrize("kind", ["not critical", "not examined"])
def test_descent_that_does_not_rest_is_at_no_critical_point(model: ModelReport, kind: str) -> None:
    """The chapter is then about curvature, and says that it alone is no fault."""
    moving = replace(critical(), kinds=(kind,) * 8)  # type: ignore[arg-type]
    found = chapter(at_stage(model, "trained", critical_point=moving), landscape(escape=False))

    assert found.title == "Critical points and curvature"
    assert found.lead == "Descent was still on its way when the audit’s run ended: it rests on no critical point."
    assert "alone is no fault" in found.text
    assert found.tables == ()


def test_without_curvature_the_point_stands_alone(model: ModelReport) -> None:
    """No spectrum and no landscape: the table of the seeds is left."""
    found = chapter(at_stage(model, "initialised", curvature=None), None)

    assert found.pictures == ()
    assert len(found.tables) == 1


def test_one_eigenvalue_is_no_spectrum(model: ModelReport) -> None:
    """Nor is none."""
    for density in ((), SPECTRUM[:1]):
        assert chapter(at_stage(model, "initialised", curvature=curvature(density)), None).pictures == ()


def test_without_point_and_pictures_there_is_no_chapter(model: ModelReport) -> None:
    """Nothing is said of what was not looked at, or of a run that did not rest where nothing else is known."""
    assert not has_chapter(replace(model, measurements=Measurements()))
    moving = at_stage(model, "trained", critical_point=replace(critical(), kinds=("not critical",) * 8))
    assert not has_chapter(measuring(at_stage(moving, "initialised", curvature=None), landscape=None))


def test_curvature_alone_says_how_the_loss_bends(model: ModelReport) -> None:
    """Where no point was asked for."""
    found = chapter(at_stage(model, "trained", critical_point=None), None)

    assert found.lead == "As initialised, the curvature of the loss runs from -0.02 to 0.61."
    assert found.pictures[0].heading == (
        f"{found.lead} About 95% of all directions bend less than a twentieth as sharply as the sharpest."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": ()},
        {"loss": ((1.0,),) * 13},
        {"x": (0.0,) * 13},
        {"y": tuple(range(13, 0, -1))},
        {"x": (math.nan,) * 13},
        {"x": (*range(12), math.inf)},
        {"path": ()},
    ],
    ids=["no loss", "short rows", "one place", "falling", "nan", "inf", "no path"],
)
def test_a_landscape_that_is_no_grid_is_not_drawn(model: ModelReport, changes: dict[str, object]) -> None:
    """A report from elsewhere may hold one; the rest of the page stands."""
    around: Landscape = replace(landscape(), **changes)  # type: ignore[arg-type]

    assert [p.wide.name for p in chapter(model, around).pictures] == ["spectrum"]


@pytest.mark.parametrize("loss", [None, 0.0, 1e300, math.inf])
def test_a_landscape_may_be_flat_or_empty(model: ModelReport, loss: float | None) -> None:
    """No level lines, but the way and the point."""
    around = replace(landscape(), loss=((loss,) * 13,) * 13, lambda_max=0.0, lambda_min=0.0)
    found = chapter(model, around)

    assert found.pictures[0].wide.name == "landscape"
    assert not UNSAID & {word for text in strings(found) for word in text.split()}


def test_a_spectrum_may_hold_anything(model: ModelReport) -> None:
    """All zero, not finite, without weight."""
    for density in (((0.0, 0.5), (0.0, 0.5)), ((-math.inf, 0.5), (math.inf, 0.5)), ((1.0, 0.0), (2.0, 0.0))):
        found = chapter(at_stage(model, "initialised", curvature=curvature(density)), None)
        assert not UNSAID & {word for text in strings(found) for word in text.split()}


def test_points_without_numbers_are_dashes(model: ModelReport) -> None:
    """Seeds that were not walked, and columns shorter than the seeds."""
    point = replace(critical(), loss=NOTHING, escape_loss=alike(None), lambda_min=about(-1.0), direction=())
    found = chapter(at_stage(model, "trained", critical_point=point), None)

    assert "The way down" not in found.lead
    assert all(row[5:7] == ("–", "–") for row in found.tables[0].rows)
