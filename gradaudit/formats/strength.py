"""The error signal of a layer as the formats show it: of all its outputs together, so that widths do not mislead."""

from __future__ import annotations

import math

from gradaudit.domain.measurements import LayerSignal
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Model


def strength(model: Model, row: LayerSignal) -> PerSeed:
    """The norm of a sample's ∂loss/∂z, as in `error_signal_norm_ratio`: √values times the root mean square."""
    values = next((math.prod(layer.shape or (layer.units,)) for layer in model.layers if layer.index == row.index), 1)
    width = math.sqrt(max(values, 1))
    return PerSeed(tuple(v if v is None else v * width for v in row.error_signal_rms.values))
