"""Standardise numeric targets: mean 0, standard deviation 1, column by column."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec
from gradaudit.functions.losses import LOSSES


class StandardisedTargets:
    """For regressions whose errors, and with them every gradient, are in the units of the target."""

    name = "standardised-targets"
    tells_cause = True
    addresses = (
        "unscaled-targets",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "non-finite-values",
        "dead-units",
        "plateau",
        "no-learning",
    )

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix for a loss over numbers, unless the spec standardises already or the loss needs positive targets."""
        over_numbers = spec.loss is not None and not LOSSES[spec.loss.name].for_classes and spec.loss.name != "poisson"
        if over_numbers and not spec.data.get("standardize_targets", False):
            yield Fix(
                "standardise the targets",
                (Change("data.standardize_targets", None, True),),
                "a fresh network's errors are as large as the targets: with targets of standard deviation 1 the usual "
                "rates fit; its predictions are then to be scaled back (van Hasselt et al. 2016, arXiv:1602.07714)",
            )
