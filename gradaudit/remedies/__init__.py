"""The remedies, one a file, in the order in which their proposals are shown: the least surprising first.

They serve twice. Each changes one factor, so what clears a symptom when it is tried alone is its cause; and what
clears it is a fix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import recurrent_layers
from gradaudit.remedies.activation import ChangeActivation
from gradaudit.remedies.bias import Bias
from gradaudit.remedies.cell import ChangeCell
from gradaudit.remedies.clipping import Clipping
from gradaudit.remedies.depth import Depth
from gradaudit.remedies.dropout import Dropout
from gradaudit.remedies.initializer import ChangeInitializer
from gradaudit.remedies.inputs_scale import StandardisedInputs
from gradaudit.remedies.interface import Remedy
from gradaudit.remedies.learning_rate import ChangeLearningRate
from gradaudit.remedies.memory import Memory
from gradaudit.remedies.normalisation import Normalisation
from gradaudit.remedies.optimizer import ChangeOptimizer
from gradaudit.remedies.output import ChangeOutput
from gradaudit.remedies.penalty import Penalty
from gradaudit.remedies.plan import LongerPlan
from gradaudit.remedies.precision import Precision
from gradaudit.remedies.recurrent_init import ChangeRecurrentInit
from gradaudit.remedies.residual import Residual
from gradaudit.remedies.restart import Restart
from gradaudit.remedies.targets_scale import StandardisedTargets
from gradaudit.remedies.width import Width

__all__ = ["ALL", "Remedy", "factors", "propose"]

ALL: tuple[Remedy, ...] = (
    ChangeOutput(),
    ChangeLearningRate(),
    LongerPlan(),
    StandardisedInputs(),
    StandardisedTargets(),
    ChangeInitializer(),
    ChangeRecurrentInit(),
    Memory(),
    Bias(),
    Precision(),
    Dropout(),
    Penalty(),
    Restart(),
    ChangeCell(),
    ChangeActivation(),
    Clipping(),
    ChangeOptimizer(),
    Normalisation(),
    Depth(),
    Width(),
    Residual(),
)


FOR_GIVEN_WEIGHTS = (ChangeLearningRate.name, Precision.name, Restart.name)
"""The remedies that make sense for weights that came with the model."""

SCALES = (StandardisedInputs.name, StandardisedTargets.name)
"""What can be tried with given weights, too."""

RESHAPING = (Normalisation.name, Depth.name, Width.name, Residual.name, ChangeCell.name)
"""The remedies after which a file of weights no longer fits the spec that names it."""


def propose(spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding) -> Iterator[Fix]:
    """Every remedy's candidates for one finding; for given weights only those that make sense there."""
    for remedy in ALL:
        if finding.rule in remedy.addresses and _makes_sense(remedy, spec, finding):
            yield from (replace(fix, kinds=(remedy.name,)) for fix in remedy.propose(spec, rows, finding))


def _makes_sense(remedy: Remedy, spec: ModelSpec, finding: Finding) -> bool:
    """An estimator is fitted anew after any change; a spec's weights are a file that must still fit it."""
    if finding.stage == "fitted":
        return remedy.name in FOR_GIVEN_WEIGHTS
    return spec.weights is None or spec.framework is not None or remedy.name not in RESHAPING


def factors(spec: ModelSpec, rows: tuple[ExpandedLayer, ...], findings: tuple[Finding, ...]) -> tuple[Fix, ...]:
    """Changes of one factor each that may explain the findings, or a run that learns little without any.

    A kind's first proposal stands for it, but for the output, where activation and loss are two ways to change one
    factor. The learning rate is none here: the runs at other rates are measured with the model itself; nor is what
    helps whatever the cause may be, but for an optimizer that the source does not name.
    """
    found: list[Fix] = []
    for remedy in ALL:
        if not _tells(remedy, spec):
            continue
        asked = (*(f for f in findings if f.rule in remedy.addresses and f.severity > Severity.INFO), None)
        proposals = (fix for finding in asked for fix in remedy.propose(spec, rows, finding))
        ways = 2 if remedy.name == ChangeOutput.name else 1
        found += [replace(fix, kinds=(remedy.name,)) for fix in islice(_unlike(proposals), ways)]
    return tuple(found)


def _tells(remedy: Remedy, spec: ModelSpec) -> bool:
    """Whether this change tells a cause of this model's trouble: given weights leave only their data and a restart."""
    if spec.weights is not None and not spec.trains_anew:
        return remedy.name in (*SCALES, Restart.name)
    through_time = any(recurrent_layers(spec))  # what grows through time is bounded by clipping, and that tells
    return (
        remedy.tells_cause
        or (remedy.name == Clipping.name and through_time)
        or (remedy.name == ChangeOptimizer.name and "optimizer" in spec.assumed)
    )


def _unlike(fixes: Iterator[Fix]) -> Iterator[Fix]:
    """Each set of changes once: two findings may ask for the same."""
    seen: list[tuple[Change, ...]] = []
    for fix in fixes:
        if fix.changes not in seen:
            seen.append(fix.changes)
            yield fix
