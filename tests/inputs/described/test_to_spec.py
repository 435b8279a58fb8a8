"""Described layers, of whatever framework, become a spec with weights."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, DropoutSpec, LayerNormSpec, Named, ResidualSpec
from gradaudit.errors import GradauditError, InputError, Location, SpecError
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel, Place
from gradaudit.inputs.described.to_spec import spec_of
from tests.inputs.described.layers import act, at, bare, block, dense, dropout, norm, scale, spec


def test_an_activation_joins_its_dense_layer_with_the_norm_between():
    """Each at its own line; a norm behind the activation stays."""
    own = spec(dense(), norm(), act(), dense())
    after = spec(dense(), act(), norm(), dense())

    assert (own.layers[0], own.activation) == (DenseSpec(2, norm=Named("layer_norm")), Named("tanh"))
    assert [own.locate(path).line for path in ("layers[1]", "layers[1].norm", "activation")] == [1, 2, 3]
    assert after.layers[:2] == (DenseSpec(2), LayerNormSpec())


def test_dropout_in_front_of_a_relu_is_dropout_behind_it():
    """The two commute; a tanh and its dropout do not."""
    found = spec(dense(), norm(), dropout(), act("relu"), dense())

    assert found.layers[:2] == (DenseSpec(2, norm=Named("layer_norm")), DropoutSpec(0.5))
    assert found.activation == Named("relu")


TANH = Named("tanh")


@pytest.mark.parametrize(
    ("layers", "owner"),
    [
        ([dense(), dropout(), act()], DropoutSpec(0.5, activation=TANH)),
        ([dense(), dropout(), norm(), act()], LayerNormSpec(activation=TANH)),
        ([dense(), act("relu"), norm(), act()], LayerNormSpec(activation=TANH)),
        ([dense(), block(dense()), act()], ResidualSpec((DenseSpec(2),), activation=TANH)),
    ],
)
def test_an_activation_elsewhere_is_of_what_stands_before_it(layers, owner):
    """Behind a dropout, a norm of its own and a residual sum, in any order."""
    found = spec(*layers, dense())

    assert found.layers[-2] == owner
    assert found.locate(f"layers[{len(found.layers) - 1}].activation").line == 3


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([act()], "an activation in front of any layer is not audited"),
        ([dense(), act(), act()], "an activation right behind another is not audited"),
        ([dense(), block(act(), dense())], "an activation in front of any layer"),
    ],
)
def test_an_activation_without_a_layer_is_refused_at_its_place(layers, message):
    """It has nothing to belong to."""
    with pytest.raises(InputError, match=rf"m\.x:3:1: layer 3: {message}"):
        spec(*layers)


def test_layers_of_every_type():
    """Each as its noun with its name, hidden layers without activation linear, all at their own lines."""
    found = spec(
        DescribedLayer("flatten", at(1)),
        dense(line=2, name="first", activation="relu"),
        norm(3, eps=0.5),
        dropout(4, 0.25),
        dropout(4, 0.0),
        block(dense(line=6), dense(line=7, activation="relu"), line=5, name="skip"),
        dense(line=8, bias=False, init={"name": "orthogonal", "gain": 1.0}),
    )

    inside = (DenseSpec(2, Named("identity")), DenseSpec(2))
    assert found.layers == (
        DenseSpec(2, name="first"),
        LayerNormSpec(eps=0.5),
        DropoutSpec(0.25),
        ResidualSpec(inside, name="skip"),
        DenseSpec(2, init=Named("orthogonal"), bias=False),
    )
    paths = ("activation", "layers[2]", "layers[4].layers[1]", "layers[5].init", "layers[4].layers[0].activation")
    assert [found.locate(path).line for path in paths] == [2, 3, 7, 8, 6]
    assert (found.name, found.source, found.framework, found.notes) == ("m", "m.x", "x", ("a note",))


def test_weights_in_the_order_of_rows():
    """Norms are numbered apart, those inside a dense layer and a block included; what is missing is 1 and 0."""
    last = DescribedLayer("batch_norm", at(6))
    found = spec(dense(), norm(2), act(), block(dense(line=4), norm(5)), last, dense(line=7)).weights

    assert [coef[0, 0] for coef in found.each("weight")] == [1, 4, 7]
    assert [scale[0] for scale in found.each("scale")] == [2, 5]
    assert found.each("shift") == ()


def test_weights_decide_which_stages_there_are():
    """Weights alone are looked at as they are; with an init the initialisation too; without weights that alone."""
    assert not spec(dense()).audits_initialisation
    assert "init" not in spec(dense()).assumed
    assert spec(dense(init="zeros")).audits_initialisation
    assert spec(dense(), init="pytorch").audits_initialisation
    assert (spec(bare(init="zeros")).weights, spec(bare()).audits_initialisation) == (None, True)
    assert "init" in spec(bare()).assumed


def test_the_last_layer_says_its_output_unless_it_is_left_to_the_loss():
    """A linear output is one, and no softmax comes to it; a norm behind it is its own."""
    closed, left = (spec(dense(), leaves_output_open=left, loss="cross_entropy") for left in (False, True))

    assert (closed.output, left.output) == (Named("identity"), None)
    assert spec(dense(), act("softmax")).output == Named("softmax")
    assert spec(dense(), norm()).layers[0].norm == Named("layer_norm")


def test_scalings_in_front_are_kept_for_the_data():
    """In their order, through a Flatten; elsewhere, and of another width, they are refused."""
    first, second = scale(1, 1.0, 1.0), scale(2, 2.0, 2.0)
    found = spec(DescribedLayer("flatten", at(1)), first, second, dense())

    assert [scaling.scale[0] for scaling in found.scalings] == [1, 2]
    with pytest.raises(InputError, match="layer 2: a scaling is audited in front of the first layer only"):
        spec(dense(), second, dense())
    with pytest.raises(InputError, match="it scales 2 inputs, the network has 3"):
        spec(first, dense(3), inputs=3)


def test_what_all_layers_share_is_said_once():
    """The hidden layers' commonest activation, an init of all: changed in one place, the first layer's line."""
    hidden = [dense(line=n, activation="tanh", init="he_normal", bias="zeros") for n in (2, 3)]
    inner = block(dense(line=5, activation="relu", init="he_normal", bias="ones"))
    found = spec(*hidden, inner, dense(line=6, activation="sigmoid", init="ones", bias="zeros"))

    assert (found.activation, found.init, found.output) == (Named("tanh"), Named("he_normal"), Named("sigmoid"))
    assert found.layers[2].layers == (DenseSpec(2, Named("relu"), bias=Named("ones")),)
    assert found.layers[-1] == DenseSpec(2, init=Named("ones"))
    assert [found.locate(path).line for path in ("activation", "init", "output")] == [2, 2, 6]
    assert found.audits_initialisation


def test_settings_are_a_spec_s():
    """By a spec's words, or as a framework made them; what is not given is assumed."""
    lbfgs = Named.of("lbfgs", anything=1)
    found = spec(dense(), loss="mse", l2=0.5, batch_size=4, epochs=7, precision="float64", optimizer=lbfgs, data=None)

    assert (found.loss, found.l2, found.batch_size, found.epochs) == (Named("mse"), 0.5, 4, 7)
    assert (found.precision, found.optimizer, found.assumed) == ("float64", lbfgs, ("data",))
    assert found.locate("loss").line == 9


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([dense(3, 2)], "layer 1: its weights are 3 × 2, where the layers make them 2 × 2"),
        (
            [DescribedLayer("dense", at(1), {"units": 2}, {"weight": np.ones((2, 2)), "bias": np.ones(3)})],
            "its biases are 3, where",
        ),
        ([dense(), norm(width=3), dense()], "layer 2: its scale are 3"),
        ([bare(units=3), block(bare(), line=5), bare()], "m.x:5:1: layer 5: .*takes 3 values"),
        ([], "there is no layer in it that is audited"),
        ([DescribedLayer("conv3d", at(3))], "layer 3: a layer of the type 'conv3d' is not audited"),
        ([dense(activation="softmax"), dense(line=2)], "layer 1: softmax on a hidden layer"),
        ([bare(units="x")], "layer 1: units: 'x' is no whole number"),
        ([bare(activation="tahn")], "layer 1: activation: 'tahn' is no activation; did you mean 'tanh'"),
        ([bare(init={"name": "normal", "std": -1})], "layer 1: init.std: -1 is impossible"),
        ([bare(), dropout(rate=1.5)], "layer 2: rate: 1.5 is impossible"),
        ([bare(), norm(eps=0)], "layer 2: eps: 0 is impossible"),
        ([bare(name="a\nb")], "layer 1: name: 'a.*line breaks"),
    ],
)
def test_what_no_spec_can_say(layers, message):
    """Arrays against the layers' widths, and a spec's own checks, each at its layer."""
    with pytest.raises(GradauditError, match=message):
        spec(*layers)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "mean"}, "m.x:9:1: loss: 'mean' is no loss"),
        ({"epochs": 0}, "m.x:9:1: epochs: 0 is impossible"),
        ({"precision": "int8"}, "precision: 'int8' is not audited"),
        ({"audit": "thorough"}, "audit: 'thorough' is not audited"),
    ],
)
def test_settings_that_no_spec_has(settings, message):
    """Each with its place."""
    with pytest.raises(InputError, match=message):
        spec(dense(), **settings)


