"""Before and after the best fix: two charts with their sentences and tables, only where a fix was seen to help."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.finding import Course
from gradaudit.formats.page.remedy import remedy_sections
from gradaudit.formats.page.view import Limits

AFTER = Course((0.2, 0.3, 0.4), (0, 10, 20), (2.3, 1.1, 0.25))


@pytest.fixture
def model(sick):
    """The sick model of the sample report."""
    return sick.reports[0]


def healed(report, **changes):
    """The sick model's report, whose first fix was measured."""
    finding, *others = report.findings
    fix, *rest = finding.fixes
    better = replace(fix, **{"course": AFTER, **changes})
    return replace(report, findings=(replace(finding, fixes=(better, *rest)), *others))


def sections(report):
    """The chapters on the best fix."""
    return list(remedy_sections(report, "m", Limits(rows=40, stages=2, findings=20, models=5)))


def test_signal_and_loss_stand_beside_those_of_the_model_itself(model):
    """The sentences name the fix and both numbers; each chart has two lines and a table."""
    signal, loss = sections(healed(model))
    assert "relu with he_normal" in signal.lead
    assert "0.5" in signal.lead  # 0.2 over 0.4
    assert "0.25" in loss.lead
    for section in (signal, loss):
        assert len(section.picture.tables) == 1
        assert section.picture.wide.title == section.lead
    assert [column.label for column in signal.picture.tables[0].columns] == ["Dense layer", "As it is", "With the fix"]
    assert signal.picture.tables[0].rows[0][2] == "0.2"
    assert loss.picture.tables[0].rows[1] == ("With the fix", "20", "2.3", "0.25")


def test_a_fix_that_changes_the_depth_has_fewer_layers(model):
    """The chart and the table hold both; where one has ended there is a dash."""
    signal, _ = sections(healed(model))
    assert signal.picture.tables[0].rows[-1][2] == "–"


def test_without_a_fix_that_helps_there_is_nothing_to_compare(model):
    """Not measured, or measured in vain."""
    assert sections(model) == []
    assert sections(healed(model, clears=())) == []
    assert sections(replace(model, findings=())) == []


def test_a_run_that_diverges_has_a_dash_for_its_loss(model):
    """No number, no crash."""
    gone = Course((0.2, None, 0.0), (0, 10), (2.3, None))
    signal, loss = sections(healed(model, course=gone))
    assert "–" in signal.lead
    assert "–" in loss.lead
