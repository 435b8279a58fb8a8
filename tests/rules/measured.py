"""Hand-written measurements: what a probe might have seen, in eight seeds unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf, isfinite
from typing import Any, TypeAlias

from gradaudit.domain.measurements import (
    CriticalKind,
    CriticalPoint,
    DataFacts,
    Descent,
    LayerSignal,
    LayerUnits,
    Signal,
    Stage,
    Trajectory,
    Units,
)
from gradaudit.domain.per_seed import PerSeed

SEEDS = 8
LOOKS = 9
Column: TypeAlias = "float | tuple[float | None, ...] | None"


def column(values: Column, seeds: int = SEEDS) -> PerSeed:
    """One value for all seeds, or one each; as the probes write them."""
    return PerSeed.of(values if isinstance(values, tuple) else (values,) * seeds)


class Measured:
    """Builders of what was measured."""

    def data(self, **facts: Any) -> DataFacts:
        """Standardised inputs and targets that are numbers, but for the facts that are named."""
        ordinary = {
            "input_rms": 1.0,
            "input_offset": 0.0,
            "input_spread": 1.0,
            "constant_inputs": 0,
            "input_distinctness": 1.0,
            "targets_are_numbers": True,
            "target_mean": 0.0,
            "target_std": 1.0,
            "target_low": -2.0,
            "target_high": 2.0,
        }
        return DataFacts(**{**ordinary, **facts})

    def signal(
        self,
        ratio: Column,
        *,
        activation_gain: float | None = 0.25,
        weight_gain: float | None = 1.0,
        update: float | None = 1e-3,
        largest: Column = 1.0,
        loss: Column = 1.0,
        size: float = 1.0,
        rows: int = 3,
        distinctness: tuple[Column, ...] = (),
        underflow: Mapping[str, Column] | None = None,
    ) -> Stage:
        """A signal whose first layer has `ratio` of the last one's strength, in even steps; `size` is forward.

        `distinctness` is one column a row, `underflow` one a format.
        """
        ratios = column(ratio)
        seeds = len(ratios.values)
        layers = []
        for row in range(rows):
            link = (rows - 1 - row) / (rows - 1) if rows > 1 else 0.0
            strength = PerSeed.of(0.0 if v is None else 0.01 * v**link for v in ratios.values)
            inside = row < rows - 1
            layers.append(
                LayerSignal(
                    index=row,
                    error_signal_rms=strength,
                    activation_mean=column(0.0, seeds),
                    activation_std=column(size, seeds),
                    activation_gain=column(activation_gain, seeds) if inside else None,
                    weight_gain=column(weight_gain, seeds) if inside else None,
                    update_ratio=column(update, seeds),
                    distinctness=column(distinctness[row], seeds) if distinctness else None,
                )
            )
        whole = {"loss": column(loss, seeds), "data_loss": column(loss, seeds), "gradient_norm": column(1.0, seeds)}
        return Stage(
            signal=Signal(
                **whole,
                error_signal_ratio=ratios,
                error_signal_norm_ratio=ratios,
                largest=column(largest, seeds),
                layers=tuple(layers),
                underflow={name: column(lost, seeds) for name, lost in (underflow or {}).items()},
            )
        )

    def units(
        self,
        *,
        dead: Mapping[int, Column] | None = None,
        saturated: Mapping[int, Column] | None = None,
        twins: Mapping[int, Column] | None = None,
    ) -> Stage:
        """Three rows of units with the shares that are named, the other shares 0; the last row has no twins."""
        named = (dead or {}, saturated or {}, twins or {})
        lengths = [len(v) for shares in named for v in shares.values() if isinstance(v, tuple)]
        seeds = max(lengths, default=SEEDS)
        return Stage(
            units=Units(
                tuple(
                    LayerUnits(
                        row,
                        column((dead or {}).get(row, 0.0), seeds),
                        column(saturated.get(row, 0.0), seeds) if saturated is not None else None,
                        (1.0,),
                        (-30.0, 40.0),
                        column((twins or {}).get(row, 0.0), seeds) if row < 2 else None,
                    )
                    for row in range(3)
                )
            )
        )

    def run(
        self, progress: Column, *, rate: float | None = 0.1, steps: int = 100, start: float = 1.0, wild: float = 0.0
    ) -> Trajectory:
        """A run from `start` in a straight line to the loss of its progress; the trivial loss is 1."""
        progresses = column(progress)
        ends = [inf if v is None or not isfinite(v) else 1 - v for v in progresses.values]
        starts = [start * (1 + 1e-12 * seed) for seed in range(len(ends))]  # as different draws have
        looks = [
            tuple(
                begin + (end - begin) * k / (LOOKS - 1) if k else begin for begin, end in zip(starts, ends, strict=True)
            )
            for k in range(LOOKS)
        ]
        return Trajectory(
            rate,
            tuple(k * steps // (LOOKS - 1) for k in range(LOOKS)),
            tuple(PerSeed.of(look) for look in looks),
            PerSeed.of(min(start, end) for end in ends),
            PerSeed.of(ends),
            progresses,
            column(wild, len(ends)),
        )

    def descent(
        self,
        progress: Column | Trajectory,
        others: Mapping[float, Column] | None = None,
        *,
        planned: int = 100,
        assumed: bool = False,
    ) -> Descent:
        """The configured run at rate 0.1, and the progress of runs at other rates."""
        configured = progress if isinstance(progress, Trajectory) else self.run(progress)
        runs = tuple(self.run(p, rate=rate) for rate, p in sorted((others or {}).items()))
        return Descent(1.0, 0.0, planned, assumed, 32, configured, runs)

    def point(
        self,
        kinds: CriticalKind | tuple[CriticalKind, ...],
        *,
        loss: Column = 1.0,
        escape: Column = 0.5,
        lowest: float = -0.1,
    ) -> Stage:
        """A resting point with the walk that leaves it."""
        each = (kinds,) * SEEDS if isinstance(kinds, str) else kinds
        seeds = len(each)
        return Stage(
            critical_point=CriticalPoint(
                kinds=each,
                predicted_decrease=column(1e-9, seeds),
                lambda_max=column(1.0, seeds),
                lambda_min=column(lowest, seeds),
                residual_min=column(1e-4, seeds),
                loss=column(loss, seeds),
                escape_loss=column(escape, seeds),
                gradient_loss=column(1.0, seeds),
                direction=("the direction of most negative curvature",) * seeds,
            )
        )

    def merged(self, *stages: Stage) -> Stage:
        """What several probes saw at one stage."""
        found = Stage()
        for stage in stages:
            seen = {key: value for key in Stage.__slots__ if (value := getattr(stage, key)) is not None}
            found = replace(found, **seen)
        return found
