"""The trial run: its loss as a share of the constant-prediction baseline, with the fix, and at other rates."""

from __future__ import annotations

import math
from dataclasses import replace

from gradaudit.domain.findings import Fix
from gradaudit.domain.measurements import Descent, Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Lines, Point, ReferenceLine, Series, line_chart
from gradaudit.formats.page.drawing import drawn, seeds_key
from gradaudit.formats.page.remedy import AS_IT_IS, WITH_THE_FIX, helpful_fix, same_units
from gradaudit.formats.page.tables import Table
from gradaudit.formats.page.view import Limits, Picture, Section
from gradaudit.text.numbers import count, median_of, number, of_baseline, share_left
from gradaudit.text.wording import evenly, over_seeds, spread_over

BASELINE = "the constant-prediction baseline"
SHARE = "training loss, % of the baseline"
LEVEL = ReferenceLine(100.0, "baseline")
_ONE, _SEEDS = "Solid: the trial run", "Solid: the trial run, median over the seeds"
_FIXED, _SHORTER = "Green, dotted: with the fix.", "Green, dotted: with the fix, for fewer steps."
_OTHERS = "Thin grey: another learning rate."
_LEAVES = "Open triangle: the loss leaves the picture."
_ROWS = 12
_HIGHEST = 160.0
"""Percent of the baseline, or of the first loss where that is more: a run that is higher than that is lost."""


def descent_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None where nothing was trained."""
    descent = report.measurements.descent
    if descent is None:
        return None
    fix = helpful_fix(report)
    lead = _lead(descent, fix)
    tables = (_steps(descent, min(limits.rows // 4, _ROWS)),) if limits.every_table else ()
    chart = _lines(descent, lead, _with_fix(descent, fix))
    picture = drawn(line_chart, chart, _key(chart), tables)
    return Section(f"{anchor}-run", "Training loss", lead, pictures=(picture,), notes=_notes(descent, fix))


def run_story(report: ModelReport, fix: Fix | None) -> Picture | None:
    """The run as configured, and with the fix where that was measured."""
    descent = report.measurements.descent
    if descent is None:
        return None
    heading = _lead(replace(descent, others=()), fix)
    chart = replace(_lines(replace(descent, others=()), heading, _with_fix(descent, fix)), name="story")
    return drawn(line_chart, chart, _key(chart), heading=heading, shows="run")


def _key(chart: Lines) -> str:
    """How to read what is drawn, and no more than that."""
    points = [point for series in chart.series for point in series.points]
    heights = [point.y for point in points if point.y is not None]
    several = any(point.low != point.high for point in points)
    said = {
        seeds_key(chart, _SEEDS if several else _ONE): True,
        _SHORTER if _is_shorter(chart) else _FIXED: any(series.label == WITH_THE_FIX for series in chart.series),
        _OTHERS: any(series.quiet for series in chart.series),
        _LEAVES: any(not y <= chart.ceiling for y in heights),
    }
    return " ".join(text for text, there in said.items() if there)


def _is_shorter(chart: Lines) -> bool:
    """Whether the run with the fix ends before the model's own."""
    last = {series.label: series.points[-1].x for series in chart.series if series.points}
    return last.get(WITH_THE_FIX, math.inf) < last.get(AS_IT_IS, -math.inf)


def in_percent(descent: Descent) -> float:
    """What a loss is multiplied by for the charts: per cent of the baseline, or nothing where that is no number."""
    return 100 / descent.trivial_loss if 0 < descent.trivial_loss < math.inf else 1.0


def progress_of(report: ModelReport) -> float | None:
    """The one number for how far the model's own run gets: the fix's `before`, else the run's own."""
    fix, descent = helpful_fix(report), report.measurements.descent
    if descent is None or in_percent(descent) == 1.0:
        return None
    return _own(descent, fix)


def _own(descent: Descent, fix: Fix | None) -> float | None:
    told = fix.before.get("progress") if fix is not None else None
    return descent.configured.progress.median if told is None else told


def _with_fix(descent: Descent, fix: Fix | None) -> tuple[Series, ...]:
    """The fix's own run, as a share of its own baseline."""
    if fix is None or fix.course is None or not fix.course.loss:
        return ()
    course, unit = fix.course, in_percent(descent) if same_units(fix) else _unit_of(fix)
    if not unit:
        return ()
    shown = evenly(min(len(course.steps), len(course.loss)), 200)
    points = tuple(Point(course.steps[i], None if (y := course.loss[i]) is None else y * unit) for i in shown)
    return (Series(WITH_THE_FIX, points, hue=2, marked=False),)


def _unit_of(fix: Fix) -> float | None:
    """Where the fix changes the loss or the targets' scale: its last loss is what its progress leaves of a baseline."""
    last = fix.course.loss[-1] if fix.course is not None else None
    left = 1 - fix.after.get("progress", math.nan)
    return 100 * left / last if last and left > 0 else None


def _lead(descent: Descent, fix: Fix | None) -> str:
    over = "" if fix is not None else _over_seeds(descent.configured.progress)
    return f"{_sentence(descent, _own(descent, fix), over)} {_fixed(descent, fix)}".strip()


def _fixed(descent: Descent, fix: Fix | None) -> str:
    """How the run ends with the fix."""
    after = fix.after.get("progress") if fix is not None else None
    if after is None or in_percent(descent) == 1.0:
        return ""
    return f"With the fix it is {of_baseline(after)}{_sooner(descent, fix)}."


def _sooner(descent: Descent, fix: Fix | None) -> str:
    """After how many steps, where the fix was run for fewer than the model itself."""
    steps = fix.course.steps[-1:] if fix is not None and fix.course is not None and _with_fix(descent, fix) else ()
    return f" after {counted(steps[0], 'step')}" if steps and steps[0] < descent.configured.steps[-1] else ""


