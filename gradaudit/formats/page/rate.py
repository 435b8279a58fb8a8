"""The learning rate: what the loss becomes at others, and the largest one that is stable on the local quadratic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from gradaudit.domain.measurements import Descent, LearningRate, StageName, Trajectory
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Lines, Point, Series, Upright, line_chart
from gradaudit.formats.page.descent import LEVEL, SHARE, in_percent
from gradaudit.formats.page.drawing import drawn
from gradaudit.formats.page.rate_limits import limit_pictures, limit_tables, overstep, rates
from gradaudit.formats.page.tables import Table
from gradaudit.formats.page.view import Limits, Picture, Section
from gradaudit.text.numbers import count, median_of, number, share_left, times
from gradaudit.text.wording import STAGES, evenly, over_seeds

_TITLE = "Learning rate"
_TEXT = "A rate up to about three times above the largest stable one often settles by itself, so the trial runs decide."
_NO_RATE = "This optimizer chooses its own step: there is no learning rate to judge."
_SWEEP_KEY = (
    "Each marker: the trial runs at that rate, median over the seeds; runs that fell behind were ended early. An open "
    "triangle: the loss leaves the picture, since the run diverged or hardly moved. Tinted: above the largest stable "
    "rate."
)
_MOST_POINTS = 200
_FEWEST = 3
"""Rates that make a curve."""
_HIGHEST = 160.0
"""Percent of the baseline: a run that is higher is lost."""
_LEARNS = 0.1
"""A run that takes less of the baseline away has learnt almost nothing, as the rules say."""


def rate_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None where no rate was looked at."""
    stages = rates(report)
    if not stages:
        return None
    section = f"{anchor}-rate"
    configured = next((rate.configured for rate in stages.values() if rate.configured is not None), None)
    if configured is None:
        return Section(section, _TITLE, _NO_RATE)
    lead = _sentence(stages, configured, is_healthy=report.verdict == "healthy")
    tables = limit_tables(report, stages) if limits.every_table or len(stages) > 1 else ()
    if lost := _lost(report.measurements.descent):
        return Section(section, _TITLE, f"{lead} {lost}", tables=tables)
    pictures = _runs(report, stages, configured, limits) or limit_pictures(report, stages, configured, lead)
    if not pictures:
        return Section(section, _TITLE, lead, tables=tables)
    first = replace(pictures[0], tables=(*pictures[0].tables, *tables))
    return Section(section, _TITLE, lead, _TEXT, (first, *pictures[1:]))


def _sentence(stages: dict[StageName, LearningRate], configured: float, *, is_healthy: bool) -> str:
    known = [pair for pair in stages.items() if overstep(pair[1]) is not None]
    name, rate = (known or list(stages.items()))[0]
    share = overstep(rate)
    if share is None or rate.stable_limit is None:
        return (
            f"The learning rate is {number(configured)}; the largest stable one could not be measured {STAGES[name]}."
        )
    said, limit = (
        f"The learning rate, {number(configured)}, is",
        f"{median_of(rate.stable_limit)}, measured {STAGES[name]}",
    )
    if share <= 1:
        return f"{said} stable: steps overshoot above {limit}."
    said = f"{said} {times(share)} the largest stable one ({limit}), above which steps overshoot."
    return f"{said} That alone is no fault: the trial runs decide." if is_healthy else said


