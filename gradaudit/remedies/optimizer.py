"""Another optimizer: Adam, whose steps do not shrink with the gradient."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec, Named

ADAPTIVE = ("adam", "adamw")
RATE = 0.001
KEPT = ("clip_norm", "weight_decay")
"""What is a matter of its own, and another remedy's."""


class ChangeOptimizer:
    """Adam at its usual rate, for gradients that are small, uneven, or too large for one rate."""

    name = "optimizer"
    tells_cause = False
    addresses = (
        "vanishing-gradient",
        "exploding-gradient",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "saddle-point",
        "plateau",
        "no-learning",
        "representation-collapse",
        "seed-sensitivity",
        "unscaled-inputs",
        "unscaled-targets",
    )

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix, unless it is Adam already; the bound and the decay that the spec gives stay."""
        if spec.optimizer.name in ADAPTIVE:
            return
        old = None if "optimizer" in spec.assumed else spec.optimizer.plain()
        kept = {key: value for key, value in spec.optimizer.parameters if key in KEPT}
        yield Fix(
            f"use adam with learning rate {RATE:g}",
            (Change("optimizer", old, Named.of("adam", learning_rate=RATE, **kept).plain()),),
            "Adam divides each gradient by its own size, so that a small one moves its weight as far as a large one "
            "(Kingma & Ba 2015, arXiv:1412.6980, section 2.1)",
        )
