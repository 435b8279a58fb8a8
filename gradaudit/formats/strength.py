"""The error signal of a layer as the formats show it: of all its units together, so that widths do not mislead."""

from __future__ import annotations

import math

from gradaudit.domain.measurements import LayerSignal, PerSeed
from gradaudit.domain.report import Model


def strength(model: Model, row: LayerSignal) -> PerSeed:
    """√units times the root mean square: the norm of a sample's ∂loss/∂z, as in `error_signal_norm_ratio`."""
    units = next((layer.units for layer in model.layers if layer.index == row.index), 1)
    width = math.sqrt(max(units, 1))
    return PerSeed(tuple(v if v is None else v * width for v in row.error_signal_rms.values))
