"""Fewer layers: a chain of factors below or above 1 is shorter."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.finding import Change, Finding, Fix
from gradaudit.rows import Row
from gradaudit.spec import DenseSpec, ModelSpec

FEW = 3
"""Copies of a repeated layer that are left: three hidden layers train with any of the usual initializers."""


class Depth:
    """For what grows with every layer: vanishing, exploding, collapsing, dying."""

    name = "depth"
    addresses = (
        "vanishing-gradient",
        "exploding-gradient",
        "non-finite-values",
        "dead-units",
        "representation-collapse",
        "seed-sensitivity",
    )

    def propose(self, spec: ModelSpec, rows: tuple[Row, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix where a layer is repeated more often than that."""
        changes = tuple(
            Change(f"layers[{place}].repeat", layer.repeat, FEW)
            for place, layer in enumerate(spec.layers, 1)
            if isinstance(layer, DenseSpec) and layer.repeat > FEW
        )
        if changes and (finding is None or finding.stage != "fitted"):
            yield Fix(
                f"{FEW} layers where there were {max(int(str(change.old)) for change in changes)}",
                changes,
                "what each layer multiplies the signal by is a power of the depth (Schoenholz et al. 2017, "
                "arXiv:1611.01232, section 3)",
            )
