from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.editing.spec_changes import apply
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.remedies.activation import CHOICES, IN_SKLEARN, WHY, ChangeActivation

REMEDY = ChangeActivation()


def model(activation="sigmoid", **given):
    """Two hidden layers and an output."""
    return ModelSpec("m", 4, (DenseSpec(8), DenseSpec(8), DenseSpec(3)), activation=Named(activation), **given)


def test_a_sigmoid_whose_signal_vanishes_becomes_another_each_with_the_weights_that_fit_it(propose):
    """The least surprising first; which initializer fits stands in the table of activations."""
    fixes = propose(REMEDY, model(), "vanishing-gradient")
    choices = CHOICES["vanishing-gradient"]
    assert [fix.title for fix in fixes] == [f"use {name} with {ACTIVATIONS[name].matching_init}" for name in choices]
    assert fixes[0].changes == (
        Change("activation", "sigmoid", "relu"),
        Change("init", "glorot_uniform", "he_normal"),
    )
    assert "He et al. 2015" in fixes[0].why


@pytest.mark.parametrize("rule", CHOICES)
def test_every_rule_that_it_addresses_gets_its_own_choices(propose, rule):
    """The choices stand in one table, and applied they are what the network has."""
    spec = model("exponential")
    fixes = propose(REMEDY, spec, rule)
    assert [fix.title.split()[1] for fix in fixes] == list(CHOICES[rule])
    assert [apply(spec, fix.changes).activation.name for fix in fixes] == list(CHOICES[rule])


@pytest.mark.parametrize("activation", ["relu", "elu", "gelu"])
def test_what_the_weights_can_heal_is_no_matter_of_the_activation(propose, activation):
    """A rectifier whose signal vanishes wants other weights."""
    assert propose(REMEDY, model(activation), "vanishing-gradient") == []


def test_layers_without_a_nonlinearity_want_one(propose):
    """They are one linear map, whatever their weights."""
    assert propose(REMEDY, model("identity"), "no-learning")[0].title.startswith("use relu")


def test_dead_relus_become_units_that_cannot_die(propose):
    """Here the activation is the cause, whatever the weights."""
    fixes = propose(REMEDY, model("relu"), "dead-units")
    assert [fix.title.split()[1] for fix in fixes] == ["leaky_relu", "elu", "tanh"]
    assert not any(ACTIVATIONS[fix.title.split()[1]].can_die for fix in fixes)


def test_what_is_there_already_is_not_proposed(propose):
    """A network that mixes tanh and ReLU is offered the others."""
    spec = ModelSpec(
        "m", 4, (DenseSpec(8), DenseSpec(8, activation=Named("relu")), DenseSpec(3)), activation=Named("tanh")
    )
    fixes = propose(REMEDY, spec, "vanishing-gradient")
    assert [fix.title.split()[1] for fix in fixes] == ["leaky_relu", "elu", "selu", "gelu"]
    assert Change("layers[2].activation", "relu", "elu") in fixes[1].changes


def test_the_output_keeps_its_activation(propose):
    """Only hidden layers change."""
    spec = model(output=Named("softmax"))
    assert all(apply(spec, fix.changes).output == Named("softmax") for fix in propose(REMEDY, spec, "saturated-units"))


@pytest.mark.parametrize("rule", CHOICES)
def test_scikit_learn_knows_relu_and_tanh_alone(propose, rule):
    """A fix must be expressible where the model lives, and says what is not: no LeakyReLU, no initializer."""
    fixes = propose(REMEDY, model(framework="sklearn"), rule)
    known = [choice for choice in CHOICES[rule] if choice in ("relu", "tanh")]
    assert [(fix.title, [c.path for c in fix.changes]) for fix in fixes] == [
        (f"use {name}", ["activation"]) for name in known
    ]
    assert all("scikit-learn has none of them" in fix.why for fix in fixes)


@pytest.mark.parametrize("framework", ["keras", "pytorch", "onnx"])
def test_other_frameworks_are_as_free_as_a_spec(propose, framework):
    """They know every activation, and initializers that fit."""
    fixes = propose(REMEDY, model(framework=framework), "vanishing-gradient")
    assert fixes == propose(REMEDY, model(), "vanishing-gradient")


@pytest.mark.parametrize("rule", CHOICES)
@pytest.mark.parametrize("last", [None, Named("relu")])
def test_a_model_without_hidden_layers_keeps_its_only_activation(propose, rule, last):
    """It is the output's, and another remedy's."""
    spec = ModelSpec("m", 4, (DenseSpec(3, activation=last),), output=Named("relu"))
    assert propose(REMEDY, spec, rule) == []


def test_every_choice_is_known_and_has_its_reason():
    """Every choice is in the table of activations, has a reason with its source, and scikit-learn's are its own."""
    from sklearn.neural_network import _base

    offered = {choice for choices in CHOICES.values() for choice in choices}
    assert offered == set(WHY)
    assert offered <= set(ACTIVATIONS)
    assert set(IN_SKLEARN) == offered & set(_base.ACTIVATIONS)
