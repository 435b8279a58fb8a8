"""A learning rate as a number: the one at which the audit's own run learnt best."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.finding import Change, Finding, Fix
from gradaudit.rows import Row
from gradaudit.spec import ModelSpec


class LearningRate:
    """The better rate that the finding names."""

    name = "learning-rate"
    addresses = ("learning-rate-too-high", "learning-rate-too-low")

    def propose(self, spec: ModelSpec, rows: tuple[Row, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix: the rate whose run is in the evidence."""
        if finding is None:
            return
        key = "better_rate" if finding.rule == "learning-rate-too-high" else "limit"
        rate = finding.evidence.get(key)
        if isinstance(rate, int | float):
            new = float(f"{rate:.2g}")
            old = None if "optimizer" in spec.assumed else spec.optimizer.get("learning_rate")
            yield Fix(
                f"learning rate {new:g}",
                (Change("optimizer.learning_rate", old, new),),
                "the run at this rate, same seeds and data, learnt best of those that were tried",
            )
