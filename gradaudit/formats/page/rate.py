"""The learning rate: what the loss becomes at others, and the largest one that is stable on the local quadratic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from gradaudit.domain.measurements import LearningRate, StageName, Trajectory
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Lines, Point, ReferenceLine, Series, Upright, line_chart
from gradaudit.formats.page.drawing import drawn
from gradaudit.formats.page.rate_limits import limit_pictures, limit_tables, overstep, rates
from gradaudit.formats.page.view import Column, Limits, Picture, Section, Table
from gradaudit.text.numbers import count, median_of, number, percent, times
from gradaudit.text.wording import STAGES, evenly

__all__ = ["overstep", "rate_section", "rates"]

_TITLE = "Learning rate"
_TEXT = (
    "Where the loss bends, a step that is too long overshoots. The stable limit is the longest one that does not, from "
    "the largest curvature at that point. A rate up to about three times above it often settles by itself, which is "
    "why the runs have the last word."
)
_NO_RATE = "This optimizer chooses its own step, so that there is no learning rate to judge."
_SWEEP_KEY = (
    "Each marker: the loss at the end of one short run from the same weights at that rate. An open triangle: the run "
    "diverged, or ended far above the picture. Tinted: beyond the stable limit."
)
_THREE_KEY = "Loss during {} of these runs. Dotted level: the best constant output, which has learnt nothing."
_SMALL, _BEST, _LARGE = "too small", "best rate", "too large"
_MOST_POINTS = 200
_FEWEST = 3
"""Rates that make a curve."""
_HIGHEST = 1.6
"""In units of the constant output's loss: a run that is higher is lost."""
_LEARNS = 0.05
"""A run that takes less of the constant output's loss away has not learnt."""


def rate_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None where no rate was looked at."""
    stages = rates(report)
    if not stages:
        return None
    section, configured = f"{anchor}-rate", _configured(stages)
    if configured is None:
        return Section(section, _TITLE, _NO_RATE)
    lead, tables = _sentence(stages, configured, advised=_can_learn(report)), limit_tables(report, stages)
    pictures = _runs(report, stages, configured, limits) or limit_pictures(report, stages, configured, lead)
    if not pictures:
        return Section(section, _TITLE, lead, tables=tables)
    first = replace(pictures[0], tables=(*pictures[0].tables, *tables))
    return Section(section, _TITLE, lead, _TEXT, (first, *pictures[1:]))


def _configured(stages: dict[StageName, LearningRate]) -> float | None:
    return next((rate.configured for rate in stages.values() if rate.configured is not None), None)


def _can_learn(report: ModelReport) -> bool:
    """Whether the network learnt at any rate that was tried: else none can be advised."""
    descent = report.measurements.descent
    if descent is None:
        return True
    runs = (descent.configured, *descent.others)
    return any(_learns(run, descent.trivial_loss) for run in runs)


def _sentence(stages: dict[StageName, LearningRate], configured: float, *, advised: bool) -> str:
    known = [pair for pair in stages.items() if overstep(pair[1]) is not None]
    name, rate = (known or list(stages.items()))[0]
    share = overstep(rate)
    if share is None or rate.stable_limit is None:
        return f"The configured rate is {number(configured)}; no stable limit could be measured {STAGES[name]}."
    said = f"The configured rate, {number(configured)}, is {times(share)} the largest stable one, "
    advice = rate.recommended.median if rate.recommended else None
    more = f" Recommended: {number(advice)}." if advice is not None and advised else ""
    return f"{said}{median_of(rate.stable_limit)} {STAGES[name]}.{more}"


def _runs(
    report: ModelReport, stages: dict[StageName, LearningRate], configured: float, limits: Limits
) -> tuple[Picture, ...]:
    """The loss against the rate, and three of the runs in full; none where no other rate was run."""
    descent = report.measurements.descent
    if descent is None:
        return ()
    tried = sorted((descent.configured, *descent.others), key=lambda run: run.learning_rate or 0.0)
    runs = tuple(run for run in tried if (run.learning_rate or 0.0) > 0 and run.steps)
    if len(runs) < _FEWEST:
        return ()
    trivial = descent.trivial_loss
    limit = next((rate.stable_limit.median for rate in stages.values() if rate.stable_limit), None)
    heading = _verdict(runs, configured, trivial)
    ceiling = _ceiling(runs, trivial)
    points = tuple(Point(runs[i].learning_rate or 0.0, _end(runs[i])) for i in evenly(len(runs), _MOST_POINTS))
    sweep = Lines(
        "sweep",
        heading,
        f"loss after {count(descent.configured.steps[-1])} steps (hopeless rates were ended earlier)",
        "learning rate (log scale)",
        (Series("", points),),
        _level(trivial),
        ceiling=ceiling,
        logarithmic_x=True,
        uprights=(Upright(configured, f"configured {number(configured)}"),),
        zone_from=limit if limit is not None and limit > 0 else None,
        zone_label=f"beyond the limit {number(limit)}" if limit else "",
    )
    three = _three(runs, trivial)
    series = tuple(_course(name, run, hue) for hue, (name, run) in enumerate(three))
    told = _told(three, trivial)
    courses = Lines("rates", told, "loss", "optimizer steps", series, _level(trivial), ceiling=ceiling)
    tables = (_table(runs, trivial),) if limits.every_table else ()
    pictures = (drawn(line_chart, sweep, _SWEEP_KEY, tables, heading),)
    if len(three) < 2:
        return pictures
    return (*pictures, drawn(line_chart, courses, _THREE_KEY.format(len(three)), (), told))


def _level(trivial: float) -> tuple[ReferenceLine, ...]:
    return (ReferenceLine(trivial, "constant"),) if math.isfinite(trivial) else ()


def _end(run: Trajectory) -> float:
    """The loss at the end; `inf` where it is not finite."""
    return math.inf if run.final.median is None or run.final.non_finite else run.final.median


def _ceiling(runs: Sequence[Trajectory], trivial: float) -> float:
    start = runs[0].loss[0].median if runs[0].loss else None
    known = [v for v in (trivial, start) if v is not None and math.isfinite(v) and v > 0]
    return _HIGHEST * max(known) if known else math.inf


def _learnt(run: Trajectory, trivial: float) -> float | None:
    """The share of the constant output's loss that a run took away; None where there is no such number."""
    return 1 - _end(run) / trivial if 0 < trivial < math.inf else None


