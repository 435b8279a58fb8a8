"""The gradient through time: what is left of it in a recurrent layer, step by step back from a sequence's end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradaudit.domain.findings import Fix
from gradaudit.domain.measurements import Signal, StageName, ThroughTime
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Lines, Point, ReferenceLine, Series, Upright, line_chart
from gradaudit.formats.page.drawing import drawn, seeds_key
from gradaudit.formats.page.remedy import AS_IT_IS, WITH_THE_FIX
from gradaudit.formats.page.signal import change, signals
from gradaudit.formats.page.tables import Table, capped
from gradaudit.formats.page.view import Limits, Picture, Section
from gradaudit.text.numbers import median_of, number
from gradaudit.text.wording import STAGES, layer_name, sentence, spread_over

_TEXT = (
    "The loss is read from the last step alone, and its derivative by the layer's state is followed back to the first "
    "step: what has become of it there is all that the first inputs can teach. A small ratio is a symptom and no "
    "verdict: such a network learns what is near the end of its sequences."
)
_Y_HEADING = "gradient, over that at the last step (log scale)"
_LEVEL = ReferenceLine(1.0, "unchanged")
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class _Way:
    """One direction of one recurrent layer at one stage."""

    layer: str
    time: ThroughTime

    @property
    def name(self) -> str:
        return self.layer if self.time.direction == "forward" else f"{self.layer}, backward half"

    @property
    def off(self) -> float:
        """How far the ratio lies from 1, by its inverse where it is smaller; endless where no seed's is a number."""
        ratio = self.time.ratio.median
        return max(ratio, 1 / ratio) if ratio else float("inf")

    def series(self, label: str, hue: int) -> Series:
        """Against steps back, each seed over its own gradient at the last step."""
        last = self.time.profile[-1].values
        points = (
            Point(self.time.steps - 1 - at, *spread_over(_over(values, last)))
            for at, values in zip(self.time.at, self.time.profile, strict=True)
        )
        return Series(label, tuple(points)[::-1], hue)

    def sentence(self, stage: StageName) -> str:
        """What becomes of the gradient, from the last step to the first."""
        ratio, said = self.time.ratio.median, sentence(STAGES[stage])
        way = f"from the last of {self.time.steps} steps back to the first"
        if ratio is None:
            return f"{said}, the gradient in {self.name} is not finite {way}."
        if ratio == 0:
            return f"{said}, the gradient in {self.name} is exactly zero at the first of {self.time.steps} steps."
        return f"{said}, {change(ratio, f'the gradient in {self.name}', f' {way}', 'steps')}."


def time_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None of a network without recurrent layers."""
    stages = _stages(report)
    if not stages:
        return None
    stage, ways = next(iter(stages.items()))
    lead = _worst(ways).sentence(stage)
    series = tuple(way.series(way.name if len(ways) > 1 else "", i) for i, way in enumerate(ways[:_MOST_LINES]))
    shown = list(stages.items())[: limits.stages] if limits.every_table else ()
    tables = tuple(capped(_table(name, of_stage), limits.rows) for name, of_stage in shown)
    chart = _lines(lead, series, ways)
    picture = drawn(line_chart, chart, _key(chart), tables)
    return Section(f"{anchor}-time", "Gradient through time", lead, _TEXT, (picture,))


def time_story(report: ModelReport, fix: Fix | None) -> Picture | None:
    """The layer in which the gradient changes most, and where the fix leaves it at the first step."""
    stages = _stages(report)
    if not stages:
        return None
    stage, ways = next(iter(stages.items()))
    way = _worst(ways)
    ratio = fix.after.get("time_ratio") if fix is not None else None
    heading = way.sentence(stage)
    series: tuple[Series, ...] = (way.series(AS_IT_IS if ratio else "", 0),)
    if ratio:
        heading += f" With the fix, {change(ratio, 'it', across='steps')}."
        series += (Series(WITH_THE_FIX, (Point(way.time.steps - 1, ratio),), 2),)
    chart = replace(_lines(heading, series, [way]), name="story")
    return drawn(line_chart, chart, _key(chart), heading=heading, shows="time")


def _key(chart: Lines) -> str:
    return f"Gradient by the layer's state. {seeds_key(chart)} Upright: a sequence's length."


def _stages(report: ModelReport) -> dict[StageName, list[_Way]]:
    """Every direction of every recurrent layer whose profile is known, by stage."""
    found = {name: list(_ways(report, signal)) for name, signal in signals(report).items()}
    return {name: ways for name, ways in found.items() if ways}


def _ways(report: ModelReport, signal: Signal) -> Sequence[_Way]:
    rows = ((layer_name(report.model, row.index), time) for row in signal.layers for time in row.time)
    known = ((name, time) for name, time in rows if any(value is not None for value in time.ratio.values))
    return [_Way(name, time) for name, time in known if len(time.profile) > 1]


def _worst(ways: Sequence[_Way]) -> _Way:
    return max(ways, key=lambda way: way.off)


def _over(values: PerSeed, last: Sequence[float | None]) -> PerSeed:
    return PerSeed.of(v / end if v is not None and end else None for v, end in zip(values.values, last, strict=True))


def _lines(title: str, series: tuple[Series, ...], ways: Sequence[_Way]) -> Lines:
    lengths = sorted({way.time.steps for way in ways})
    ends = tuple(Upright(steps - 1, f"first of {steps} steps") for steps in lengths)
    return Lines("time", title, _Y_HEADING, "steps back in time", series, (_LEVEL,), logarithmic=True, uprights=ends)


def _table(stage: StageName, ways: Sequence[_Way]) -> Table:
    heads = "Layer|Steps|First over last step|Gain per step back|Predicted|Steps to 1/e|Spectral radius"
    rows = (
        (
            way.name,
            number(way.time.steps),
            median_of(way.time.ratio),
            median_of(way.time.gain),
            number(way.time.predicted),
            median_of(way.time.memory),
            median_of(way.time.spectral_radius),
        )
        for way in ways
    )
    return Table.of(f"Through time, {STAGES[stage]}: medians over the seeds", heads, rows)
