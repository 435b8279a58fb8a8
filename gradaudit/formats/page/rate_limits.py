"""The largest stable learning rate, from the curvature: its picture and its tables."""

from __future__ import annotations

from gradaudit.domain.measurements import LearningRate, StageName
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Span, Spans, span_chart
from gradaudit.formats.page.drawing import drawn
from gradaudit.formats.page.stages import at_stages
from gradaudit.formats.page.tables import Table
from gradaudit.formats.page.view import Picture
from gradaudit.text.numbers import median_of, number, times
from gradaudit.text.wording import STAGES, over_seeds

_KEY = "Marker: median over the seeds. Bar: smallest to largest seed. Vertical line: the configured rate."


def rates(report: ModelReport) -> dict[StageName, LearningRate]:
    """The stages at which the rate was looked at, in the order to show them."""
    return at_stages(report, lambda stage: stage.learning_rate)


def overstep(rate: LearningRate) -> float | None:
    """The configured rate over the median stable limit; None where there is no such number."""
    limit = rate.stable_limit.median if rate.stable_limit else None
    return rate.configured / limit if limit and rate.configured is not None else None


def limit_pictures(
    report: ModelReport, stages: dict[StageName, LearningRate], configured: float, title: str
) -> tuple[Picture, ...]:
    """The limit, the advice and the configured rate on one axis; none where no limit is known."""
    spans = _spans(stages)
    if not spans:
        return ()
    chart = _chart(spans, stages, configured, title)
    return (drawn(span_chart, chart, _KEY),)


def limit_tables(report: ModelReport, stages: dict[StageName, LearningRate]) -> tuple[Table, ...]:
    """The rate against its limit, and the eigenvalues that this stands on."""
    return (_table(stages), *_curvature(report))


def _spans(stages: dict[StageName, LearningRate]) -> tuple[Span, ...]:
    rows = []
    for name, rate in stages.items():
        limit, advice = _row_labels(name) if len(stages) > 1 else ("largest stable", "recommended")
        rows += [_span(limit, rate.stable_limit, 1), _span(advice, rate.recommended, 2)]
    return tuple(row for row in rows if row is not None)


def _row_labels(stage: StageName) -> tuple[str, str]:
    return f"limit, {STAGES[stage]}", f"advice, {STAGES[stage]}"


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
    return Spans("rate", title, "learning rate (log scale)", spans, level, label, lowest, "above the largest stable")


def _table(stages: dict[StageName, LearningRate]) -> Table:
    heads = "Stage|Configured|Largest stable|Lowest to highest seed|Configured / stable|Recommended"
    rows = (
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
    return Table.of("Learning rate and the largest stable one", heads, rows)


def _curvature(report: ModelReport) -> tuple[Table, ...]:
    """The eigenvalues that the limit stands on, where they were measured."""
    heads = "Stage|Largest|Its residual|Smallest|Its residual|Gradient norm"
    rows = tuple(
        (
            STAGES[name],
            *(median_of(v) for v in (c.lambda_max, c.residual_max, c.lambda_min, c.residual_min, c.gradient_norm)),
        )
        for name, c in at_stages(report, lambda stage: stage.curvature).items()
    )
    caption = "Curvature of the loss (eigenvalues of the Hessian): medians over the seeds"
    return (Table.of(caption, heads, rows),) if rows else ()
