"""The learning rate against the largest one that is stable on the local quadratic."""

from __future__ import annotations

from gradaudit.formats.charts import NARROW, WIDE, Span, Spans, span_chart
from gradaudit.formats.page.view import Column, Picture, Section, Table
from gradaudit.formats.page.wording import STAGES, over_seeds
from gradaudit.measurement import LearningRate, PerSeed, StageName
from gradaudit.numbers import median_of, number, times
from gradaudit.report import ModelReport

_TITLE = "Learning rate"
_TEXT = (
    "Where the loss bends, a step that is too long overshoots. The stable limit is the longest one that does not, from "
    "the largest curvature at that point. A rate up to about three times above it often settles by itself, which is "
    "why the training run below has the last word."
)
_KEY = "Marker: median over the seeds. Bar: smallest to largest seed. Vertical line: the configured rate."
_NO_RATE = "This optimizer chooses its own step, so that there is no learning rate to judge."


def rates(report: ModelReport) -> dict[StageName, LearningRate]:
    """The stages at which the rate was looked at, in the order to show them."""
    stages = report.measurements.stages
    found = {name: stage.learning_rate for name in STAGES if (stage := stages.get(name)) is not None}
    return {name: rate for name, rate in found.items() if rate is not None}


def overstep(rate: LearningRate) -> float | None:
    """The configured rate over the median stable limit; None where there is no such number."""
    limit = rate.stable_limit.median if rate.stable_limit else None
    return rate.configured / limit if limit and rate.configured is not None else None


def rate_section(report: ModelReport, anchor: str) -> Section | None:
    """The chapter; None where no rate was looked at."""
    stages = rates(report)
    if not stages:
        return None
    section, configured = f"{anchor}-rate", _configured(stages)
    if configured is None:
        return Section(section, _TITLE, _NO_RATE)
    lead, spans = _sentence(stages, configured), _spans(stages)
    if not spans:
        return Section(section, _TITLE, lead, tables=(_table(stages),))
    chart = _chart(spans, stages, configured, lead)
    tables = (_table(stages), *_curvature(report))
    picture = Picture(span_chart(chart, WIDE), span_chart(chart, NARROW), _KEY, tables)
    return Section(section, _TITLE, lead, _TEXT, picture)


def _configured(stages: dict[StageName, LearningRate]) -> float | None:
    return next((rate.configured for rate in stages.values() if rate.configured is not None), None)


def _sentence(stages: dict[StageName, LearningRate], configured: float) -> str:
    known = [pair for pair in stages.items() if overstep(pair[1]) is not None]
    name, rate = (known or list(stages.items()))[0]
    share = overstep(rate)
    if share is None or rate.stable_limit is None:
        return f"The configured rate is {number(configured)}; no stable limit could be measured {STAGES[name]}."
    said = f"The configured rate, {number(configured)}, is {times(share)} the largest stable one, "
    advice = rate.recommended.median if rate.recommended else None
    more = f" Recommended: {number(advice)}." if advice is not None else ""
    return f"{said}{median_of(rate.stable_limit)} {STAGES[name]}.{more}"


def _spans(stages: dict[StageName, LearningRate]) -> tuple[Span, ...]:
    rows = []
    for name, rate in stages.items():
        limit, advice = _row_labels(name) if len(stages) > 1 else ("stable limit", "recommended")
        rows += [_span(limit, rate.stable_limit, 1), _span(advice, rate.recommended, 2)]
    return tuple(row for row in rows if row is not None)


def _row_labels(stage: StageName) -> tuple[str, str]:
    short = "after run" if stage == "trained" else stage
    return f"limit, {short}", f"advice, {short}"


def _span(label: str, values: PerSeed | None, hue: int) -> Span | None:
    if values is None or not values.median or values.median <= 0:
        return None
    low, high = values.min or values.median, values.max or values.median
    return Span(label, values.median, max(low, 0.0) or values.median, high, number(values.median), hue)


def _chart(spans: tuple[Span, ...], stages: dict[StageName, LearningRate], configured: float, title: str) -> Spans:
    limits = [rate.stable_limit.median for rate in stages.values() if rate.stable_limit]
    lowest = min((limit for limit in limits if limit), default=None)
    level = configured if configured > 0 else None
    label = f"configured {number(configured)}"
    return Spans("rate", title, "learning rate (log scale)", spans, level, label, lowest, "beyond the limit")


def _table(stages: dict[StageName, LearningRate]) -> Table:
    heads = ("Configured", "Stable limit", "Lowest to highest seed", "Configured / limit", "Recommended")
    columns = (Column("Stage", numeric=False), *(Column(head) for head in heads))
    rows = tuple(
        (
            STAGES[name],
            number(rate.configured),
            median_of(rate.stable_limit),
            over_seeds(rate.stable_limit),
            times(overstep(rate)),
            median_of(rate.recommended),
        )
        for name, rate in stages.items()
    )
    return Table("Learning rate against its stable limit", columns, rows)


def _curvature(report: ModelReport) -> tuple[Table, ...]:
    """The eigenvalues that the limit stands on, where they were measured."""
    stages = report.measurements.stages
    found = {name: stage.curvature for name in STAGES if (stage := stages.get(name)) is not None}
    heads = ("λ_max", "Its residual", "λ_min", "Its residual", "Gradient norm")
    columns = (Column("Stage", numeric=False), *(Column(head) for head in heads))
    rows = tuple(
        (
            STAGES[name],
            *(median_of(v) for v in (c.lambda_max, c.residual_max, c.lambda_min, c.residual_min, c.gradient_norm)),
        )
        for name, c in found.items()
        if c is not None
    )
    return (Table("Curvature of the loss: medians over the seeds", columns, rows),) if rows else ()
