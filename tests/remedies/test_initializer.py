from __future__ import annotations

import pytest

from gradaudit.finding import Change
from gradaudit.nn.activations import ACTIVATIONS
from gradaudit.remedies.initializer import Initializer
from gradaudit.spec import DenseSpec, ModelSpec, Named

REMEDY = Initializer()
SMALL = Named.of("normal", std=0.01)


def model(activation="relu", init=SMALL, **given):
    """Two hidden layers and an output."""
    return ModelSpec(
        "m", 4, (DenseSpec(8), DenseSpec(8), DenseSpec(3)), activation=Named(activation), init=init, **given
    )


@pytest.mark.parametrize("activation", ["relu", "tanh", "selu", "sigmoid", "gelu"])
def test_each_activation_gets_the_initializer_that_fits_it(propose, activation):
    """He for the rectifiers, Glorot for the saturating ones, LeCun for SELU: the table's."""
    matching = ACTIVATIONS[activation].matching_init
    (fix,) = propose(REMEDY, model(activation), "vanishing-gradient")
    assert fix.title == f"initialise with {matching}"
    assert fix.changes == (Change("init", {"name": "normal", "std": 0.01}, matching),)


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_every_rule_that_it_addresses_gets_one_fix(propose, rule):
    """Weights of the right size are one way out of each of them."""
    assert len(propose(REMEDY, model(), rule)) == 1


@pytest.mark.parametrize("init", ["he_normal", "he_uniform"])
def test_weights_of_the_right_family_are_left_alone(propose, init):
    """Uniform or normal makes no difference to the signal."""
    assert propose(REMEDY, model(init=Named(init)), "dead-units") == []


def test_an_assumed_initializer_of_the_right_family_is_left_alone(propose):
    """Writing down what is assumed already changes nothing."""
    assert propose(REMEDY, model("tanh", Named("glorot_uniform"), assumed=("init",)), "vanishing-gradient") == []


def test_a_gain_makes_it_another_size(propose):
    """The right family with a gain of its own is not the matching initializer."""
    (fix,) = propose(REMEDY, model(init=Named.of("he_normal", gain=0.01)), "vanishing-gradient")
    assert fix.changes == (Change("init", {"name": "he_normal", "gain": 0.01}, "he_normal"),)


def test_an_output_that_knows_no_width_gets_glorot(propose):
    """The last layer's own zeros are replaced as well; an initializer of a family stays."""
    zeros = DenseSpec(3, init=Named("zeros"))
    (fix,) = propose(REMEDY, ModelSpec("m", 4, (DenseSpec(8), zeros), init=Named("zeros")), "saddle-point")
    assert fix.changes == (Change("init", "zeros", "he_normal"), Change("layers[2].init", "zeros", "glorot_uniform"))
    lecun = DenseSpec(3, init=Named("lecun_normal"))
    (fix,) = propose(REMEDY, ModelSpec("m", 4, (DenseSpec(8), lecun), init=Named("zeros")), "saddle-point")
    assert [change.path for change in fix.changes] == ["init"]


def test_biases_are_another_remedys(propose):
    """Each remedy changes one factor, so that what clears a symptom when it is tried alone is its cause."""
    (fix,) = propose(REMEDY, model(bias=Named.of("constant", value=-5.0)), "dead-units")
    assert [change.path for change in fix.changes] == ["init"]


def test_where_it_cannot_be_chosen_nothing_is_proposed(propose):
    """A framework draws its own weights, and fitted ones are not drawn."""
    assert propose(REMEDY, model(framework="sklearn"), "vanishing-gradient") == []
    assert propose(REMEDY, model(), "vanishing-gradient", stage="fitted") == []


@pytest.mark.parametrize(("framework", "fixes"), [(None, 1), ("pytorch", 1), ("sklearn", 0)])
def test_the_initializer_is_chosen_where_it_can_be(propose, framework, fixes):
    """A spec and PyTorch leave the choice; scikit-learn has its own."""
    assert len(propose(REMEDY, model(framework=framework), "vanishing-gradient")) == fixes