def test_a_live_object_needs_no_file():
    """Its layers are called by what a person finds them by."""
    layers = (DescribedLayer("dense", Place("net.0"), {"units": 2}), DescribedLayer("dropout", Place("net.1"), {}))
    with pytest.raises(InputError, match=r"^net\.1: rate: an empty value is no number"):
        spec_of(DescribedModel("net", Place("net"), layers, (2,), "pytorch"))
    found = spec_of(DescribedModel("net", Place("net"), layers[:1], (2,), "pytorch"))
    assert (found.lines, found.source) == ({}, "")
    with pytest.raises(SpecError, match=r"^net: .*there is no layer in it"):
        spec_of(DescribedModel("net", Place("net"), (), (2,), "pytorch"))


def test_a_bias_that_only_dense_layers_lack_is_no_setting_of_the_model():
    """A recurrent layer in front has its own: what the model says would take it away."""
    arrays = {"weight": np.ones((2, 8)), "recurrent": np.ones((2, 8)), "bias": np.ones(8)}
    cell = DescribedLayer("lstm", at(1), {"units": 2}, arrays)
    head = DescribedLayer("dense", at(2), {"units": 1, "bias": False}, {"weight": np.ones((2, 1))})
    found = spec_of(DescribedModel("m", Place("", Location("m.x")), (cell, head), (4, 2), "x"))

    assert (found.bias, found.layers[1].bias) == (None, False)
    assert [sorted(row) for row in found.weights.rows] == [["bias", "recurrent", "weight"], ["weight"]]


def test_a_recurrent_layer_that_leaves_its_biases_open_keeps_the_model_from_saying_them():
    """Wherever it stands: what the model says would be drawn for it, too."""
    lstm = DescribedLayer("lstm", at(2), {"units": 2, "return_sequences": True})
    place = Place("", Location("m.x"))
    for layers in ((lstm,), (block(lstm),)):
        model = DescribedModel("m", place, (*layers, bare(units=1, bias="ones")), (5, 2), "x", {}, {}, (), False)
        assert spec_of(model).bias is None
