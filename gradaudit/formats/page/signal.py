"""The gradient's way through the layers: the error signal of each dense layer, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gradaudit.domain.findings import Fix
from gradaudit.domain.measurements import LayerSignal, PerSeed, Signal, StageName
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import (
    Chart,
    Heat,
    Lines,
    Point,
    Series,
    heat_chart,
    line_chart,
    sparkline,
)
from gradaudit.formats.page.drawing import drawn
from gradaudit.formats.page.remedy import AS_IT_IS, WITH_THE_FIX, signal_with
from gradaudit.formats.page.view import Column, Limits, Picture, Section, Table, capped
from gradaudit.formats.strength import strength
from gradaudit.text.numbers import large, median_of, number
from gradaudit.text.wording import STAGES, elsewhere, evenly, is_dense, layer_name, numbered, over_seeds, spread_over

MOST_POINTS = 200
_EQUAL, _ALIKE = 1.02, 3.0
"""Seeds whose signals differ by less than this factor tell the same story."""
_MOST_COLUMNS = 20
"""Seeds that have room side by side in a table."""
_Y_HEADING = "error signal (log scale)"
_TEXT = (
    "A layer learns in proportion to the error signal that reaches it. The signal starts at the output (right) and "
    "travels back to the first layer (left); a healthy network hands it on at about the same size."
)
_SEEDS = "Line: median over the seeds. Band: smallest to largest seed."
_KEY = f"{_SEEDS} Norm over the units, root mean square over samples."


def signals(report: ModelReport) -> dict[StageName, Signal]:
    """The stages at which the signal was measured, in the order to show them."""
    stages = report.measurements.stages
    found = {name: stage.signal for name in STAGES if (stage := stages.get(name)) is not None}
    return {name: signal for name, signal in found.items() if signal is not None and signal.layers}


def main_signal(report: ModelReport) -> tuple[StageName, Signal] | None:
    """The stage that the page talks about first."""
    return next(iter(signals(report).items()), None)


def dense(report: ModelReport, signal: Signal) -> tuple[LayerSignal, ...]:
    """The rows of dense layers, in forward order."""
    return tuple(row for row in signal.layers if is_dense(report.model, row.index))


def signal_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None where no signal was measured."""
    stages = {name: dense(report, signal) for name, signal in signals(report).items()}
    stages = {name: rows for name, rows in stages.items() if rows}
    if not stages:
        return None
    lead = " ".join(_sentence(report, name, rows) for name, rows in _telling(stages).items())
    chart = _lines(report, stages, lead)
    shown = list(stages.items())[: limits.stages]
    tables = tuple(capped(_table(report, name, rows), limits.rows) for name, rows in shown)
    pictures = (
        drawn(line_chart, chart, _KEY, tables),
        *_heat(report, stages, limits),
    )
    title = "The gradient's way through the layers"
    notes = (*_notes(report, stages), *elsewhere(len(stages), limits.stages))
    return Section(f"{anchor}-signal", title, lead, _TEXT, pictures, notes=notes)


def signal_story(report: ModelReport, fix: Fix | None) -> Picture | None:
    """The signal of the stage that the page talks about, and with the fix where that was measured."""
    main = main_signal(report)
    rows = dense(report, main[1]) if main is not None else ()
    if main is None or len(rows) < 2:
        return None
    course = fix.course.error_signal if fix is not None and fix.course is not None else ()
    heading = f"{_sentence(report, main[0], rows)} {signal_with(fix)}".strip()
    shown = evenly(len(rows), MOST_POINTS)
    alike = len(course) in (0, len(rows)) and len(shown) == len(rows)
    names = tuple(layer_name(report.model, row.index) for row in rows) if alike else ()
    series = [Series(AS_IT_IS if course else "", _points(report, rows), 0)]
    if course:
        series.append(Series(WITH_THE_FIX, tuple(Point(i, course[i]) for i in evenly(len(course), MOST_POINTS)), 2))
    x_heading = "layer, input side first" if alike else "dense layer, counted from the input side"
    chart = Lines("story", heading, _Y_HEADING, x_heading, tuple(series), names=names, logarithmic=True)
    key = f"A healthy line is level. {numbered(report.model)} {_SEEDS}"
    return drawn(line_chart, chart, key, heading=heading)


