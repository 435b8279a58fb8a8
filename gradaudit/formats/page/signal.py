"""The gradient across the layers: the backpropagated gradient of each dense layer, on a logarithmic scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradaudit.domain.findings import Fix
from gradaudit.domain.measurements import LayerSignal, Signal, StageName
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Lines, Point, Series, line_chart
from gradaudit.formats.page.drawing import drawn, seeds_key
from gradaudit.formats.page.remedy import AS_IT_IS, WITH_THE_FIX
from gradaudit.formats.page.stages import at_stages
from gradaudit.formats.page.tables import Table, capped
from gradaudit.formats.page.view import Limits, Picture, Section
from gradaudit.text.numbers import large, median_of, number
from gradaudit.text.wording import (
    STAGES,
    evenly,
    has_weights,
    layer_name,
    over_seeds,
    sentence,
    spread_over,
    tick_names,
)

MOST_POINTS = 200
_EQUAL, _ALIKE = 1.02, 3.0
"""Seeds whose gradients differ by less than this factor tell the same story."""
_RATIO = "error_signal_norm_ratio"
_Y_HEADING = "size of the gradient (log scale)"
_TEXT = (
    "Each layer learns in proportion to the gradient that reaches it, δ = ∂loss/∂z, where z goes into its activation. "
    "Backpropagation begins at the output (right) and ends at the first layer (left); in a network that trains well, "
    "the gradient is roughly constant."
)


def signals(report: ModelReport) -> dict[StageName, Signal]:
    """The stages at which the gradient was measured, in the order to show them."""
    return at_stages(report, lambda stage: stage.signal if stage.signal and stage.signal.layers else None)


def main_signal(report: ModelReport) -> tuple[StageName, Signal] | None:
    """The stage that the page talks about first."""
    return next(iter(signals(report).items()), None)


def dense(report: ModelReport, signal: Signal) -> tuple[LayerSignal, ...]:
    """The rows of dense layers, in forward order."""
    return tuple(row for row in signal.layers if has_weights(report.model, row.index))


def signal_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None where no gradient was measured."""
    found = signals(report)
    stages = {name: rows for name, signal in found.items() if (rows := dense(report, signal))}
    if not stages:
        return None
    lead = " ".join(_sentence(report, name, found[name], rows) for name, rows in _telling(stages).items())
    shown = list(stages.items())[: limits.stages] if limits.every_table else ()
    tables = tuple(capped(_table(report, name, rows), limits.rows) for name, rows in shown)
    zero = _zero(row for rows in stages.values() for row in rows)
    chart = _lines(report, stages, lead)
    picture = drawn(line_chart, chart, f"{seeds_key(chart)}{zero}", tables)
    notes = (*_notes(stages), *_agreement(stages))
    return Section(f"{anchor}-signal", "Gradient across the layers", lead, _TEXT, (picture,), notes=notes)


def signal_story(report: ModelReport, fix: Fix | None) -> Picture | None:
    """The gradient as it is and with the fix; at every stage where no fix was measured."""
    main = main_signal(report)
    rows = dense(report, main[1]) if main is not None else ()
    if main is None or len(rows) < 2:
        return None
    course = fix.course.error_signal if fix is not None and fix.course is not None else ()
    heading = f"{_sentence(report, *main, rows)} {_with(fix)}".strip()
    alike = len(course) in (0, len(rows)) and len(rows) <= MOST_POINTS
    names = tick_names(report.model, [row.index for row in rows]) if alike else ()
    later = [] if course else [(name, dense(report, s)) for name, s in signals(report).items() if name != main[0]]
    series = [Series(AS_IT_IS if course else STAGES[main[0]] if later else "", _points(report, rows), 0)]
    for name, each in later:
        medians = tuple(Point(point.x, point.y) for point in _points(report, each))
        series.append(Series(STAGES[name], medians, 1, quiet=True, marked=False))
    if course:
        series.append(Series(WITH_THE_FIX, tuple(Point(i, course[i]) for i in evenly(len(course), MOST_POINTS)), 2))
    x_heading = "layer, input side first" if alike else "dense layer, counted from the input side"
    chart = Lines("story", heading, _Y_HEADING, x_heading, tuple(series), names=names, logarithmic=True)
    grey = f" Grey dashes: {STAGES[later[0][0]]}." if later else ""
    return drawn(line_chart, chart, f"{seeds_key(chart)}{grey}{_zero(rows)}", heading=heading, shows="signal")


def _with(fix: Fix | None) -> str:
    """What the gradient does across the layers with that fix; empty where it was not measured."""
    ratio = fix.after.get(_RATIO) if fix is not None else None
    return f"With the fix, {change(ratio, 'it')}." if ratio else ""


