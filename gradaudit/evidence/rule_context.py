"""What one rule may see of a model: its spec, its rows, its measurements, and the changes that were tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Fix, Severity
from gradaudit.domain.measurements import Descent, Measurements, Stage, StageName
from gradaudit.domain.spec import ModelSpec

START: tuple[StageName, ...] = ("initialised", "fitted")
"""The stages before the audit's own run."""


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What one rule may see: the complete spec, its rows, and the measurements that the rule declared."""

    spec: ModelSpec
    rows: tuple[ExpandedLayer, ...]
    measurements: Measurements
    trials: tuple[Counterfactual, ...] = ()
    """The same model with one factor changed at a time, measured again with the same seeds."""

    @property
    def descent(self) -> Descent | None:
        """The training runs, where they were made."""
        return self.measurements.descent

    @property
    def has_constant_inputs(self) -> bool:
        """Every input is the same in all rows: no change of the model helps."""
        return self.measurements.data is not None and self.measurements.data.input_distinctness == 0

    @property
    def linear_maps(self) -> tuple[ExpandedLayer, ...]:
        """Dense layers and convolutions, in forward order; the last of them is the output."""
        return tuple(row for row in self.rows if row.layer.is_linear_map)

    def row(self, index: int) -> ExpandedLayer:
        """The row of this number."""
        return next(row for row in self.rows if row.index == index)

    @property
    def weighted(self) -> tuple[ExpandedLayer, ...]:
        """The rows with weights: dense, convolutions, recurrent, embeddings; the error signal's ratio is over these."""
        return tuple(row for row in self.rows if row.has_weights)

    @property
    def first_stage(self) -> Stage | None:
        """The stage at which the model is seen first; None where none was measured."""
        return next((stage for _, stage in self.stages()), None)

    def stages(self, names: tuple[StageName, ...] = START) -> Iterator[tuple[StageName, Stage]]:
        """The stages of these names that were measured."""
        for name in names:
            if name in self.measurements.stages:
                yield name, self.measurements.stages[name]


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """One change of the spec, what was measured with it, and which rules still find something."""

    fix: Fix
    case: RuleContext
    found: Mapping[str, Severity] = field(default_factory=dict)
    """Rules with a warning or an error on the changed model, and which; trials are judged before the model itself."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The factors that were changed, by their remedies' names."""
        return self.fix.kinds
