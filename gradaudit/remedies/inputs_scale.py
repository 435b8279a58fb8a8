"""Standardise the inputs: mean 0, standard deviation 1, column by column."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec


class StandardisedInputs:
    """For first layers that saturate, and for rates that the inputs' scale makes unstable or too small."""

    name = "standardised-inputs"
    tells_cause = True
    addresses = (
        "unscaled-inputs",
        "saturated-units",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "vanishing-gradient",
        "exploding-gradient",
        "non-finite-values",
        "dead-units",
        "plateau",
        "no-learning",
        "representation-collapse",
        "seed-sensitivity",
    )

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix, unless the spec standardises already, or its inputs are tokens, which have no scale."""
        if not spec.data.get("standardize", False) and not spec.layers[0].reads_tokens:
            yield Fix(
                "standardise the inputs",
                (Change("data.standardize", None, True),),
                "inputs of mean 0 and variance 1 let training converge faster (LeCun et al. 1998, Efficient BackProp, "
                "section 4.3)",
            )
