"""A norm between the linear map and the activation of every hidden layer."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import has_norms, hidden_layers, is_free

WHY = {
    "layer_norm": "layer normalisation gives every sample's pre-activations mean 0 and variance 1, whatever the "
    "weights (Ba et al. 2016, arXiv:1607.06450)",
    "batch_norm": "batch normalisation gives every unit's pre-activations mean 0 and variance 1 over the batch, "
    "whatever the weights (Ioffe & Szegedy 2015, arXiv:1502.03167)",
}


class Normalisation:
    """For whatever a wrong scale does on its way through the layers."""

    name = "normalisation"
    tells_cause = False
    addresses = (
        "vanishing-gradient",
        "exploding-gradient",
        "non-finite-values",
        "gradient-underflow",
        "dead-units",
        "saturated-units",
        "plateau",
        "no-learning",
        "representation-collapse",
        "seed-sensitivity",
        "init-activation-mismatch",
    )

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix a kind of norm, for networks without any."""
        layers = [path for path, _ in hidden_layers(spec)]
        kinds = sorted(WHY, reverse=not any(row.input_shape[:-1] for row in rows))  # of images, batch_norm first
        if has_norms(spec) or not is_free(spec):
            return
        for norm in kinds if layers else ():
            yield Fix(
                f"{norm} in every hidden layer", tuple(Change(f"{p}.norm", None, norm) for p in layers), WHY[norm]
            )
