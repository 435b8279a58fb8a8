"""Bound the norm of the whole gradient."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import is_free

NORM = 1.0
"""The usual bound; a step is then no longer than the learning rate."""


class Clipping:
    """For steps that throw the weights far off: exploding gradients and rates that overshoot."""

    name = "clipping"
    tells_cause = False
    addresses = ("exploding-gradient", "learning-rate-too-high", "non-finite-values", "unscaled-targets")

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix, unless the gradient is bounded already or the model lives where it cannot be."""
        if is_free(spec) and spec.optimizer.get("clip_norm") is None:
            yield Fix(
                f"clip the gradient's norm at {NORM:g}",
                (Change("optimizer.clip_norm", None, NORM),),
                "a bounded gradient keeps its direction and cannot throw the weights far off (Pascanu et al. 2013, "
                "arXiv:1211.5063, section 3.2)",
            )