def _sentence(descent: Descent, progress: float | None, over: str) -> str:
    run = descent.configured
    steps = _covered(descent, progress) if run.steps else "At its end"
    rate = f" at learning rate {number(run.learning_rate)}" if run.learning_rate is not None else ""
    if run.final.median is None and run.final.non_finite:
        return f"{_lost_at(run)}{rate}, the training loss is not finite: the run diverges."
    if run.final.median is None:
        return f"{steps}{rate}, the training loss is not known."
    if progress is None or in_percent(descent) == 1.0:
        return f"{steps}{rate}, the training loss is {median_of(run.final)}."
    return f"{steps}{rate}, the training loss is {of_baseline(progress, BASELINE)}{over}. {_better(descent)}".strip()


def _lost_at(run: Trajectory) -> str:
    """The first look at which no seed's loss was finite."""
    lost = (step for step, loss in zip(run.steps, run.loss, strict=False) if loss.median is None)
    step = next(lost, run.steps[-1] if run.steps else 0)
    return f"Within {counted(step, 'step')}" if step else "Before the first step"


def _over_seeds(progress: PerSeed) -> str:
    """` (6% to 11% over the 5 seeds)`: how far they end apart, where they do."""
    if progress.min is None or progress.max is None:
        return ""
    low, high = share_left(progress.max), share_left(progress.min)
    return f" ({low} to {high} over the {len(progress.values)} seeds)" if low != high else ""


def _covered(descent: Descent, progress: float | None) -> str:
    """After how many steps; where the number is that of the plan's end, from how many of them."""
    taken, planned = count(descent.configured.steps[-1]), count(descent.planned_steps)
    if descent.plan_is_assumed or descent.planned_steps <= descent.configured.steps[-1]:
        return f"After {counted(descent.configured.steps[-1], 'step')}"
    if progress is not None and progress != descent.configured.progress.median:
        return f"After all {planned} planned steps (extrapolated from {taken})"
    return f"After {taken} of {planned} planned steps"


def _better(descent: Descent) -> str:
    """The best other rate, where it ends clearly lower."""
    run = _better_run(descent)
    end = _learnt(run, descent) if run is not None else None
    return f"At learning rate {number(run.learning_rate)} it is {share_left(end)}." if run and end is not None else ""


def _better_run(descent: Descent) -> Trajectory | None:
    """Of the runs at other rates the best, where it ends clearly lower: the only one that the picture shows."""
    own = _learnt(descent.configured, descent)
    ends = [(end, run) for run in descent.others if (end := _learnt(run, descent)) is not None]
    end, best = max(ends, default=(-math.inf, None), key=lambda pair: pair[0])
    return best if own is None or end > own + 0.1 else None


def _lines(descent: Descent, title: str, fixed: tuple[Series, ...] = ()) -> Lines:
    unit = in_percent(descent)
    known = unit != 1.0
    rules = (LEVEL,) if known else ()
    best = _better_run(descent)
    other = () if best is None else (_series(best, unit, f"rate {number(best.learning_rate)}", quiet=True),)
    own = AS_IT_IS if fixed or other else "trial run"
    series = (*other, _series(descent.configured, unit, own, quiet=False), *fixed)
    ceiling = _ceiling(descent, unit) if known else math.inf
    log = _logarithmic(series, rules, ceiling)
    heading = (SHARE if known else "training loss") + (" (log scale)" if log else "")
    return Lines("run", title, heading, "optimizer steps", series, rules, logarithmic=log, ceiling=ceiling)


def _series(run: Trajectory, unit: float, label: str, *, quiet: bool) -> Series:
    shown = evenly(min(len(run.steps), len(run.loss)), 200)
    points = tuple(
        Point(run.steps[i], *(None if v is None else v * unit for v in spread_over(run.loss[i]))) for i in shown
    )
    return Series(label, points, hue=0, quiet=quiet, marked=False)


def _ceiling(descent: Descent, unit: float) -> float:
    start = descent.configured.loss[0].median if descent.configured.loss else None
    return max(_HIGHEST, _HIGHEST / 100 * start * unit) if start is not None and math.isfinite(start) else _HIGHEST


def _logarithmic(series: tuple[Series, ...], rules: tuple[ReferenceLine, ...], ceiling: float) -> bool:
    values = [p.y for s in series for p in s.points if p.y is not None and math.isfinite(p.y) and p.y <= ceiling]
    values += [rule.y for rule in rules]
    return bool(values) and min(values) > 0 and max(values) > 20 * min(values)


def _learnt(run: Trajectory, descent: Descent) -> float | None:
    """The share of the baseline that a run took away, by its median; None where there is no such number."""
    end, trivial = run.final.median, descent.trivial_loss
    return 1 - end / trivial if end is not None and math.isfinite(trivial) and trivial > 0 else None


def _steps(descent: Descent, most: int) -> Table:
    run = descent.configured
    n = min(len(run.steps), len(run.loss))
    shown = evenly(n, most)
    rows = ((count(run.steps[i]), median_of(run.loss[i]), over_seeds(run.loss[i])) for i in shown)
    note = f"{count(n - len(shown))} more rows are in the JSON report." if n > len(shown) else ""
    return Table.of("Loss of the configured run", "Step|Loss, median|Lowest to highest seed", rows, note)


def _notes(descent: Descent, fix: Fix | None) -> tuple[str, ...]:
    run, notes = descent.configured, []
    if run.final.non_finite and run.final.finite:
        notes.append(f"The configured run diverged in {run.final.non_finite} of {len(run.final.values)} seeds.")
    return tuple(notes)