def _heat(
    report: ModelReport, stages: Mapping[StageName, tuple[LayerSignal, ...]], limits: Limits
) -> tuple[Picture, ...]:
    """Every seed's error signal at every layer, where there are several of both."""
    name, rows = next(iter(stages.items()))
    seeds = max(len(row.error_signal_rms.values) for row in rows)
    if seeds < 2 or len(rows) < 2:
        return ()
    shown = [rows[i] for i in evenly(len(rows), MOST_POINTS // seeds)]
    names = tuple(layer_name(report.model, row.index) for row in shown)
    values = tuple(tuple(_of_seed(strength(report.model, row), seed) for row in shown) for seed in range(seeds))
    heading = _agreement(rows, seeds)
    labels = tuple(f"seed {report.settings.seed + seed}" for seed in range(seeds))
    heat = Heat("heat", heading, "layer, input side first", "error signal", names, labels, values)
    columns = (Column("Layer", numeric=False), *(Column(label) for label in labels))
    body = tuple(
        (
            layer_name(report.model, row.index),
            *(number(_of_seed(strength(report.model, row), seed)) for seed in range(seeds)),
        )
        for row in rows
    )
    table = Table(f"Error signal, {STAGES[name]}: seed by seed", columns, body)
    tables = (capped(table, limits.rows),) if limits.every_table and seeds <= _MOST_COLUMNS else ()
    key = f"One row a seed, one column a layer, {STAGES[name]}. The darker, the stronger the error signal."
    return (drawn(heat_chart, heat, key, tables, heading),)


def _of_seed(values: PerSeed, seed: int) -> float | None:
    return values.values[seed] if seed < len(values.values) else None


def _agreement(rows: tuple[LayerSignal, ...], seeds: int) -> str:
    """How far the seeds lie apart where they lie furthest apart."""
    spreads = [row.error_signal_rms for row in rows]
    factors = [s.max / s.min for s in spreads if s.min and s.max and s.min > 0]
    widest = max(factors, default=math.inf)
    if widest < _EQUAL:
        return f"All {seeds} seeds agree at every layer."
    if widest < _ALIKE:
        return f"All {seeds} seeds agree: at no layer do they differ by more than a factor of {number(widest)}."
    apart = f"by up to a factor of {large(widest)} at one layer" if math.isfinite(widest) else "without bound"
    return f"The seeds differ {apart}."


def signal_spark(report: ModelReport) -> Chart | None:
    """The medians of the first stage, input side first, for the overview of several models."""
    first = main_signal(report)
    medians = [strength(report.model, row).median for row in dense(report, first[1])] if first else []
    values = [v for v in medians if v is not None and v > 0]
    if first is None or len(values) < 2:
        return None
    shown = [values[i] for i in evenly(len(values), 60)]
    return sparkline(_sentence(report, first[0], dense(report, first[1])), shown)


def _telling(stages: Mapping[StageName, tuple[LayerSignal, ...]]) -> dict[StageName, tuple[LayerSignal, ...]]:
    """The stages that were given; what the audit's own run made of them is in the picture."""
    return {name: rows for name, rows in stages.items() if name != "trained"} or dict(stages)


def _sentence(report: ModelReport, stage: StageName, rows: tuple[LayerSignal, ...]) -> str:
    first, last = strength(report.model, rows[0]), strength(report.model, rows[-1])
    front, back = layer_name(report.model, rows[0].index), layer_name(report.model, rows[-1].index)
    said = STAGES[stage][0].upper() + STAGES[stage][1:]
    if len(rows) == 1:
        return f"{said}, there is one layer, and the error signal reaches it directly."
    if first.median is None or last.median is None:
        broken = any(row.error_signal_rms.non_finite for row in rows)
        why = "is not finite: the pass overflows or gives NaN" if broken else "is not defined everywhere"
        return f"{said}, the error signal {why}."
    if last.median == 0:
        return f"{said}, the error signal is exactly zero already at {back}: no layer can learn."
    if first.median == 0:
        return f"{said}, no error signal reaches {front}: it is exactly zero there."
    return f"{said}, {_change(first.median, last.median)} on its way from {back} back to {front}."


def _change(first: float, last: float) -> str:
    if first < last / 10:
        return f"the error signal shrinks by a factor of {large(last / first)}"
    if first > last * 10:
        return f"the error signal grows by a factor of {large(first / last)}"
    return f"the error signal stays of one size, a factor of {number(first / last)},"


def _lines(report: ModelReport, stages: Mapping[StageName, tuple[LayerSignal, ...]], title: str) -> Lines:
    rows = max(stages.values(), key=len)
    shown = evenly(len(rows), MOST_POINTS)
    names = tuple(layer_name(report.model, rows[i].index) for i in shown) if len(shown) == len(rows) else ()
    series = tuple(
        Series(_short(name) if len(stages) > 1 else "", _points(report, of_stage), hue)
        for hue, (name, of_stage) in enumerate(stages.items())
    )
    heading = "layer, input side first" if len(rows) > 1 else "layer"
    return Lines("signal", title, _Y_HEADING, heading, series, names=names, logarithmic=True)


def _short(stage: StageName) -> str:
    return "after training" if stage == "trained" else stage


def _points(report: ModelReport, rows: tuple[LayerSignal, ...]) -> tuple[Point, ...]:
    shown = evenly(len(rows), MOST_POINTS)
    return tuple(Point(i, *spread_over(strength(report.model, rows[i]))) for i in shown)


def _table(report: ModelReport, stage: StageName, rows: tuple[LayerSignal, ...]) -> Table:
    columns = (
        Column("Layer", numeric=False),
        Column("Error signal"),
        Column("Lowest to highest seed"),
        Column("Weight gradient"),
        Column("Activations' spread"),
        Column("First update / weights"),
    )
    body = tuple(
        (
            layer_name(report.model, row.index),
            median_of(strength(report.model, row)),
            over_seeds(strength(report.model, row)),
            median_of(row.weight_gradient_norm),
            median_of(row.activation_std),
            median_of(row.update_ratio),
        )
        for row in rows
    )
    return Table(f"Signal per layer, {STAGES[stage]}: medians over the seeds", columns, body)


def _notes(report: ModelReport, stages: Mapping[StageName, tuple[LayerSignal, ...]]) -> tuple[str, ...]:
    notes = []
    for name, rows in stages.items():
        worst = max(rows, key=lambda row: row.error_signal_rms.non_finite).error_signal_rms
        if worst.non_finite:
            seeds = f"in up to {worst.non_finite} of {len(worst.values)} seeds"
            notes.append(f"{STAGES[name].capitalize()}, the error signal is not finite {seeds}; they are left out.")
        zero = [row.index for row in rows if row.error_signal_rms.median == 0]
        if zero:
            named = ", ".join(layer_name(report.model, i) for i in zero[:6]) + (", …" if len(zero) > 6 else "")
            notes.append(f"Open triangles on the lower edge stand for exactly zero ({STAGES[name]}: {named}).")
    return tuple(notes)
