"""The units' state: how many are dead, how many samples find them saturated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gradaudit.domain.findings import Fix
from gradaudit.domain.measurements import LayerUnits, StageName
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Lines, Point, Series, line_chart
from gradaudit.formats.page.drawing import drawn, seeds_key
from gradaudit.formats.page.stages import at_stages
from gradaudit.formats.page.tables import Table, capped
from gradaudit.formats.page.view import Limits, Picture, Section
from gradaudit.text.numbers import NOTHING, percent
from gradaudit.text.wording import (
    STAGES,
    evenly,
    layer_name,
    layer_names,
    spread_over,
    tick_names,
    unit_word,
)

_TEXT = (
    "A dead unit gives the same output for every input and passes no gradient back. A saturated one lies where its "
    "activation is flat (f′ below 5% of its largest value), so that almost no gradient passes back."
)
_WORTH_A_PICTURE = 0.01
_NONE = {
    "dead": "No unit is dead.",
    "saturated": "No unit is saturated.",
}


@dataclass(frozen=True, slots=True)
class _Share:
    """One of the two shares at one stage."""

    name: str
    stage: StageName
    rows: tuple[LayerUnits, ...]
    of: Callable[[LayerUnits], PerSeed | None]

    @property
    def worst(self) -> tuple[float, int]:
        """The highest median and the index of its first row; −1 where the share is not defined anywhere."""
        return max(self.medians, key=lambda pair: pair[0], default=(-1.0, 0))

    @property
    def varies(self) -> bool:
        """Whether it differs from layer to layer: else a line says no more than its sentence."""
        return len({median for median, _ in self.medians}) > 1

    @property
    def medians(self) -> list[tuple[float, int]]:
        """Of each row where the share is defined, with its index."""
        found = [(self.of(row), row.index) for row in self.rows]
        return [(v.median, i) for v, i in found if v and v.median is not None]


def units_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; a sentence alone where nothing is wrong, None where the units were not looked at."""
    shares = [share for share in _shares(report) if share.worst[0] >= 0]
    if not shares:
        return None
    section, title, lead = f"{anchor}-units", "Units", " ".join(_sentences(report, shares))
    shown = [share for share in shares if share.worst[0] >= _WORTH_A_PICTURE]
    if not shown:
        return Section(section, title, lead)
    tables = tuple(capped(_table(report, stage, shares), limits.rows) for stage in _stages(shares)[: limits.stages])
    if not any(share.varies for share in shown):
        return Section(section, title, lead, _TEXT, tables=tables if limits.every_table else ())
    chart = _lines(report, shown, lead)
    picture = drawn(line_chart, chart, seeds_key(chart), tables if limits.every_table else ())
    return Section(section, title, lead, _TEXT, (picture,))


def units_story(report: ModelReport, fix: Fix | None) -> Picture | None:
    """The shares of the stage where they are worst; None where no unit is dead or saturated."""
    shares = [share for share in _shares(report) if share.worst[0] >= _WORTH_A_PICTURE and share.varies]
    if not shares:
        return None
    worst = max(shares, key=lambda share: share.worst[0])
    shown = [share for share in shares if share.stage == worst.stage]
    heading = " ".join(_sentences(report, shown))
    chart = replace(_lines(report, shown, heading), name="story")
    key = f"Share of each layer's units. {seeds_key(chart)}"
    return drawn(line_chart, chart, key, heading=heading, shows="units")


def worst_share(report: ModelReport, name: str) -> float | None:
    """The highest median share of `dead` or `saturated` units over all hidden layers and stages."""
    found = [replace(share, rows=share.rows[:-1]).worst[0] for share in _shares(report) if share.name == name]
    return max((v for v in found if v >= 0), default=None)


def _shares(report: ModelReport) -> list[_Share]:
    return [
        share
        for name, units in at_stages(report, lambda stage: stage.units).items()
        for share in (
            _Share("dead", name, units.layers, lambda row: row.dead_fraction),
            _Share("saturated", name, units.layers, lambda row: row.saturated_fraction),
        )
    ]


def _stages(shares: list[_Share]) -> list[StageName]:
    return list(dict.fromkeys(share.stage for share in shares))


def _sentences(report: ModelReport, shares: list[_Share]) -> list[str]:
    """One sentence a kind of trouble, from the stage where it is worst."""
    said = []
    for name, what in (("dead", "of the {} are dead"), ("saturated", "of the {}' outputs are saturated")):
        of_kind = [share for share in shares if share.name == name]
        worst = max(of_kind, key=lambda share: share.worst[0], default=None)
        if worst is None:
            continue
        value, index = worst.worst
        alike = [row for share, row in worst.medians if share == value]
        where = f"{layer_names(report.model, alike)}, {STAGES[worst.stage]}"
        of = what.format(unit_word(report.model, index))
        said.append(f"In {where}, {percent(value)} {of}." if value else _NONE[name])
    return said


def _lines(report: ModelReport, shares: list[_Share], title: str) -> Lines:
    several = len(_stages(shares)) > 1
    rows = max((share.rows for share in shares), key=len)
    names = tick_names(report.model, [row.index for row in rows]) if len(rows) <= 200 else ()
    series = tuple(
        Series(f"{share.name}, {STAGES[share.stage]}" if several else share.name, _points(share), hue)
        for hue, share in enumerate(shares)
    )
    heading, way = "share of the layer", "layer, input side first"
    return Lines("units", title, heading, way, series, names=names, ceiling=1.0, form=percent)


def _points(share: _Share) -> tuple[Point, ...]:
    return tuple(Point(i, *spread_over(share.of(share.rows[i]))) for i in evenly(len(share.rows), 200))


def _table(report: ModelReport, stage: StageName, shares: list[_Share]) -> Table:
    of_stage = [share for share in shares if share.stage == stage]
    heads = "|".join(("Layer", *(share.name.capitalize() for share in of_stage)))
    rows = (
        (layer_name(report.model, row.index), *(_share(share.of(row)) for share in of_stage))
        for row in of_stage[0].rows
        if any(share.of(row) for share in of_stage)
    )
    return Table.of(f"Units per layer, {STAGES[stage]}: medians over the seeds", heads, rows)


def _share(values: PerSeed | None) -> str:
    if values is None or values.median is None:
        return NOTHING
    low, high = percent(values.min), percent(values.max)
    return percent(values.median) if low == high else f"{percent(values.median)} ({low} to {high})"
