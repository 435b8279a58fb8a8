"""The remedies, one a file, in the order in which their proposals are shown."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.finding import Finding, Fix
from gradaudit.remedies.activation import Activation
from gradaudit.remedies.initializer import Initializer
from gradaudit.remedies.inputs_scale import StandardisedInputs
from gradaudit.remedies.interface import Remedy
from gradaudit.remedies.learning_rate import LearningRate
from gradaudit.remedies.targets_scale import StandardisedTargets
from gradaudit.rows import Row
from gradaudit.spec import ModelSpec

__all__ = ["ALL", "Remedy", "propose"]

ALL: tuple[Remedy, ...] = (LearningRate(), StandardisedInputs(), StandardisedTargets(), Initializer(), Activation())


def propose(spec: ModelSpec, rows: tuple[Row, ...], finding: Finding) -> Iterator[Fix]:
    """Every remedy's candidates for one finding."""
    for remedy in ALL:
        if finding.rule in remedy.addresses:
            yield from remedy.propose(spec, rows, finding)
