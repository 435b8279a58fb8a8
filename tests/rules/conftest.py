"""Hand-written measurements and trials: what a probe might have seen, in eight seeds unless a test says otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from math import inf, isfinite
from typing import Any, TypeAlias

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.measurements import (
    CriticalKind,
    CriticalPoint,
    DataFacts,
    Descent,
    LayerSignal,
    LayerUnits,
    Measurements,
    Signal,
    Stage,
    Trajectory,
    Units,
)
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import Location
from gradaudit.evidence.learning_outcome import wilson
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.rules import Rule
from tests.plain_sentences import wrong_with

SEEDS = 8
LOOKS = 9
NO_NUMBER = re.compile(r"\b(None|nan|inf)\b")
Column: TypeAlias = "float | tuple[float | None, ...] | None"


def column(values: Column, seeds: int = SEEDS) -> PerSeed:
    """One value for all seeds, or one each; as the probes write them."""
    return PerSeed.of(values if isinstance(values, tuple) else (values,) * seeds)


class Given:
    """Builders of measurements and cases, and the two ways to judge them."""

    def case(
        self,
        stage: Stage | None = None,
        descent: Descent | None = None,
        *,
        name: str = "initialised",
        widths: tuple[int, ...] = (4, 8, 8, 3),
        activation: str = "sigmoid",
        lines: tuple[str, ...] = (),
        trained: Stage | None = None,
        data: DataFacts | None = None,
        trials: tuple[Counterfactual, ...] = (),
        **spec: Any,
    ) -> RuleContext:
        """A dense network with one measured stage, or with the end of its run as well; and what else was seen."""
        model = ModelSpec(
            "m",
            widths[0],
            tuple(DenseSpec(units) for units in widths[1:]),
            activation=Named(activation),
            lines={path: Location("m.yaml", 1) for path in lines},
            **{"output": Named("softmax"), "loss": Named("cross_entropy"), **spec},
        )
        stages: Any = {} if stage is None else {name: stage}
        if trained is not None:
            stages["trained"] = trained
        return RuleContext(model, tuple(flatten(expand(model))), Measurements(stages, descent, data=data), trials)

    def trial(
        self,
        kind: str,
        progress: Column = 0.8,
        stage: Stage | None = None,
        *,
        title: str = "a change",
        found: tuple[str, ...] = (),
        changes: tuple[Change, ...] = (Change("activation", "sigmoid", "tanh"),),
    ) -> Counterfactual:
        """One change of this kind: what its first pass and its run showed, and which rules still find something."""
        descent = None if progress is None else self.descent(progress)
        fix = Fix(title, changes, kinds=tuple(kind.split(" + ")))
        return Counterfactual(fix, self.case(stage, descent), dict.fromkeys(found, Severity.WARNING))

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

    def counted(self, name: str, hits: int, of: int = SEEDS) -> dict[str, float]:
        """How evidence counts seeds: hits, seeds, and the interval of that share."""
        low, high = wilson(hits, of)
        return {name: hits, "seeds": of, "share_low": low, "share_high": high}

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

    def all(self, rule: Rule, case: RuleContext) -> list[Finding]:
        """The rule's findings, each sound: its own rule's name, words, a plain sentence, and numbers for JSON."""
        findings = list(rule.judge(case))
        for finding in findings:
            assert finding.rule == rule.name
            for text in (finding.message, finding.cause):
                assert text
                assert not NO_NUMBER.search(text), text
            assert not wrong_with(finding.plainly)
            assert {"measured", "limit"} <= finding.evidence.keys()
            json.dumps(dict(finding.evidence), allow_nan=False)
        return findings

    def one(self, rule: Rule, case: RuleContext) -> Finding:
        """The only finding."""
        (finding,) = self.all(rule, case)
        return finding


@pytest.fixture
def given() -> Given:
    """The builders; stages come out as a probe would have written them."""
    return Given()
