"""The model's layers as a table: equal neighbours in one row."""

from __future__ import annotations

import re
from itertools import groupby

from gradaudit.domain.plurals import counted
from gradaudit.domain.report import Model, ReportedLayer
from gradaudit.formats.page.tables import Column, Table, capped
from gradaudit.text.numbers import NOTHING, count
from gradaudit.text.wording import clip, layer_names, sentence

_MOST = 10
_COUNTED = re.compile(r"[a-z0-9_]+_\d+")
"""A name that nobody gave: the type and a number."""


def architecture(model: Model) -> Table | None:
    """Number or name, type, output, activation, initialiser and parameters; None of a model without layers."""
    if not model.layers:
        return None
    heads = ("Type", "Output", "Activation", "Initialisation", "Parameters")
    columns = (Column("Layer", numeric=False), *(Column(head, numeric=head == "Parameters") for head in heads))
    rows = tuple(_row(model, tuple(alike)) for _, alike in groupby(model.layers, key=_alike))
    size = f"{counted(model.parameters, 'trainable parameter')}"
    if model.layers and model.layers[0].kind == "dense" and len(model.layers[0].shape) < 2:
        size += f", {counted(model.inputs, 'input')}"  # of an image or a sequence it is the channels alone
    return capped(Table(f"Architecture: {size}", columns, rows), _MOST)


def _alike(layer: ReportedLayer) -> tuple[object, ...]:
    return layer.kind, layer.shape, layer.units, layer.activation, layer.init, layer.parameters


def _row(model: Model, layers: tuple[ReportedLayer, ...]) -> tuple[str, ...]:
    first = layers[0]
    name = sentence(layer_names(model, [layer.index for layer in layers]))
    given = [clip(layer.name, 40) for layer in layers if layer.has_weights and not _COUNTED.fullmatch(layer.name)]
    name += f" ({' to '.join(dict.fromkeys((given[0], given[-1])))})" if given else ""
    each = f"{count(len(layers))} × " if len(layers) > 1 else ""
    return (
        name,
        clip(first.kind, 40),
        " × ".join(map(str, first.shape)) or str(first.units),
        clip(first.activation, 40) if first.activation else NOTHING,
        clip(first.init, 40) if first.init else NOTHING,
        f"{each}{count(first.parameters)}" if first.parameters else NOTHING,
    )
