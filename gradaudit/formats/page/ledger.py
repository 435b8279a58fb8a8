"""The chain rule step by step: what each factor does to the gradient during backpropagation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gradaudit.domain.measurements import LayerPrediction, LayerSignal
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Model, ModelReport
from gradaudit.formats.charts import Lines, Point, ReferenceLine, Series, line_chart
from gradaudit.formats.page.drawing import drawn, seeds_key
from gradaudit.formats.page.profiles import profile_pictures
from gradaudit.formats.page.signal import MOST_POINTS, dense, main_signal
from gradaudit.formats.page.tables import Column, Table, capped
from gradaudit.formats.page.view import Limits, Picture, Section
from gradaudit.text.numbers import NOTHING, median_of, number, times
from gradaudit.text.wording import STAGES, activation_of, evenly, layer_name, spread_over, tick_names

_TEXT = (
    "Backpropagation multiplies the gradient by each layer's weights, then by the derivative of the activation before "
    "it."
)
_NOTE = (
    "Medians over the seeds; within one seed the product is exact. The effect of a change of width is listed apart. "
    "Predicted: by mean-field theory, for a very wide network with random weights."
)
_WORDS = ("Back to", "Activation")
_ALWAYS = (*_WORDS, "Activation’s gain", "Weights’ gain", "Product")
_FORECAST_KEY = "Factor of each step, change of width left out: under 1 the gradient shrinks, above 1 it grows."
_LEVEL = 1e-9
_AGREES = 1.5
"""A factor that the finite width of a layer explains."""
_AGREEMENT = "Measurement and mean-field theory agree within a factor of"
_DIFFERENCE = "Measurement and mean-field theory differ, at one step by a factor of"


@dataclass(frozen=True, slots=True)
class LedgerStep:
    """One step back: from the dense row behind to this one."""

    row: LayerSignal
    width: float
    """√(n behind / n here): what a change of width does to a root mean square."""
    predicted: LayerPrediction | None

    @property
    def weights(self) -> PerSeed | None:
        """The weights' own gain, the width change taken out."""
        gain = self.row.weight_gain
        return gain and PerSeed(tuple(v if v is None else v / self.width for v in gain.values))

    @property
    def product(self) -> PerSeed:
        """All factors of the step, seed by seed."""
        factors = [g.values for g in (self.row.weight_gain, self.row.activation_gain, self.row.path_gain) if g]
        seeds = zip(*factors, strict=False)
        return PerSeed.of(None if None in seed else math.prod(v or 0.0 for v in seed) for seed in seeds)


def ledger_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None where there is no step back to account for."""
    main = main_signal(report)
    rows = dense(report, main[1]) if main else ()
    steps = _steps(report, rows)
    if main is None or not steps:
        return None
    head = (f"{anchor}-ledger", "The chain rule, step by step", _sentence(report.model, steps))
    if not limits.every_table:
        return Section(*head, pictures=profile_pictures(report, limits))
    table = capped(_table(report.model, rows[-1], steps, STAGES[main[0]]), limits.rows)
    said, forecast = _forecast(report.model, steps)
    notes = (said,) if said and not forecast else ()
    return Section(*head, _TEXT, (*forecast, *profile_pictures(report, limits)), (table,), notes)


def _forecast(model: Model, steps: tuple[LedgerStep, ...]) -> tuple[str, tuple[Picture, ...]]:
    """How well each step's gain agrees with what theory predicts, in words, and in a picture where it does not."""
    forward = steps[::-1]
    gains = [_narrowed(step) for step in forward]
    foretold = [step.predicted.gain if step.predicted else None for step in forward]
    medians = [seen.median for seen in gains]
    pairs = [(p, m) for p, m in zip(foretold, medians, strict=True) if p and m and 0 < p < math.inf and m > 0]
    if len(forward) < 2 or not pairs:
        return "", ()
    off = max(max(gain / seen, seen / gain) for gain, seen in pairs)
    heading = f"{_AGREEMENT if off < _AGREES else _DIFFERENCE} {number(off)}."
    if off < _AGREES:
        return heading, ()
    shown = evenly(len(forward), MOST_POINTS)
    measured = Series("measured", tuple(Point(i, *spread_over(gains[i])) for i in shown), 0)
    series = (measured, Series("predicted", tuple(Point(i, foretold[i]) for i in shown), 1))
    names = tick_names(model, [forward[i].row.index for i in shown]) if len(shown) == len(forward) else ()
    y_heading, level = "factor of the step (log scale)", (ReferenceLine(1.0, "unchanged"),)
    chart = Lines("gains", heading, y_heading, "back to layer", series, level, names, logarithmic=True)
    return heading, (drawn(line_chart, chart, f"{_FORECAST_KEY} {seeds_key(chart)}", (), heading),)


