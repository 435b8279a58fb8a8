"""Layers of Keras, and what of them is not read."""

from __future__ import annotations

import pytest

from gradaudit.domain.spec import BatchNormSpec, DropoutSpec, LayerNormSpec
from tests.inputs.keras.writing import dense, layer, named, sequential


def test_layers_without_weights_of_their_own(load):
    """Dropout keeps its rate; identities are nothing, nor is a Flatten of vectors or a linear Activation."""
    nothing = [layer("Identity"), layer("Flatten"), layer("Activation", activation="linear")]
    spec = load(sequential(dense(), *nothing, layer("Dropout", rate=0.25), dense()))

    assert [type(each).__name__ for each in spec.layers] == ["DenseSpec", "DropoutSpec", "DenseSpec"]
    assert spec.layers[1] == DropoutSpec(0.25)


def test_norms_have_keras_s_epsilon(load):
    """1e-3 where the configuration is silent."""
    norms = [layer("BatchNormalization", axis=[1]), layer("LayerNormalization", axis=-1, epsilon=0.5)]
    spec = load(sequential(dense(activation="relu"), *norms, dense()))

    assert spec.layers[1:3] == (BatchNormSpec(eps=1e-3), LayerNormSpec(eps=0.5))


@pytest.mark.parametrize(
    ("config", "note"),
    [
        (dense(trainable=False), "config.layers[1]: trainable: false is not read"),
        (
            dense(name="d", bias_regularizer=named("L2", l2=1.0)),
            "config.layers[1] (d): its bias_regularizer is not read",
        ),
        (dense(kernel_constraint=named("MaxNorm")), "its kernel_constraint is not read"),
        (dense(activity_regularizer=named("L1", l1=1.0)), "its activity_regularizer is not read"),
    ],
)
def test_what_is_not_read_is_said(load, config, note):
    """The report says it beside what was assumed."""
    assert any(found.startswith(note) or note in found for found in load(sequential(config)).notes)


def test_a_norm_without_scale_or_center_is_said(load):
    """The engine trains both."""
    spec = load(sequential(dense(), layer("BatchNormalization", name="bn", center=False), dense()))

    assert spec.notes == ("config.layers[2] (bn): scale or center is off in it; the training run trains both",)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            layer("Lambda", name="f", function="…"),
            "config.layers[1] (f): a layer of the class 'Lambda' is not audited; it",
        ),
        (layer("Conv3D", name="c"), "config.layers[1] (c): a layer of the class 'Conv3D' is not audited"),
        ({**dense(), "module": "mine.layers"}, "a layer of the class 'mine.layers.Dense' is not audited"),
        ({**dense(), "registered_name": "Custom>Dense"}, "a layer of the class 'keras.Dense' is not audited"),
        ({"class_name": "Dense"}, "config.layers[1]: 'config' is missing"),
        (layer("Dense"), "config.layers[1].config: 'units' is missing"),
        (dense("many"), "config.layers[1].config.units: 'many' is no whole number"),
        (dense(use_bias="no"), "config.layers[1].config.use_bias: 'no' is neither true nor false"),
        (dense(lora_rank=4), "a quantised layer, or one with LoRA"),
        (layer("LayerNormalization", rms_scaling=True), "rms_scaling is not audited"),
        (layer("LayerNormalization", axis={"a": "b" * 9000}), "a normalisation over the axis a mapping is not audited"),
        (layer("BatchNormalization", axis=[1, 2]), "a normalisation over 2 axes is not audited"),
        (layer("Dropout", rate=0.5, noise_shape=[1, 2]), "a Dropout with a noise_shape"),
        (layer("Rescaling", scale=0), "a scale of 0"),
        (layer("Normalization"), "its mean and variance are not in a JSON file"),
        (layer("Normalization", mean=0.0, variance=1.0, invert=True), "an inverted normalisation"),
        ({"config": {}}, "a layer of the class '' is not audited"),
        ({"class_name": ["Dense"], "config": {}}, "config.layers[1].class_name: a list is no text"),
    ],
)
def test_layers_that_are_not_audited(fault, config, message):
    """By path and name, with the reason."""
    assert message in fault(sequential(config, dense()))


def test_scalings_in_front_are_the_data_s(load, fault):
    """A Rescaling before the first layer is no layer; behind one it is refused."""
    (scaling,) = load(sequential(layer("Rescaling", scale=0.5, offset=1.0), dense())).scalings

    assert ((4.0 - scaling.offset) * scaling.scale).tolist() == [3.0]
    assert "a scaling is audited in front of the first layer only" in fault(
        sequential(dense(), layer("Rescaling", scale=2))
    )
    assert "it scales 3 inputs, the network has 4" in fault(
        sequential(layer("Normalization", mean=[1, 2, 3], variance=[1, 1, 1]), dense())
    )
