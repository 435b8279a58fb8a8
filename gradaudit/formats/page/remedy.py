"""Before and after the best fix: the gradient's way back, and the loss of the training run."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradaudit.finding import Course, Fix
from gradaudit.formats.charts import NARROW, WIDE, Lines, Point, Rule, Series, line_chart
from gradaudit.formats.page.signal import dense, main_signal
from gradaudit.formats.page.view import Column, Limits, Picture, Section, Table
from gradaudit.formats.page.wording import clip, evenly
from gradaudit.numbers import number
from gradaudit.report import ModelReport

MOST_POINTS = 200
_KEY = "Circles: the model as it is. Squares: with the fix. Medians over the seeds; same seeds, same data."
_BEFORE, _AFTER = "as it is", "with the fix"


def remedy_sections(report: ModelReport, anchor: str, limits: Limits) -> Iterator[Section]:
    """Two chapters on the first fix that was seen to help; none where there is no such fix."""
    fix = next((fix for finding in report.counted for fix in finding.fixes if fix.clears and fix.course), None)
    if fix is None or fix.course is None:
        return
    before, after = _own(report), fix.course
    if before.error_signal and after.error_signal:
        yield _signal(fix, before, after, f"{anchor}-fixed-signal")
    if before.loss and after.loss:
        yield _loss(fix, before, after, report, limits, f"{anchor}-fixed-run")


def _own(report: ModelReport) -> Course:
    """The model's own course, from its measurements."""
    first, run = main_signal(report), report.measurements.descent
    rows = dense(report, first[1]) if first is not None else ()
    return Course(
        tuple(row.error_signal_rms.median for row in rows),
        run.configured.steps if run is not None else (),
        tuple(look.median for look in run.configured.loss) if run is not None else (),
    )


def _signal(fix: Fix, before: Course, after: Course, anchor: str) -> Section:
    shown = clip(fix.title)
    lead = (
        f"From the last layer to the first, the error signal changes by a factor of {_ratio(before)}; with the fix "
        f"({shown}), by {_ratio(after)}."
    )
    series = (
        Series(_BEFORE, _by_layer(before.error_signal), 0),
        Series(_AFTER, _by_layer(after.error_signal), 1),
    )
    heading = "dense layer, counted from the input side"
    chart = Lines("fixed-signal", lead, "error signal (log scale)", heading, series, logarithmic=True)
    columns = (Column("Dense layer", numeric=False), Column("As it is"), Column("With the fix"))
    rows = tuple(
        (str(i), number(_at(before.error_signal, i)), number(_at(after.error_signal, i)))
        for i in evenly(max(len(before.error_signal), len(after.error_signal)), 12)
    )
    table = Table("Error signal per layer, as it is and with the fix", columns, rows)
    picture = Picture(line_chart(chart, WIDE), line_chart(chart, NARROW), _KEY, (table,))
    return Section(anchor, "The gradient's way, before and after the fix", lead, "", picture)


def _loss(fix: Fix, before: Course, after: Course, report: ModelReport, limits: Limits, anchor: str) -> Section:
    lead = (
        f"The training run ends at a loss of {number(before.loss[-1])} as the model is, "
        f"and at {number(after.loss[-1])} with the fix ({clip(fix.title)})."
    )
    descent = report.measurements.descent
    trivial = descent.trivial_loss if descent is not None else math.inf
    rules = (Rule(trivial, "constant"),) if math.isfinite(trivial) else ()
    series = (Series(_BEFORE, _by_step(before), 0, marked=False), Series(_AFTER, _by_step(after), 1, marked=False))
    ceiling = 2 * trivial if math.isfinite(trivial) and trivial > 0 else math.inf
    chart = Lines("fixed-run", lead, "loss", "optimizer steps", series, rules, ceiling=ceiling)
    columns = (Column("Run", numeric=False), Column("Steps"), Column("Loss at the start"), Column("Loss at the end"))
    rows = tuple(
        (name, str(course.steps[-1]), number(course.loss[0]), number(course.loss[-1]))
        for name, course in ((_BEFORE.capitalize(), before), (_AFTER.capitalize(), after))
    )
    table = Table("The two runs", columns, rows, "A proof may take fewer steps than the model's own run.")
    key = "Solid: the model as it is. Dashed: with the fix. Dotted level: the best constant output."
    picture = Picture(line_chart(chart, WIDE), line_chart(chart, NARROW), key, (table,)[: limits.rows])
    return Section(anchor, "The loss, before and after the fix", lead, "", picture)


def _ratio(course: Course) -> str:
    first, last = course.error_signal[0], course.error_signal[-1]
    return number(first / last if first is not None and last else None)


def _at(values: tuple[float | None, ...], place: int) -> float | None:
    return values[place] if place < len(values) else None


def _by_layer(values: tuple[float | None, ...]) -> tuple[Point, ...]:
    return tuple(Point(i, values[i]) for i in evenly(len(values), MOST_POINTS))


def _by_step(course: Course) -> tuple[Point, ...]:
    shown = evenly(min(len(course.steps), len(course.loss)), MOST_POINTS)
    return tuple(Point(course.steps[i], course.loss[i]) for i in shown)