def _narrowed(step: LedgerStep) -> PerSeed:
    """The whole step's gain without what the change of width does: what theory speaks of."""
    return PerSeed.of(v if v is None else v / step.width for v in step.product.values)


def _steps(report: ModelReport, rows: tuple[LayerSignal, ...]) -> tuple[LedgerStep, ...]:
    """From the output back; rows without any gain are left out."""
    predictions = report.measurements.prediction
    predicted = {p.index: p for p in predictions.layers} if predictions else {}
    units = {row.index: row.units for row in report.model.layers}
    steps = []
    for here, behind in zip(rows[-2::-1], rows[::-1], strict=False):
        if here.weight_gain or here.activation_gain or here.path_gain:
            width = math.sqrt(units.get(behind.index, 1) / max(units.get(here.index, 1), 1)) or 1.0
            steps.append(LedgerStep(here, width, predicted.get(here.index)))
    return tuple(steps)


def _sentence(model: Model, steps: tuple[LedgerStep, ...]) -> str:
    factors = {
        "activations' derivatives": [gain.median for step in steps if (gain := step.row.activation_gain)],
        "weights": [gain.median for step in steps if (gain := step.weights)],
    }
    said = [(who, _overall(gains)) for who, gains in factors.items() if gains]
    if not said or any(mean is None for _, mean in said):
        return "Where the gradient is zero already, or not finite, the factors cannot be told."
    (first, mean), *others = said
    rest = "".join(f" and the {who} by {number(gain)}" for who, gain in others)
    total = f"Per layer, the {first} multiply the gradient by {number(mean)}{rest}, on average."
    return f"{total} {_bound(model, steps)}".strip()


def _overall(medians: list[float | None]) -> float | None:
    """The geometric mean; None where one is missing."""
    known = [m for m in medians if m is not None]
    return math.prod(known) ** (1 / len(known)) if len(known) == len(medians) else None


def _bound(model: Model, steps: tuple[LedgerStep, ...]) -> str:
    """What one activation passes back at most, where all steps share it and the bound bites."""
    kinds = {activation_of(model, step.row.index) for step in steps}
    bounds = {step.predicted.derivative_bound for step in steps if step.predicted}
    bound = next(iter(bounds), None)
    if len(kinds) != 1 or NOTHING in kinds or len(bounds) != 1 or bound is None or bound >= 1:
        return ""
    kind = kinds.pop()
    return f"Each {kind} multiplies it by at most {number(bound)}."


def _table(model: Model, last: LayerSignal, steps: tuple[LedgerStep, ...], stage: str) -> Table:
    """One row a step; what no step has makes no column."""
    cells = [_cells(model, step) for step in steps]
    heads = [head for head in cells[0] if head in _ALWAYS or any(row[head] != NOTHING for row in cells)]
    columns = tuple(Column(head, numeric=head not in _WORDS) for head in heads)
    caption = f"Factors of the gradient {stage}, from {layer_name(model, last.index)} back"
    return Table(caption, columns, tuple(tuple(row[head] for head in heads) for row in cells), _NOTE)


def _cells(model: Model, step: LedgerStep) -> dict[str, str]:
    """A row by its columns' heads."""
    bound = step.predicted.derivative_bound if step.predicted else None
    unbounded = "unbounded" if step.predicted and bound is None else NOTHING
    return {
        "Back to": layer_name(model, step.row.index),
        "Activation": activation_of(model, step.row.index),
        "f′ at most": unbounded if bound is None else number(bound),
        "Activation’s gain": _gain(step.row.activation_gain),
        "Weights’ gain": _gain(step.weights),
        "Norm, skip or time": _gain(step.row.path_gain),
        "Width change": "none" if abs(step.width - 1) < _LEVEL else times(step.width),
        "Product": _gain(step.product),
        "Predicted, without width": _gain(PerSeed.of([step.predicted.gain])) if step.predicted else NOTHING,
    }


def _gain(values: PerSeed | None) -> str:
    text = median_of(values)
    return f"{text}×" if text[0].isdigit() else text
