"""What the activation's slope is where the units are: f′ over the histogram of the observed z."""

from __future__ import annotations

from gradaudit.domain.measurements import LayerUnits, StageName
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Panel, Profile, profile_chart
from gradaudit.formats.page.drawing import drawn
from gradaudit.formats.page.stages import at_stages
from gradaudit.formats.page.tables import Table
from gradaudit.formats.page.view import Limits, Picture
from gradaudit.text.numbers import number, percent
from gradaudit.text.wording import STAGES, activation_of, evenly, layer_name

_MOST_PANELS = 3
_SMALL = 0.05
"""Share of the largest slope seen under which a slope passes next to nothing back."""
_FEWEST_BINS = 4


def profile_pictures(report: ModelReport, limits: Limits) -> tuple[Picture, ...]:
    """The first, the middle and the last hidden layer; none where their units were not looked at."""
    found = _hidden(report)
    if found is None:
        return ()
    stage, rows = found
    shown = [rows[i] for i in evenly(len(rows), _MOST_PANELS)]
    panels = tuple(
        Panel(layer_name(report.model, row.index), *row.histogram_range, row.histogram, row.derivative) for row in shown
    )
    said = _sentence(report, shown)
    profile = Profile("profile", said, "z, what goes into the activation of a unit", panels)
    key = f"Bars: how often each z occurs, {STAGES[stage]}. Line: f′(z). {said}"
    tables = (_table(report, rows[: limits.rows]),) if limits.every_table else ()
    return (drawn(profile_chart, profile, key, tables),)


def _hidden(report: ModelReport) -> tuple[StageName, list[LayerUnits]] | None:
    """The layers whose z and f′ are known, at the first stage that has any."""
    for name, units in at_stages(report, lambda stage: stage.units).items():
        if known := [row for row in units.layers[:-1] if _FEWEST_BINS <= len(row.histogram) == len(row.derivative)]:
            return name, known
    return None


def _mean_slope(row: LayerUnits) -> float:
    total = sum(row.histogram)
    return sum(share * slope for share, slope in zip(row.histogram, row.derivative, strict=True)) / (total or 1.0)


def _flat_share(row: LayerUnits) -> float:
    steepest = max(abs(slope) for slope in row.derivative)
    flat = (s for s, slope in zip(row.histogram, row.derivative, strict=True) if abs(slope) <= _SMALL * steepest)
    return sum(flat) / (sum(row.histogram) or 1.0)


def _sentence(report: ModelReport, rows: list[LayerUnits]) -> str:
    """Of the layer with the smallest mean slope."""
    least = min(rows, key=lambda row: abs(_mean_slope(row)))
    activation = activation_of(report.model, least.index)
    where = layer_name(report.model, least.index)
    return f"In {where}, the derivative of {activation} is {number(_mean_slope(least))} on average."


def _table(report: ModelReport, rows: list[LayerUnits]) -> Table:
    heads = "Layer|Lowest z|Highest z|Mean derivative f′|Where f′ is small"
    body = (
        (
            layer_name(report.model, row.index),
            number(row.histogram_range[0]),
            number(row.histogram_range[1]),
            number(_mean_slope(row)),
            percent(_flat_share(row)),
        )
        for row in rows
    )
    note = "Lowest and highest: the 0.1% and 99.9% quantiles. Small: under 5% of the largest one seen."
    return Table.of("Pre-activations, all seeds together", heads, body, note)
