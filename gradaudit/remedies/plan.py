"""More epochs: a plan of a few dozen steps may be too short for any rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import as_one
from gradaudit.remedies.learning_rate import AROUND, FACTORS, rate_fix

TIMES = 10
"""How many times as long the plan is made."""
MEMORISED = "only the training loss was measured, which memorised noise lowers too: hold rows back to tell"
"""What such a fix was not seen to do."""


class LongerPlan:
    """For a run that was followed to its end and got a little way, at the best rate that was tried."""

    name = "longer-plan"
    tells_cause = False
    addresses = ("no-learning",)

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """Ten times the epochs at the rate that got furthest, and at rates around it; none on stand-in data."""
        if finding is None or spec.epochs is None or not finding.evidence.get("plan_is_short"):
            return
        if "data" in spec.assumed:  # how long its own data take, these cannot tell
            return
        rate = finding.evidence.get("best_rate")
        longer = Fix(
            f"train for {TIMES * spec.epochs} epochs instead of {spec.epochs}",
            (Change("epochs", spec.epochs, TIMES * spec.epochs),),
            f"the plan is short: at no rate that was tried does the network get far in so few steps; {MEMORISED}",
        )
        if not isinstance(rate, float):
            yield longer
            return
        for factor in (1.0, *FACTORS):
            both = as_one((longer, rate_fix(spec, factor * rate)))
            yield replace(both, why=longer.why + ("; this one got furthest" if factor == 1 else f"; {AROUND}"))
