"""The short training run: its loss against the trivial predictor's, and against other rates'."""

from __future__ import annotations

import math
from dataclasses import replace

from gradaudit.domain.findings import Fix
from gradaudit.domain.measurements import Descent, Trajectory
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Lines, Point, ReferenceLine, Series, line_chart
from gradaudit.formats.page.drawing import drawn
from gradaudit.formats.page.remedy import AS_IT_IS, WITH_THE_FIX, best_fix, same_units
from gradaudit.formats.page.view import Column, Limits, Picture, Section, Table
from gradaudit.text.numbers import count, median_of, number, percent
from gradaudit.text.wording import clip, evenly, over_seeds, spread_over

_TEXT = (
    "The audit trained the network for a short while, as configured, and held its loss against that of the best "
    "constant output, which has learnt nothing. The loss is the data term over the audit's batch."
)
_KEY = (
    "Solid line: as configured, median over the seeds; band: smallest to largest seed. Thin dashed lines: the same run "
    "at other rates, which stand at their ends. Dotted level: the best constant output. An open triangle: the loss "
    "leaves the picture."
)
_FEWER = "The run with the fix may take fewer steps and other seeds than the configured one: it is its proof."
_ROWS = 12
_NOTHING_LEARNT = 0.005
_HIGHEST = 1.6
"""In units of the larger of the trivial and the first loss: a run that is higher than that is lost."""


def descent_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None where nothing was trained."""
    descent = report.measurements.descent
    if descent is None:
        return None
    fix = best_fix(report)
    lead = f"{_sentence(descent)} {_fixed(fix)}".strip()
    chart = _lines(descent, lead, _with_fix(fix))
    tables = (_runs(descent), *((_steps(descent, min(limits.rows // 4, _ROWS)),) if limits.every_table else ()))
    picture = drawn(line_chart, chart, _KEY, tables)
    notes = (*_notes(descent), *((_FEWER,) if _with_fix(fix) else ()))
    return Section(f"{anchor}-run", "Training run", lead, _TEXT, (picture,), notes=notes)


def run_story(report: ModelReport, fix: Fix | None) -> Picture | None:
    """The run as configured, and with the fix where that was measured."""
    descent = report.measurements.descent
    if descent is None:
        return None
    heading = f"{_sentence(replace(descent, others=()))} {_fixed(fix)}".strip()
    chart = replace(_lines(replace(descent, others=()), heading, _with_fix(fix)), name="story")
    key = "Loss during the audit's short run: median over the seeds; band: smallest to largest seed. "
    level = "Dotted level: the best constant output, which has learnt nothing."
    return drawn(line_chart, chart, key + level, heading=heading)


def _with_fix(fix: Fix | None) -> tuple[Series, ...]:
    """The fix's own run."""
    if fix is None or fix.course is None or not fix.course.loss or not same_units(fix):
        return ()
    course = fix.course
    shown = evenly(min(len(course.steps), len(course.loss)), 200)
    points = tuple(Point(course.steps[i], course.loss[i]) for i in shown)
    return (Series(WITH_THE_FIX, points, hue=2, marked=False),)


def _fixed(fix: Fix | None) -> str:
    """How the run ends with the fix."""
    if fix is None or fix.course is None or not fix.course.loss or fix.course.loss[-1] is None:
        return ""
    if not same_units(fix):
        return f"With the fix ({clip(fix.title)}) the loss is in other units, and is not drawn here."
    return f"With the fix ({clip(fix.title)}) it ends at {number(fix.course.loss[-1])}."


def _sentence(descent: Descent) -> str:
    run = descent.configured
    steps = f"After {count(run.steps[-1])} steps" if run.steps else "At its end"
    rate = f" at the configured rate {number(run.learning_rate)}" if run.learning_rate is not None else ""
    if run.final.median is None:
        why = "is not finite: the run diverges" if run.final.non_finite else "is not known"
        return f"{steps}{rate} the loss {why}. {_better(descent)}".strip()
    return f"{steps}{rate} the loss is {median_of(run.final)}, {_held(descent)}. {_better(descent)}".strip()


def _held(descent: Descent) -> str:
    """The configured run's loss against the trivial one, in words where digits would hide the difference."""
    share, constant = learnt(descent.configured, descent), f"the best constant output ({number(descent.trivial_loss)})"
    if share is None:
        return "and that of a constant output is not known"
    if share < _NOTHING_LEARNT:
        return f"{'no better' if share > -_NOTHING_LEARNT else 'worse'} than {constant}"
    return f"{percent(share)} below {constant}"


