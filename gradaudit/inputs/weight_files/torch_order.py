"""The order of the values behind a flatten: PyTorch's maps have their channels in front, a spec's last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.inputs.channel_order import Turning
from gradaudit.inputs.described.model import Array

Rows = tuple[Mapping[str, Array], ...]
_MAPS = ("conv", "max_pool", "avg_pool")
"""What the types begin with that take channels in front in PyTorch; recurrent layers have features last there, too."""


def channels_last_rows(rows: Sequence[ExpandedLayer], given: Rows) -> Rows:
    """The arrays of the rows that have parameters, in a spec's order, from those in PyTorch's."""
    return tuple(_turned(rows, iter(given)))


def _turned(rows: Sequence[ExpandedLayer], given: Iterator[Mapping[str, Array]]) -> Iterator[Mapping[str, Array]]:
    turning, of_maps = Turning(), False
    for row in rows:
        of_maps |= row.kind.startswith(_MAPS)
        of_maps &= row.kind not in ("rnn", "lstm", "gru")
        if row.kind == "flatten" and of_maps:
            turning.flattened(row.input_shape)
        if row.parameters:
            yield turning.turned(row.kind, next(given))
