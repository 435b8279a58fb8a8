"""The kinds of layers, each in a file of its own; one more is one more file and its line in ALL."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradaudit.layers.batch_norm import BatchNormSpec
from gradaudit.layers.dense import DenseSpec
from gradaudit.layers.dropout import DropoutSpec
from gradaudit.layers.interface import Layer
from gradaudit.layers.layer_norm import LayerNormSpec
from gradaudit.layers.residual import ResidualSpec

__all__ = [
    "ALL",
    "TYPES",
    "BatchNormSpec",
    "DenseSpec",
    "DropoutSpec",
    "LayerNormSpec",
    "ResidualSpec",
]

ALL: tuple[type[Layer], ...] = (DenseSpec, BatchNormSpec, LayerNormSpec, DropoutSpec, ResidualSpec)

TYPES: Mapping[str, type[Layer]] = MappingProxyType({layer.type: layer for layer in ALL})
"""`type:` in a spec → its class."""
