"""Links of another framework's model become a spec with weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradaudit.errors import GradauditError, InputError, Location
from gradaudit.inputs.chain import joined, spec_of
from gradaudit.inputs.links import (
    ActivationLink,
    DenseLink,
    DropoutLink,
    FlattenLink,
    NormLink,
    Place,
    ResidualLink,
    ScaleLink,
)
from gradaudit.inputs.plain_tree import tree_at
from gradaudit.spec import DenseSpec, DropoutSpec, Named, NormSpec, ResidualSpec


def at(line):
    """A place in the file."""
    return Place(f"layer {line}", Location("m.x", line, 1))


def dense(inputs=2, units=2, line=1, **more):
    """A dense link with weights that tell where they are from."""
    return DenseLink(at(line), units, kernel=np.full((inputs, units), line), intercept=np.zeros(units), **more)


def norm(line=2, width=2, **more):
    """A layer norm with a scale of its own."""
    return NormLink(at(line), "layer_norm", scale=np.full(width, line), **more)


def act(name="tanh", line=3):
    """An activation."""
    return ActivationLink(at(line), name)


def spec(*links, inputs=2, leaves_output_open=False, **training):
    """The model of these links."""
    return spec_of(
        links,
        inputs,
        {key: tree_at(value, Location("m.x", 9, 1)) for key, value in training.items()},
        name="m",
        place=Place("", Location("m.x")),
        leaves_output_open=leaves_output_open,
        framework="x",
        notes=("a note",),
    )


def test_an_activation_joins_its_dense_link_with_the_norm_between():
    """Behind a norm of its own the dense layer has both; a norm behind the activation stays."""
    (own,) = joined([dense(), norm(), act()])
    (first, after) = joined([dense(), act(), norm()])

    assert (own.activation, own.norm.place, first.norm) == ("tanh", at(2), None)
    assert isinstance(after, NormLink)


@pytest.mark.parametrize(
    "links",
    [
        [act()],
        [norm(), act()],
        [dense(), act(), act()],
        [dense(), DropoutLink(at(2), 0.5), act()],
        [dense(), norm(), norm(), act()],
        [dense(), ResidualLink(at(2), (dense(),)), act()],
        [dense(), ResidualLink(at(2), (act(), dense()))],
        [dense(), act(), norm(), act()],
    ],
)
def test_an_activation_elsewhere_is_refused_at_its_place(links):
    """A spec has activations of dense layers only."""
    with pytest.raises(InputError, match=r"m\.x:3:1: layer 3: an activation is audited right behind a dense layer"):
        joined(links)


def test_links_as_layers():
    """Each kind as its noun, hidden layers without activation linear, all at their own lines."""
    found = spec(
        FlattenLink(at(1)),
        dense(line=2, name="first"),
        norm(3, eps=0.5),
        DropoutLink(at(4), 0.25),
        ResidualLink(at(5), (dense(line=6), dense(line=7, activation="relu"))),
        dense(line=8, bias=False, init="zeros"),
    )

    inside = (DenseSpec(2, Named("identity")), DenseSpec(2, Named("relu")))
    assert found.layers == (
        DenseSpec(2, Named("identity"), name="first"),
        NormSpec("layer_norm", eps=0.5),
        DropoutSpec(0.25),
        ResidualSpec(inside),
        DenseSpec(2, Named("identity"), Named("zeros"), False),
    )
    paths = ("layers[1].activation", "layers[2]", "layers[4].layers[1].activation", "layers[5].init")
    assert [found.locate(path).line for path in paths] == [2, 3, 7, 8]
    assert (found.name, found.source, found.framework, found.notes) == ("m", "m.x", "x", ("a note",))


def test_weights_in_the_order_of_rows():
    """Norms are numbered apart, those inside a dense layer and a block included; what is missing is 1 and 0."""
    block = ResidualLink(at(3), (dense(line=4), norm(5)))
    found = spec(dense(line=1), norm(2), act(), block, NormLink(at(6), "batch_norm"), dense(line=7)).weights

    assert [coef[0, 0] for coef in found.coefs] == [1, 4, 7]
    assert [scale[0] for scale in found.scales] == [2, 5, 1]
    assert [shift.tolist() for shift in found.shifts] == [[0, 0]] * 3


def test_weights_decide_which_stages_there_are():
    """Weights alone are looked at as they are; with an init the initialisation too; without weights that alone."""
    bare = DenseLink(at(1), 2, init="zeros")

    assert not spec(dense()).audits_initialisation
    assert "init" not in spec(dense()).assumed
    assert spec(dense(init="zeros")).audits_initialisation
    assert (spec(bare).weights, spec(bare).audits_initialisation) == (None, True)


def test_the_last_layer_says_its_output_unless_it_is_left_to_the_loss():
    """A linear output is one, and no softmax comes to it; a norm behind it is its own."""
    closed, left = (spec(dense(), leaves_output_open=left, loss="cross_entropy") for left in (False, True))

    assert closed.layers[0].activation == Named("identity")
    assert (left.layers[0].activation, left.output) == (None, None)
    assert spec(dense(), norm()).layers[0].norm == "layer_norm"


def test_scalings_in_front_are_kept_for_the_data():
    """In their order, through a Flatten; elsewhere, and of another width, they are refused."""
    first, second = (ScaleLink(at(n), np.array([1.0]), np.array([n, n])) for n in (1, 2))

    assert [scaling.scale[0] for scaling in spec(FlattenLink(at(1)), first, second, dense()).scalings] == [1, 2]
    with pytest.raises(InputError, match="layer 2: a scaling is audited in front of the first layer only"):
        spec(dense(), second, dense())
    with pytest.raises(InputError, match="it scales 2 inputs, the network has 3"):
        spec(first, dense(3), inputs=3)


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ([dense(3, 2)], "layer 1: its weights are 3 × 2, where the layers make them 2 × 2"),
        ([DenseLink(at(1), 2, kernel=np.ones((2, 2)), intercept=np.ones(3))], "its biases are 3, where"),
        ([dense(), norm(width=3), dense()], "layer 2: its scale are 3"),
        ([dense(units=3, line=4), ResidualLink(at(5), (dense(3, 2),)), dense(3)], "takes 3 values and gives 2"),
        ([], "a model needs the number of inputs and at least one layer"),
    ],
)
def test_what_does_not_fit_together(links, message):
    """Arrays against the layers' widths, and what a spec refuses itself."""
    with pytest.raises(GradauditError, match=message):
        spec(*links)


def test_what_all_layers_share_is_said_once():
    """An activation of all hidden layers, an init of all: changed in one place, which is the first layer's line."""
    hidden = [dense(line=n, activation="tanh", init="zeros") for n in (2, 3)]
    block = ResidualLink(at(4), (dense(line=5, activation="tanh", init="zeros"),))
    last = dense(line=6, activation="sigmoid", init="zeros")
    found = spec(*hidden, block, last)
    other = spec(*hidden, block, replace(last, init="ones"))

    assert (found.activation, found.init, found.layers[-1].activation) == (
        Named("tanh"),
        Named("zeros"),
        Named("sigmoid"),
    )
    assert found.layers[2].layers == (DenseSpec(2),)
    assert (found.locate("activation").line, found.locate("init").line) == (2, 2)
    assert found.audits_initialisation
    assert [layer.init for layer in other.layers[:2]] == [Named("zeros")] * 2
