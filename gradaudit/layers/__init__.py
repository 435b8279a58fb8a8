"""The kinds of layers, each in a file of its own; one more is one more file and its line in ALL."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradaudit.layers.avg_pool import AvgPool1dSpec, AvgPool2dSpec
from gradaudit.layers.batch_norm import BatchNormSpec
from gradaudit.layers.conv import Conv1dSpec, Conv2dSpec
from gradaudit.layers.dense import DenseSpec
from gradaudit.layers.dropout import DropoutSpec
from gradaudit.layers.embedding import EmbeddingSpec
from gradaudit.layers.flatten import FlattenSpec
from gradaudit.layers.global_pool import GlobalAvgPoolSpec, GlobalMaxPoolSpec
from gradaudit.layers.group_norm import GroupNormSpec
from gradaudit.layers.gru import GruSpec
from gradaudit.layers.interface import Layer
from gradaudit.layers.layer_norm import LayerNormSpec
from gradaudit.layers.lstm import LstmSpec
from gradaudit.layers.max_pool import MaxPool1dSpec, MaxPool2dSpec
from gradaudit.layers.residual import ResidualSpec
from gradaudit.layers.rnn import RnnSpec

__all__ = [
    "ALL",
    "TYPES",
    "BatchNormSpec",
    "DenseSpec",
    "DropoutSpec",
    "EmbeddingSpec",
    "GruSpec",
    "LayerNormSpec",
    "LstmSpec",
    "ResidualSpec",
    "RnnSpec",
]

ALL: tuple[type[Layer], ...] = (
    DenseSpec,
    Conv1dSpec,
    Conv2dSpec,
    MaxPool1dSpec,
    MaxPool2dSpec,
    AvgPool1dSpec,
    AvgPool2dSpec,
    GlobalAvgPoolSpec,
    GlobalMaxPoolSpec,
    FlattenSpec,
    BatchNormSpec,
    LayerNormSpec,
    GroupNormSpec,
    DropoutSpec,
    ResidualSpec,
    EmbeddingSpec,
    RnnSpec,
    LstmSpec,
    GruSpec,
)

TYPES: Mapping[str, type[Layer]] = MappingProxyType({layer.type: layer for layer in ALL})
"""`type:` in a spec → its class."""