def _runs(
    report: ModelReport, stages: dict[StageName, LearningRate], configured: float, limits: Limits
) -> tuple[Picture, ...]:
    """The loss against the rate, and three of the runs in full; none where no other rate was run."""
    descent = report.measurements.descent
    runs = _tried(descent)
    if descent is None or len(runs) < _FEWEST:
        return ()
    trivial, unit = descent.trivial_loss, in_percent(descent)
    limit = next((rate.stable_limit.median for rate in stages.values() if rate.stable_limit), None)
    heading, known = _verdict(runs, configured, trivial), unit != 1.0
    points = tuple(Point(runs[i].learning_rate or 0.0, _end(runs[i]) * unit) for i in evenly(len(runs), _MOST_POINTS))
    sweep = Lines(
        "sweep",
        heading,
        f"{SHARE if known else 'training loss'} at the end",
        "learning rate (log scale)",
        (Series("", points),),
        (LEVEL,) if known else (),
        ceiling=_HIGHEST if known else math.inf,
        logarithmic_x=True,
        uprights=(Upright(configured, f"configured {number(configured)}"),),
        zone_from=limit if limit is not None and limit > 0 else None,
        zone_label=f"above the largest stable rate {number(limit)}" if limit else "",
    )
    tables = (_table(runs, trivial),) if limits.every_table else ()
    return (drawn(line_chart, sweep, _SWEEP_KEY, tables, heading),)


def _tried(descent: Descent | None) -> tuple[Trajectory, ...]:
    """The runs by their rate, the model's own among them."""
    if descent is None:
        return ()
    tried = sorted((descent.configured, *descent.others), key=lambda run: run.learning_rate or 0.0)
    return tuple(run for run in tried if (run.learning_rate or 0.0) > 0 and run.steps)


def _lost(descent: Descent | None) -> str:
    """The sentence that stands for the picture where every run would leave it; else empty."""
    runs = _tried(descent)
    if descent is None or len(runs) < _FEWEST or in_percent(descent) == 1.0:
        return ""
    is_lost = all(_end(run) * in_percent(descent) > _HIGHEST for run in runs)
    return _verdict(runs, descent.configured.learning_rate or 0.0, descent.trivial_loss) if is_lost else ""


def _end(run: Trajectory) -> float:
    """The loss at the end; `inf` where it is not finite."""
    return math.inf if run.final.median is None or run.final.non_finite else run.final.median


def _learnt(run: Trajectory, trivial: float) -> float | None:
    """The share of the baseline that a run took away; None where there is no such number."""
    return 1 - _end(run) / trivial if 0 < trivial < math.inf else None


def _learns(run: Trajectory, trivial: float) -> bool:
    share = _learnt(run, trivial)
    return share is not None and share > _LEARNS


def _verdict(runs: Sequence[Trajectory], configured: float, trivial: float) -> str:
    steps, best = counted(max(run.steps[-1] for run in runs), "step"), min(runs, key=_end)
    if not _learns(best, trivial):
        return f"At none of {len(runs)} rates does the network learn within {steps}."
    learning = [run.learning_rate for run in runs if _learns(run, trivial)]
    low, high = number(learning[0]), number(learning[-1])
    span = f"at rates from {low} to {high}, best at {number(best.learning_rate)}"
    span = span if low != high else f"at a rate of {low} alone"
    return f"Within {steps} the network learns {span}; {_own(runs, configured, trivial, alone=low == high)}."


def _own(runs: Sequence[Trajectory], configured: float, trivial: float, *, alone: bool) -> str:
    """How it goes at the configured rate, where that is one of those tried."""
    own = next((run for run in runs if run.learning_rate == configured), None)
    if own is None:
        return f"configured is {number(configured)}"
    if not _learns(own, trivial):
        return f"at the configured one, {number(configured)}, it does not"
    return "it is the configured one" if alone else f"the configured one, {number(configured)}, is among them"


def _table(runs: Sequence[Trajectory], trivial: float) -> Table:
    heads = "Learning rate|Steps|Loss, % of baseline|Loss at the end|Lowest to highest seed"
    rows = (
        (
            number(run.learning_rate),
            count(run.steps[-1]),
            share_left(share) if (share := _learnt(run, trivial)) is not None and share > -math.inf else "diverged",
            "diverged" if math.isinf(_end(run)) else number(_end(run)),
            over_seeds(run.final),
        )
        for run in runs
    )
    return Table.of("Trial runs by learning rate: medians over the seeds", heads, rows)
