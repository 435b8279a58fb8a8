"""Draw the weights anew, where those that were given lie where descent rests."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.functions.activations import ACTIVATIONS

WHY = (
    "descent with small steps that starts at random ends on a strict saddle with probability 0 (Lee et al. 2016, "
    "arXiv:1602.04915)"
)


class Restart:
    """For given weights from which no gradient leads away."""

    name = "restart"
    tells_cause = True
    addresses = (
        "saddle-point",
        "plateau",
        "no-learning",
        "symmetric-units",
        "dead-units",
        "saturated-units",
        "vanishing-gradient",
        "exploding-gradient",
        "non-finite-values",
        "representation-collapse",
        "learning-rate-too-high",
        "learning-rate-too-low",
    )

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix where a spec brings its weights, for what is found on them or on the run that starts there."""
        if spec.weights is None or spec.trains_anew or (finding and finding.stage == "initialised"):
            return
        changes: tuple[Change, ...] = (Change("weights", spec.weights.origin, None),)
        if spec.audits_initialisation:
            yield Fix("initialise the weights anew", changes, WHY)
            return
        hidden = rows[0].activation or Named("identity")
        init = ACTIVATIONS[hidden.name].matching_init
        yield Fix(f"initialise the weights anew with {init}", (*changes, Change("init", None, init)), WHY)
