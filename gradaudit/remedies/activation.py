"""Replace the hidden activation by ReLU, LeakyReLU or ELU, with the initializer that fits it."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.finding import Finding, Fix
from gradaudit.remedies.edit import everywhere
from gradaudit.rows import Row
from gradaudit.spec import ModelSpec

CHOICES = {
    "vanishing-gradient": ("relu", "leaky_relu", "elu"),
    "exploding-gradient": ("relu", "elu"),
    "non-finite-values": ("relu", "elu"),
    "saturated-units": ("relu", "leaky_relu"),
    "dead-units": ("leaky_relu", "elu"),
}
WHY = {
    "relu": "ReLU's derivative is 1 on half of the inputs, and He's variance makes up for the other half "
    "(He et al. 2015, arXiv:1502.01852)",
    "leaky_relu": "LeakyReLU passes a gradient on both sides, so no unit dies (Maas et al. 2013)",
    "elu": "ELU passes a gradient on both sides and keeps the mean of its outputs near 0 "
    "(Clevert et al. 2016, arXiv:1511.07289)",
}
HEALED_BY_SCALE = {"relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "identity"}
"""Activations whose signal is a matter of the weights' variance: a new initializer comes before a new activation."""


class Activation:
    """ReLU, LeakyReLU, ELU with He's initialisation."""

    name = "activation"
    addresses = tuple(CHOICES)

    def propose(self, spec: ModelSpec, rows: tuple[Row, ...], finding: Finding) -> Iterator[Fix]:
        """One fix an activation that the network does not have yet."""
        present = {row.activation.name for row in rows[:-1] if row.activation}
        for choice in CHOICES[finding.rule]:
            if choice in present or (finding.rule != "dead-units" and present <= HEALED_BY_SCALE):
                continue
            if spec.framework == "sklearn" and choice != "relu":
                continue
            changes = everywhere(spec, "activation", lambda _, new=choice: new)  # type: ignore[misc]
            if spec.framework is None:
                changes += everywhere(spec, "init", lambda _: "he_normal")
            if changes:
                with_init = "" if spec.framework else " with he_normal"
                yield Fix(f"{choice}{with_init}", changes, WHY[choice])
