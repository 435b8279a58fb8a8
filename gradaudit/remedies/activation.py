"""Replace the hidden activation by ReLU, LeakyReLU or ELU, with the initializer that fits it."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.finding import Finding, Fix
from gradaudit.nn.activations import ACTIVATIONS
from gradaudit.remedies.edit import everywhere, is_free
from gradaudit.rows import Row
from gradaudit.spec import ModelSpec

CHOICES = {
    "vanishing-gradient": ("relu", "leaky_relu", "elu"),
    "exploding-gradient": ("relu", "elu"),
    "non-finite-values": ("relu", "elu"),
    "saturated-units": ("relu", "leaky_relu"),
    "dead-units": ("leaky_relu", "elu"),
    "plateau": ("relu", "elu"),
    "representation-collapse": ("relu", "elu"),
    "seed-sensitivity": ("elu", "leaky_relu", "tanh"),
}
WHY = {
    "relu": "ReLU's derivative is 1 on half of the inputs, and He's variance makes up for the other half "
    "(He et al. 2015, arXiv:1502.01852)",
    "leaky_relu": "LeakyReLU passes a gradient on both sides, so no unit dies (Maas et al. 2013)",
    "tanh": "tanh passes a gradient on both sides and bounds what a layer hands on (Glorot & Bengio 2010, section 3)",
    "elu": "ELU passes a gradient on both sides and keeps the mean of its outputs near 0 "
    "(Clevert et al. 2016, arXiv:1511.07289)",
}
HEALED_BY_SCALE = {"relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "identity"}
"""Activations whose signal is a matter of the weights' variance: a new initializer comes before a new activation."""
HEALED_BY_SLOPE = {"dead-units", "seed-sensitivity"}
"""Rules whose trouble is a derivative that is exactly 0: there another rectifier helps."""


class Activation:
    """ReLU, LeakyReLU, ELU with He's initialisation."""

    name = "activation"
    addresses = tuple(CHOICES)

    def propose(self, spec: ModelSpec, rows: tuple[Row, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix an activation that the network does not have yet."""
        present = {row.activation.name for row in rows[:-1] if row.activation}
        rule = "" if finding is None else finding.rule
        for choice in CHOICES.get(rule, ("relu", "elu")):
            if choice in present or (rule not in HEALED_BY_SLOPE and present <= HEALED_BY_SCALE):
                continue
            if spec.framework == "sklearn" and choice != "relu":
                continue
            changes = everywhere(spec, "activation", lambda _, new=choice: new)  # type: ignore[misc]
            if is_free(spec):
                changes += everywhere(spec, "init", lambda _, fit=ACTIVATIONS[choice].matching_init: fit)  # type: ignore[misc]
            if changes:
                with_init = f" with {ACTIVATIONS[choice].matching_init}" if is_free(spec) else ""
                yield Fix(f"{choice}{with_init}", changes, WHY[choice])
