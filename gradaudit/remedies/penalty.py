"""No penalty on the weights: one that is too strong pulls them to zero faster than the data pull them away."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import is_free


class Penalty:
    """For runs that end where every input gets the same answer."""

    name = "penalty"
    tells_cause = True
    addresses = (
        "plateau",
        "no-learning",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "saddle-point",
        "vanishing-gradient",
    )

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix where the spec has an l2 term or weight decay."""
        decay = spec.optimizer.get("weight_decay")
        changes: tuple[Change, ...] = (Change("l2", spec.l2, 0.0),) if spec.l2 > 0 else ()
        changes += (Change("optimizer.weight_decay", decay, 0.0),) if decay and is_free(spec) else ()
        if changes:
            yield Fix(
                "remove the penalty on the weights",
                changes,
                "a penalty shrinks the weights to almost zero in every direction in which it bends more than the loss "
                "does (Goodfellow, Bengio & Courville 2016, section 7.1.1)",
            )
