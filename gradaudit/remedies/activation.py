"""Replace the hidden activation by one that passes the gradient on, with the initializer that fits it."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Finding, Fix
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import everywhere, is_free
from gradaudit.functions.activations import ACTIVATIONS

CHOICES = {
    "vanishing-gradient": ("relu", "leaky_relu", "elu", "selu", "gelu", "tanh"),
    "exploding-gradient": ("relu", "elu", "tanh"),
    "non-finite-values": ("relu", "elu", "tanh"),
    "saturated-units": ("relu", "leaky_relu", "elu", "selu"),
    "dead-units": ("leaky_relu", "elu", "tanh"),
    "plateau": ("relu", "elu", "tanh"),
    "no-learning": ("relu", "elu", "tanh"),
    "representation-collapse": ("relu", "elu", "selu", "tanh"),
    "seed-sensitivity": ("elu", "leaky_relu", "tanh"),
}
WHY = {
    "relu": "ReLU's derivative is 1 on half of the inputs, and He's variance makes up for the other half "
    "(He et al. 2015, arXiv:1502.01852)",
    "leaky_relu": "LeakyReLU passes a gradient on both sides, so no unit dies (Maas et al. 2013)",
    "selu": "SELU draws mean and variance of its outputs to 0 and 1, layer by layer "
    "(Klambauer et al. 2017, arXiv:1706.02515)",
    "gelu": "GELU is a smooth ReLU: its derivative is near 1 for large inputs and nowhere 0 on a whole half-line "
    "(Hendrycks & Gimpel 2016, arXiv:1606.08415)",
    "tanh": "tanh passes a gradient on both sides, and is symmetric around 0, so that the last hidden layer does not "
    "saturate as a sigmoid's does (Glorot & Bengio 2010, section 3.2)",
    "elu": "ELU passes a gradient on both sides and keeps the mean of its outputs near 0 "
    "(Clevert et al. 2016, arXiv:1511.07289)",
}
HEALED_BY_SCALE = {"relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "identity"}
"""Activations whose signal is a matter of the weights' variance: a new initializer comes before a new activation."""
HEALED_BY_SLOPE = {"dead-units", "seed-sensitivity"}
"""Rules whose trouble is a derivative that is exactly 0: there another rectifier helps."""

IN_SKLEARN = ("relu", "tanh")
"""Of these, what MLPClassifier and MLPRegressor know."""
NOT_IN_SKLEARN = (
    "; LeakyReLU, ELU and SELU, or weights of another variance, may serve better, but scikit-learn has none of them"
)


class ChangeActivation:
    """ReLU, LeakyReLU, ELU, SELU, GELU or tanh, each with its own initialisation."""

    name = "activation"
    tells_cause = True
    addresses = tuple(CHOICES)

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix an activation that the network does not have yet; none where no layer is hidden."""
        present = {row.activation.name for row in rows[:-1] if row.activation}
        if not present:
            return
        rule = "" if finding is None else finding.rule
        for choice in CHOICES.get(rule, ("relu", "elu")):
            scaled = rule not in HEALED_BY_SLOPE and present <= HEALED_BY_SCALE and present != {"identity"}
            if choice in present or scaled:
                continue
            if not is_free(spec) and choice not in IN_SKLEARN:
                continue
            changes = everywhere(spec, "activation", lambda _, new=choice: new)  # type: ignore[misc]
            if is_free(spec):
                changes += everywhere(spec, "init", lambda _, fit=ACTIVATIONS[choice].matching_init: fit)  # type: ignore[misc]
            if changes:
                with_init = f" with {ACTIVATIONS[choice].matching_init}" if is_free(spec) else ""
                limits = "" if is_free(spec) else NOT_IN_SKLEARN
                yield Fix(f"use {choice}{with_init}", changes, WHY[choice] + limits)