def _learns(run: Trajectory, trivial: float) -> bool:
    share = _learnt(run, trivial)
    return share is not None and share > _LEARNS


def _verdict(runs: Sequence[Trajectory], configured: float, trivial: float) -> str:
    steps, best = f"{count(max(run.steps[-1] for run in runs))} steps", min(runs, key=_end)
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


def _three(runs: Sequence[Trajectory], trivial: float) -> list[tuple[str, Trajectory]]:
    """Too small, best and too large; of the outer two only those that end clearly worse."""
    best = min(runs, key=_end)
    at = runs.index(best)
    worse = [run for run in runs if _end(run) > _end(best) + _LEARNS * trivial]
    smaller = [run for run in worse if runs.index(run) < at]
    larger = [run for run in worse if runs.index(run) > at]
    named = [(_SMALL, smaller[0])] if smaller else []
    named += [(_BEST, best)]
    return [*named, (_LARGE, larger[0])] if larger else named


def _told(three: list[tuple[str, Trajectory]], trivial: float) -> str:
    """At each of the three, how its run ends."""
    parts = []
    for name, run in three:
        end = "the run diverges" if math.isinf(_end(run)) else f"the loss ends at {number(_end(run))}"
        which = "the best of these rates" if name == _BEST else name
        parts.append(f"at {number(run.learning_rate)}, {which}, {end}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}. A constant output has {number(trivial)}."


def _course(name: str, run: Trajectory, hue: int) -> Series:
    shown = evenly(min(len(run.steps), len(run.loss)), _MOST_POINTS)
    medians = ((run.steps[i], run.loss[i].median) for i in shown)
    points = (Point(step, math.inf if loss is None else loss) for step, loss in medians)
    return Series(f"{name} {number(run.learning_rate)}", tuple(points), hue=hue, marked=False)


def _table(runs: Sequence[Trajectory], trivial: float) -> Table:
    heads = ("Loss at the end", "Lowest loss", "Learnt")
    columns = (Column("Learning rate", numeric=False), *(Column(head) for head in heads))
    rows = tuple(
        (
            number(run.learning_rate),
            "diverged" if math.isinf(_end(run)) else number(_end(run)),
            median_of(run.best),
            percent(share) if (share := _learnt(run, trivial)) is not None and share > 0 else "nothing",
        )
        for run in runs
    )
    note = "Learnt: the share of the best constant output's loss that the run took away."
    return Table(f"One seed's runs of {count(runs[0].steps[-1])} steps, by learning rate", columns, rows, note)