def _better(descent: Descent) -> str:
    """The best other rate, where it ends clearly lower."""
    finals = [(t.final.median, t.learning_rate) for t in descent.others if t.final.median is not None]
    best, rate = min(finals, default=(math.inf, None), key=lambda pair: pair[0])
    own = descent.configured.final.median
    clearly = own is None or best < own - 0.1 * abs(descent.trivial_loss)
    return f"At {number(rate)} it ends at {number(best)}." if rate is not None and clearly else ""


def _lines(descent: Descent, title: str, fixed: tuple[Series, ...] = ()) -> Lines:
    rules = (ReferenceLine(descent.trivial_loss, "constant"),) if math.isfinite(descent.trivial_loss) else ()
    quiet = tuple(_series(run, f"rate {number(run.learning_rate)}", quiet=True) for run in descent.others)
    own = AS_IT_IS if fixed else "configured"
    series = (*quiet, _series(descent.configured, own, quiet=False), *fixed)
    ceiling = _ceiling(descent)
    log = _logarithmic(series, rules, ceiling)
    heading = "loss (log scale)" if log else "loss"
    return Lines("run", title, heading, "optimizer steps", series, rules, logarithmic=log, ceiling=ceiling)


def _series(run: Trajectory, label: str, *, quiet: bool) -> Series:
    shown = evenly(min(len(run.steps), len(run.loss)), 200)
    points = tuple(Point(run.steps[i], *spread_over(run.loss[i])) for i in shown)
    return Series(label, points, hue=0, quiet=quiet, marked=False)


def _ceiling(descent: Descent) -> float:
    start = descent.configured.loss[0].median if descent.configured.loss else None
    known = [v for v in (descent.trivial_loss, start) if v is not None and math.isfinite(v) and v > 0]
    return _HIGHEST * max(known) if known else math.inf


def _logarithmic(series: tuple[Series, ...], rules: tuple[ReferenceLine, ...], ceiling: float) -> bool:
    values = [p.y for s in series for p in s.points if p.y is not None and math.isfinite(p.y) and p.y <= ceiling]
    values += [rule.y for rule in rules]
    return bool(values) and min(values) > 0 and max(values) > 20 * min(values)


def _runs(descent: Descent) -> Table:
    heads = ("Loss at the end", "Lowest to highest seed", "Lowest loss seen", "Learnt", "Up and down")
    columns = (Column("Learning rate", numeric=False), *(Column(head) for head in heads))
    runs = sorted((*descent.others, descent.configured), key=lambda run: run.learning_rate or 0.0)
    rows = tuple(_run_row(run, descent) for run in runs)
    note = "Learnt: the share of the best constant output's loss that the run took away."
    return Table("The runs, by learning rate", columns, rows, note)


def learnt(run: Trajectory, descent: Descent) -> float | None:
    """The share of the trivial loss that a run took away, by its median; None where there is no such number."""
    end, trivial = run.final.median, descent.trivial_loss
    return 1 - end / trivial if end is not None and math.isfinite(trivial) and trivial > 0 else None


def learnt_text(run: Trajectory, descent: Descent) -> str:
    """That share; `nothing` where the run ended above the trivial loss, by however much."""
    share = learnt(run, descent)
    return "nothing" if share is not None and share <= 0 else percent(share)


def _run_row(run: Trajectory, descent: Descent) -> tuple[str, ...]:
    name = number(run.learning_rate) if run.learning_rate is not None else "the optimizer's own"
    return (
        f"{name} (configured)" if run is descent.configured else name,
        median_of(run.final),
        over_seeds(run.final),
        median_of(run.best),
        learnt_text(run, descent),
        _at_most_all(run.oscillation.median),
    )


def _at_most_all(share: float | None) -> str:
    return ">100%" if share is not None and share > 1 else percent(share)


def _steps(descent: Descent, most: int) -> Table:
    run = descent.configured
    n = min(len(run.steps), len(run.loss))
    shown = evenly(n, most)
    rows = tuple((count(run.steps[i]), median_of(run.loss[i]), over_seeds(run.loss[i])) for i in shown)
    columns = (Column("Step", numeric=False), Column("Loss, median"), Column("Lowest to highest seed"))
    note = f"{count(n - len(shown))} more looks are in the JSON report." if n > len(shown) else ""
    return Table("Loss of the configured run", columns, rows, note)


def _notes(descent: Descent) -> tuple[str, ...]:
    notes = []
    taken = descent.configured.steps[-1] if descent.configured.steps else 0
    if not descent.plan_is_assumed and descent.planned_steps > taken:
        notes.append(f"The plan is {count(descent.planned_steps)} steps; the audit ran {count(taken)} of them.")
    final = descent.configured.final
    if final.non_finite and final.finite:
        notes.append(f"The configured run diverged in {final.non_finite} of {len(final.values)} seeds.")
    return tuple(notes)
