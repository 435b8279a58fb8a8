"""Residual connections around repeated layers: the gradient has a way past them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import BatchNormSpec, LayerNormSpec, LayerSpec, ModelSpec, ResidualSpec
from gradaudit.editing.spec_changes import is_free, last_layer
from gradaudit.functions.parameter import Shape
from gradaudit.layers.interface import LinearMap
from gradaudit.remedies.interface import GROWS_WITH_DEPTH

DEEP = 3
"""Layers of one width in a row from which a way past them is worth its place."""


class Residual:
    """For what grows with every layer of a deep network."""

    name = "residual"
    tells_cause = False
    addresses = GROWS_WITH_DEPTH

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix where layers of one width follow on each other; a norm stands in front of those without one."""
        if not is_free(spec):
            return
        changes = tuple(_blocks(spec))
        if changes:
            yield Fix(
                "add a residual connection around every hidden layer that keeps the width",
                changes,
                "the identity passes the gradient on undiminished (He et al. 2016, arXiv:1603.05027, section 2), and "
                "branches with a norm stay small beside it (De & Smith 2020, arXiv:2002.10444, on batch_norm)",
            )


def _blocks(spec: ModelSpec) -> Iterator[Change]:
    """A layer that is repeated, or keeps the shape of what comes in, becomes a block; the output layer stays."""
    shape, found, depth = spec.input_shape, [], 0
    output, _ = last_layer(spec)
    for place, layer in enumerate(spec.layers, 1):
        if isinstance(layer, ResidualSpec):
            return
        if f"layers[{place}]" == output:
            break
        before, shape = shape, _behind(layer, shape)
        one = replace(layer, repeat=1)
        if not isinstance(one, LinearMap) or not _keeps(one, shape):
            continue
        is_kept = _keeps(one, before)
        copies = layer.repeat - (not is_kept)
        if copies > 0:
            norm = () if one.norm else (LayerNormSpec() if len(shape) == 1 else BatchNormSpec(),)
            block = ResidualSpec((*norm, one), repeat=copies).plain()
            first = [] if is_kept else [one.plain()]
            found.append(Change(f"layers[{place}]", layer.plain(), [*first, block] if first else block))
        depth += copies
    if depth >= DEEP:
        yield from found


def _keeps(layer: LayerSpec, shape: Shape) -> bool:
    """Whether this shape can come in, and goes out again: a window may be larger than what the one before it left."""
    try:
        return layer.output_shape(shape) == shape
    except ValueError:
        return False


def _behind(layer: LayerSpec, shape: Shape) -> Shape:
    """The shape that a layer and its repetitions make of another."""
    for _ in range(layer.repeat):
        shape = layer.output_shape(shape)
    return shape
