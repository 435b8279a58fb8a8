"""Give the weights the variance that fits the activation."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.finding import Change, Finding, Fix
from gradaudit.nn.activations import ACTIVATIONS
from gradaudit.remedies.edit import everywhere, is_free, last_layer
from gradaudit.rows import Row
from gradaudit.spec import ModelSpec, Named

UNSCALED = ("zeros", "ones", "constant", "normal", "uniform")
"""Initializers that know nothing of the layer's width."""


class Initializer:
    """He for the rectifiers, Glorot for the saturating ones, LeCun for SELU."""

    name = "initializer"
    addresses = (
        "init-activation-mismatch",
        "vanishing-gradient",
        "exploding-gradient",
        "non-finite-values",
        "dead-units",
        "saturated-units",
        "saddle-point",
        "plateau",
        "symmetric-units",
        "representation-collapse",
        "seed-sensitivity",
        "learning-rate-too-high",
        "learning-rate-too-low",
    )

    def propose(self, spec: ModelSpec, rows: tuple[Row, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix, unless every layer has that initializer already or the model lives where it cannot be chosen."""
        hidden = rows[0].activation or Named("identity")
        if not is_free(spec) or (finding is not None and finding.stage == "fitted"):
            return
        matching = ACTIVATIONS[hidden.name].matching_init
        changes = everywhere(spec, "init", lambda old: old.plain() if _same(old, matching) else matching)
        path, last = last_layer(spec)
        if last.init is not None and f"{path}.init" not in {c.path for c in changes} and last.init.name in UNSCALED:
            changes += (Change(f"{path}.init", last.init.plain(), "glorot_uniform"),)
        if changes:
            yield Fix(
                f"initialise with {matching}",
                changes,
                f"{matching} gives {hidden} layers weights that keep the signal's size "
                "(Glorot & Bengio 2010; He et al. 2015, arXiv:1502.01852)",
            )


def _same(old: Named, matching: str) -> bool:
    """The same family: uniform or normal makes no difference to the signal."""
    return not old.parameters and old.name.partition("_")[0] == matching.partition("_")[0]
