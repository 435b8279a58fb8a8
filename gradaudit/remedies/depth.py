"""Fewer layers: a chain of factors below or above 1 is shorter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import LayerSpec, ModelSpec
from gradaudit.layers.interface import LinearMap
from gradaudit.remedies.interface import GROWS_WITH_DEPTH

FEW = 3
"""Copies of a repeated layer that are left: three hidden layers train with any of the usual initializers."""


class Depth:
    """For what grows with every layer: vanishing, exploding, collapsing, dying."""

    name = "depth"
    tells_cause = True
    addresses = GROWS_WITH_DEPTH

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix where a layer stands more than FEW times in a row, repeated or written out."""
        groups = [list(group) for _, group in groupby(enumerate(spec.layers, 1), key=lambda entry: _alike(entry[1]))]
        depths = [sum(layer.repeat for _, layer in group if isinstance(layer, LinearMap)) for group in groups]
        changes = tuple(
            change for group, depth in zip(groups, depths, strict=True) if depth > FEW for change in _shorter(group)
        )
        if changes:
            yield Fix(
                f"reduce the depth from {max(depths)} to {FEW} layers",
                changes,
                "signals fade and gradients vanish or explode exponentially with the depth (Schoenholz et al. 2017, "
                "arXiv:1611.01232)",
            )


def _alike(layer: LayerSpec) -> object:
    """Equal for linear maps that differ in nothing but how often they stand there."""
    return replace(layer, repeat=1, name=None) if isinstance(layer, LinearMap) else layer


def _shorter(group: list[tuple[int, LayerSpec]]) -> Iterator[Change]:
    """The first entries are kept, as many as make FEW layers."""
    left = FEW
    for place, layer in group:
        if left == 0:
            yield Change(f"layers[{place}]", layer.plain(), None)
        elif layer.repeat > left:
            yield Change(f"layers[{place}].repeat", layer.repeat, left)
        left = max(0, left - layer.repeat)
