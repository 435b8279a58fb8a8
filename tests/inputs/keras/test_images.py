"""Convolutions of Keras that are several of a spec's, or that have their channels in front."""

from __future__ import annotations

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.errors import InputError, Location
from gradaudit.inputs.keras.configuration import model_of
from gradaudit.inputs.yaml_text.plain_tree import tree_at
from tests.inputs.keras.writing import layer


def test_depthwise_and_separable_convolutions():
    """One group a channel; a separable one is two layers. Channels in front are put last."""
    first = {"batch_shape": [None, 3, 12, 10]}
    one = {"kernel_size": [3, 3], "data_format": "channels_first", "padding": "same"}
    root = {
        "class_name": "Sequential",
        "config": {
            "layers": [
                {"class_name": "InputLayer", "config": first},
                layer("DepthwiseConv2D", depth_multiplier=2, activation="relu", **one),
                layer("SeparableConv2D", filters=5, depth_multiplier=1, **one),
                layer("BatchNormalization", axis=1),
                layer("GlobalMaxPooling2D", data_format="channels_first"),
                layer("Dense", units=3),
            ]
        },
    }
    spec = model_of(tree_at(root, Location("m.json")), "m")
    rows = [(row.kind, row.shape, getattr(row.layer, "groups", None)) for row in flatten(expand(spec))]
    assert spec.input_shape == (12, 10, 3)
    assert rows == [
        ("conv2d", (12, 10, 6), 3),
        ("conv2d", (12, 10, 6), 6),
        ("conv2d", (12, 10, 5), 1),
        ("batch_norm", (12, 10, 5), None),
        ("global_max_pool", (5,), None),
        ("dense", (3,), None),
    ]
    root["config"]["layers"][3]["config"]["axis"] = 2
    with pytest.raises(InputError, match="a normalisation over the axis 2 is not audited; that of the channels is"):
        model_of(tree_at(root, Location("m.json")), "m")
