"""Wider layers: the luck of the draw averages out over units."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec, ResidualSpec
from gradaudit.editing.spec_changes import hidden_layers

NARROW, FACTOR, LEAST = 32, 4, 16
"""Layers below NARROW units are made FACTOR times as wide, and at least LEAST."""


class Width:
    """For networks whose fate is a matter of a few units."""

    name = "width"
    tells_cause = True
    addresses = ("seed-sensitivity", "dead-units", "plateau", "no-learning", "vanishing-gradient", "exploding-gradient")

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix where hidden layers are narrow; residual blocks keep their width."""
        if any(isinstance(layer, ResidualSpec) for layer in spec.layers):
            return
        narrow = [(path, layer) for path, layer in hidden_layers(spec) if layer.width < NARROW]
        changes = tuple(
            Change(
                path if isinstance(layer.plain(), int) else f"{path}.{layer.width_key}", layer.width, wider(layer.width)
            )
            for path, layer in narrow
        )
        if changes:
            least = min((layer for _, layer in narrow), key=lambda layer: layer.width)
            yield Fix(
                f"widen the narrowest hidden layers from {least.width} to {wider(least.width)} {least.width_key}",
                changes,
                "how much a random network's gradients vary is exponential in the sum of 1/width over its hidden "
                "layers (Hanin 2018, arXiv:1801.03744)",
            )


def wider(units: int) -> int:
    """The width instead of a narrow one."""
    return max(LEAST, FACTOR * units)
