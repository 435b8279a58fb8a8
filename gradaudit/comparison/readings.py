"""The numbers of one model by which two reports are compared, seed by seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, isfinite, log
from typing import Literal, TypeAlias

from gradaudit.domain.measurements import Descent, Stage
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport
from gradaudit.evidence.learning_outcome import ALMOST_NOTHING, forecast

Good: TypeAlias = Literal["high", "low", "near 1", "neither"]
"""Which way is the better one."""
FARTHEST = 700.0
"""|ln| of what no float holds: 0 and infinity on a scale of ratios."""
MOST = 1e9
"""What stands for infinity where values are subtracted."""
WORST = -1.0
"""Progress that tells no more: a run that ends at twice a constant output's loss, or anywhere above."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One number: what to call it, how to hold two of it against each other, and how much of it is worth a word."""

    key: str
    label: str
    good: Good
    least: float
    """The smallest change worth telling: of ln(value) for a ratio, else of the value; twice that without pairs."""
    is_ratio: bool = False
    matters: float | None = None
    """From what change on it decides by itself: what training reaches does, a symptom does not."""

    def scaled(self, value: float) -> float:
        """The value where differences of it mean something."""
        if self.is_ratio:
            exponent = log(value) if 0 < value < inf else FARTHEST if value > 0 else -FARTHEST
            return abs(exponent) if self.good == "near 1" else exponent
        return min(max(value, WORST), MOST)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one report says of a measure: one number a seed, seeds where it is undefined left None."""

    measure: Measure
    values: tuple[float | None, ...]
    exact: bool = False
    """One number because nothing in it is drawn, whatever the seeds."""


_RATIO = log(1.25)
MEASURES = (
    Measure(
        "progress", "training loss, share of the baseline", "high", 0.02, matters=0.1
    ),  # 0.1: by so much a fix, too, must learn better (evidence/effects.py)
    Measure("seeds_that_learn", "seeds that learn", "high", 0.2, matters=0.2),
    Measure("loss_after", "loss after the run", "low", _RATIO, is_ratio=True),
    Measure("error_signal_norm_ratio", "gradient at first / last layer", "near 1", _RATIO, is_ratio=True),
    Measure("dead_fraction", "dead units in the worst layer", "low", 0.05),
    Measure("saturated_fraction", "saturation in the worst layer", "low", 0.05),
    Measure("stable_limit", "largest stable learning rate", "neither", _RATIO, is_ratio=True),
    Measure("lambda_max", "largest curvature", "neither", _RATIO, is_ratio=True),
)
"""What training reaches first; then the symptoms, which a finding must judge before they count: a network whose
curvature or error signal moved and which learns as before has not become worse."""


def readings(report: ModelReport) -> dict[str, Reading]:
    """Every measure that the report holds numbers of, by its key."""
    found: dict[str, Reading] = {}
    for measure in MEASURES:
        values = _SOURCES[measure.key](report)
        if values is not None and any(value is not None for value in values):
            found[measure.key] = Reading(measure, values, _is_exact(report, measure, len(values)))
    return found


def _is_exact(report: ModelReport, measure: Measure, seeds: int) -> bool:
    """One value of weights that came with the model, and not because one seed was asked for or could be afforded."""
    of_run = measure.key in ("progress", "seeds_that_learn", "loss_after")
    return seeds == 1 and "fitted" in report.measurements.stages and not (of_run and report.settings.seeds == 1)


Values: TypeAlias = tuple[float | None, ...]


def _start(report: ModelReport) -> Stage | None:
    stages = report.measurements.stages
    return stages.get("fitted") or stages.get("initialised")


def _progress(report: ModelReport) -> Values | None:
    run = _run(report)
    return None if run is None else forecast(run.configured, run.planned_steps)


def _learns(report: ModelReport) -> Values | None:
    progress = _progress(report)
    return progress and tuple(float(p is not None and isfinite(p) and p >= ALMOST_NOTHING) for p in progress)


def _loss(report: ModelReport) -> Values | None:
    run = _run(report)
    return None if run is None else run.configured.final.values


def _run(report: ModelReport) -> Descent | None:
    """The run where there is one that holds together; a report may come from anywhere."""
    found = report.measurements.descent
    if found is None or not found.configured.steps or len(found.configured.loss) != len(found.configured.steps):
        return None
    run = found.configured
    columns = (run.final, run.progress, run.oscillation, *run.loss)
    return found if run.steps[-1] > 0 and len({len(column.values) for column in columns}) == 1 else None


def _ratio(report: ModelReport) -> Values | None:
    """Of networks with more than one layer: of one it is 1 by definition."""
    stage = _start(report)
    return None if stage is None or stage.signal is None else stage.signal.error_signal_norm_ratio.values


def _of_units(key: str) -> Callable[[ModelReport], Values | None]:
    def worst(report: ModelReport) -> Values | None:
        stage = _start(report)
        rows = () if stage is None else stage.unit_layers
        columns: list[PerSeed] = [column for row in rows if (column := getattr(row, key)) is not None]
        return tuple(_most(seed) for seed in zip(*(column.values for column in columns), strict=False)) or None

    return worst


def _most(values: tuple[float | None, ...]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _limit(report: ModelReport) -> Values | None:
    stage = _start(report)
    rate = None if stage is None else stage.learning_rate
    return None if rate is None or rate.stable_limit is None else rate.stable_limit.values


def _curvature(report: ModelReport) -> Values | None:
    stage = _start(report)
    return None if stage is None or stage.curvature is None else stage.curvature.lambda_max.values


_SOURCES: dict[str, Callable[[ModelReport], Values | None]] = {
    "progress": _progress,
    "seeds_that_learn": _learns,
    "loss_after": _loss,
    "error_signal_norm_ratio": _ratio,
    "dead_fraction": _of_units("dead_fraction"),
    "saturated_fraction": _of_units("saturated_fraction"),
    "stable_limit": _limit,
    "lambda_max": _curvature,
}


def common(before: ModelReport, after: ModelReport) -> Iterator[tuple[Reading, Reading]]:
    """The readings that both reports have; losses of other data, or another loss, are no two values of one number."""
    own, others = readings(before), readings(after)
    facts = (before.model.facts, after.model.facts)
    is_one_task = all(facts[0].get(key) == facts[1].get(key) for key in ("data", "loss"))
    shared = (key for key in own if key in others and (is_one_task or key != "loss_after"))
    yield from ((own[key], others[key]) for key in shared)
