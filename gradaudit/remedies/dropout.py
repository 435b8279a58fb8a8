"""Drop fewer values: of what dropout takes away no gradient comes back."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import DropoutSpec, LayerSpec, ModelSpec
from gradaudit.editing.spec_changes import is_free

MOST, USUAL = 0.5, 0.2
"""Rates above MOST come down to USUAL."""


class Dropout:
    """For runs that do not learn because most of what they would learn from is dropped."""

    name = "dropout"
    tells_cause = True
    addresses = ("plateau", "no-learning", "learning-rate-too-low", "learning-rate-too-high", "seed-sensitivity")

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix where more than half of the values is dropped somewhere."""
        changes = tuple(
            Change(f"{path}.rate", layer.rate, USUAL)
            for path, layer in _dropouts(spec.layers, "layers", 1)
            if layer.rate > MOST
        )
        if changes and is_free(spec):
            yield Fix(
                f"reduce dropout to {USUAL:.0%}",
                changes,
                "typical rates of hidden units lie between 0.2 and 0.5 (Srivastava et al. 2014, appendix A: 0.5 to 0.8 "
                "of the units are kept)",
            )


def _dropouts(layers: tuple[LayerSpec, ...], path: str, first: int) -> Iterator[tuple[str, DropoutSpec]]:
    for position, layer in enumerate(layers, first):
        if isinstance(layer, DropoutSpec):
            yield f"{path}[{position}]", layer
        else:
            for key, inside in layer.branches.items():
                yield from _dropouts(inside, f"{path}[{position}].{key}", 0)
