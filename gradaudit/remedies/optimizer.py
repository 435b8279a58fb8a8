"""Another optimizer: Adam, whose steps do not shrink with the gradient."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.finding import Change, Finding, Fix
from gradaudit.rows import Row
from gradaudit.spec import ModelSpec, Named

ADAPTIVE = ("adam", "adamw")
ADAM = Named.of("adam", learning_rate=0.001)


class Optimizer:
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
        "representation-collapse",
        "seed-sensitivity",
        "unscaled-inputs",
        "unscaled-targets",
    )

    def propose(self, spec: ModelSpec, rows: tuple[Row, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix where the optimizer's step is the gradient's size, or a bound of it."""
        if spec.optimizer.name in ADAPTIVE:
            return
        old = None if "optimizer" in spec.assumed else spec.optimizer.plain()
        yield Fix(
            "adam at 0.001",
            (Change("optimizer", old, ADAM.plain()),),
            "Adam divides each gradient by its own size, so that a small one moves its weight as far as a large one "
            "(Kingma & Ba 2015, arXiv:1412.6980, section 2.1)",
        )