def _agreement(stages: Mapping[StageName, tuple[LayerSignal, ...]]) -> tuple[str, ...]:
    """How far the seeds lie apart where they lie furthest apart, at the first stage."""
    spreads = [row.error_signal_rms for row in next(iter(stages.values()))]
    seeds = max(len(spread.finite) for spread in spreads)
    factors = [s.max / s.min for s in spreads if s.min and s.max and s.min > 0]
    if seeds < 2 or not factors:
        return ()
    widest = max(factors)
    if widest < _EQUAL:
        return (f"All {seeds} seeds agree at every layer.",)
    far = number(widest) if widest < _ALIKE else large(widest)
    return (f"The {seeds} seeds differ by at most a factor of {far} at any layer.",)


def _telling(stages: Mapping[StageName, tuple[LayerSignal, ...]]) -> dict[StageName, tuple[LayerSignal, ...]]:
    """The stages that were given; what the audit's own run made of them is in the picture."""
    return {name: rows for name, rows in stages.items() if name != "trained"} or dict(stages)


def _sentence(report: ModelReport, stage: StageName, signal: Signal, rows: tuple[LayerSignal, ...]) -> str:
    first, last = report.model.error_signal_norm(rows[0]), report.model.error_signal_norm(rows[-1])
    front, back = layer_name(report.model, rows[0].index), layer_name(report.model, rows[-1].index)
    said = sentence(STAGES[stage])
    if len(rows) == 1:
        return f"{said}, there is one layer, and the gradient reaches it directly."
    if first.median is None or last.median is None:
        broken = any(row.error_signal_rms.non_finite for row in rows)
        why = "is not finite: the pass overflows or gives NaN" if broken else "is not defined everywhere"
        return f"{said}, the gradient {why}."
    if last.median == 0:
        return f"{said}, the gradient is exactly zero already at {back}: no layer can learn."
    ratio = signal.error_signal_norm_ratio.median
    if first.median == 0 or not ratio:
        return f"{said}, no gradient reaches {front}: it is exactly zero there."
    return f"{said}, {change(ratio, 'the gradient', f' from {back} back to {front}')}."


def change(ratio: float, what: str, way: str = "", across: str = "layers") -> str:
    """What becomes of the gradient's size, from the first layer's over the last one's, or the first step's."""
    if ratio < 0.1:
        return f"{what} shrinks by a factor of {_rough(1 / ratio)}{way}"
    if ratio > 10:
        return f"{what} grows by a factor of {_rough(ratio)}{way}"
    return f"{what} is roughly constant across {across} (×{number(ratio)} from last to first)"


def _rough(factor: float) -> str:
    """To two digits, 200,000 or 1.4 million, as far as words go."""
    return large(float(f"{factor:.2g}")) if factor < 1e15 else large(factor)


def _lines(report: ModelReport, stages: Mapping[StageName, tuple[LayerSignal, ...]], title: str) -> Lines:
    rows = max(stages.values(), key=len)
    shown = evenly(len(rows), MOST_POINTS)
    names = tick_names(report.model, [rows[i].index for i in shown]) if len(shown) == len(rows) else ()
    series = tuple(
        Series(STAGES[name] if len(stages) > 1 else "", _points(report, of_stage), hue)
        for hue, (name, of_stage) in enumerate(stages.items())
    )
    heading = "layer, input side first" if len(rows) > 1 else "layer"
    return Lines("signal", title, _Y_HEADING, heading, series, names=names, logarithmic=True)


def _points(report: ModelReport, rows: tuple[LayerSignal, ...]) -> tuple[Point, ...]:
    shown = evenly(len(rows), MOST_POINTS)
    return tuple(Point(i, *spread_over(report.model.error_signal_norm(rows[i]))) for i in shown)


def _table(report: ModelReport, stage: StageName, rows: tuple[LayerSignal, ...]) -> Table:
    heads = "Layer|Gradient|Lowest to highest seed|Weight gradient|Std of outputs|First step / weights"
    body = (
        (
            layer_name(report.model, row.index),
            median_of(report.model.error_signal_norm(row)),
            over_seeds(report.model.error_signal_norm(row)),
            median_of(row.weight_gradient_norm),
            median_of(row.activation_std),
            median_of(row.update_ratio),
        )
        for row in rows
    )
    return Table.of(f"Per layer, {STAGES[stage]}: medians over the seeds", heads, body)


def _zero(rows: Iterable[LayerSignal]) -> str:
    """What an open triangle means, where there is one."""
    return " Open triangle on the axis: exactly zero." if any(row.error_signal_rms.median == 0 for row in rows) else ""


def _notes(stages: Mapping[StageName, tuple[LayerSignal, ...]]) -> tuple[str, ...]:
    notes = []
    for name, rows in stages.items():
        worst = max(rows, key=lambda row: row.error_signal_rms.non_finite).error_signal_rms
        if worst.non_finite:
            seeds = f"in up to {worst.non_finite} of {len(worst.values)} seeds"
            notes.append(f"{sentence(STAGES[name])}, the gradient is not finite {seeds}; they are left out.")
    return tuple(notes)
