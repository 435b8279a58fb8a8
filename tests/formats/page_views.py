"""What the tests of the page ask of its view model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.report import ModelReport, Report
from gradaudit.formats.page import SCREEN, build
from gradaudit.formats.page.tables import Table
from gradaudit.formats.page.view import ModelPage, Page, Picture, Section

UNSAID = {"None", "nan", "inf", "-inf", "NaN"}
"""What a reader must not be shown in place of a number."""


def page_of(report: ModelReport) -> ModelPage:
    """The only model's part of the page."""
    return build(Report((report,)), SCREEN).models[0]


def section(page: Page | ModelPage, ending: str) -> Section:
    """The (first) model's chapter with that ending of its id."""
    model = page.models[0] if isinstance(page, Page) else page
    return next(s for s in model.sections if s.id.endswith(f"-{ending}"))


def pictures(page: ModelPage) -> Iterator[Picture]:
    """The story's picture and those of every chapter."""
    if page.picture:
        yield page.picture
    for chapter in page.sections:
        yield from chapter.pictures


def tables(page: ModelPage) -> Iterator[Table]:
    """Every table of every chapter."""
    for chapter in page.sections:
        yield from chapter.tables
        for picture in chapter.pictures:
            yield from picture.tables


def strings(node: object) -> Iterator[str]:
    """Every string of a view model, charts included."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from strings(item)
    elif is_dataclass(node):
        for field in fields(node):
            yield from strings(getattr(node, field.name))


def longest_line(picture: Picture) -> int:
    """The most points that one series' line has, in either size."""
    lines = [g for chart in (picture.wide, picture.narrow) for g in chart.groups if g.style.name.startswith("line")]
    return max((sum(len(path.d.split()) for path in group.paths) for group in lines), default=0)


def found(rule: str, *fixes: Fix, **more: Any) -> Finding:
    """An error of that rule with these fixes."""
    return Finding(rule, Severity.ERROR, f"{rule} was found", "a cause", {}, fixes=fixes, **more)


def measuring(report: ModelReport, **changes: Any) -> ModelReport:
    """The report with other measurements."""
    return replace(report, measurements=replace(report.measurements, **changes))


def at_stage(report: ModelReport, name: str, **changes: Any) -> ModelReport:
    """The report with other measurements at one stage."""
    stages = report.measurements.stages
    changed = replace(stages[name], **changes)  # type: ignore[index]
    return measuring(report, stages={**stages, name: changed})
