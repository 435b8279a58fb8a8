from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.editing.spec_changes import apply
from gradaudit.functions.losses import LOSSES
from gradaudit.remedies.output import ChangeOutput

REMEDY = ChangeOutput()


def model(output, loss, units=3, last=None, **given):
    """One hidden layer, and an output that the model or its last layer names."""
    return ModelSpec(
        "m",
        4,
        (DenseSpec(8), DenseSpec(units, activation=None if last is None else Named(last))),
        output=Named(output),
        loss=Named(loss),
        **given,
    )


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_every_rule_that_it_addresses_gets_the_losss_own_output(propose, rule):
    """The first proposal for an odd pair is the same whichever rule asks."""
    fix = propose(REMEDY, model("tanh", "binary_cross_entropy"), rule)[0]
    assert fix.title == "use sigmoid"
    assert fix.changes == (Change("output", "tanh", "sigmoid"),)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_losss_own_pair_is_left_alone(propose, loss):
    """It is what the remedy would propose."""
    assert propose(REMEDY, model(LOSSES[loss].native_output, loss), "loss-output-mismatch") == []


def test_the_last_layers_own_activation_is_changed_where_it_names_one(propose):
    """It overrides the model's `output`, which stays."""
    spec = model("identity", "mse", last="relu")
    (fix,) = propose(REMEDY, spec, "loss-output-mismatch")
    assert fix.changes == (Change("layers[2].activation", "relu", "identity"),)
    assert apply(spec, fix.changes).output == Named("identity")


@pytest.mark.parametrize(("output", "loss"), [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")])
def test_probabilities_under_a_loss_over_numbers_may_keep_their_output(propose, output, loss):
    """First the loss's own output; then the loss that is made for probabilities."""
    fixes = propose(REMEDY, model(output, "mse"), "loss-output-mismatch")
    assert [fix.title for fix in fixes] == ["use identity", f"use {loss} with {output}"]
    assert fixes[1].changes == (Change("loss", "mse", loss),)


def test_softmax_over_one_unit_becomes_a_sigmoid(propose):
    """Under cross-entropy the loss goes with it; under a loss over numbers softmax is not kept."""
    (fix,) = propose(REMEDY, model("softmax", "cross_entropy", 1), "loss-output-mismatch")
    assert fix.changes == (
        Change("loss", "cross_entropy", "binary_cross_entropy"),
        Change("output", "softmax", "sigmoid"),
    )
    (fix,) = propose(REMEDY, model("softmax", "binary_cross_entropy", 1), "loss-output-mismatch")
    assert fix.changes == (Change("output", "softmax", "sigmoid"),)
    assert [f.title for f in propose(REMEDY, model("softmax", "mse", 1), "loss-output-mismatch")] == ["use identity"]


@pytest.mark.parametrize("output", ["softmax", "tanh", "identity"])
def test_a_loss_that_takes_logits_keeps_its_own_softmax_alone(propose, output):
    """What stands before it goes; where nothing does, the pair is the loss's own."""
    spec = replace(model(output, "cross_entropy"), loss=Named.of("cross_entropy", reduction="sum", from_logits=True))
    fixes = propose(REMEDY, spec, "loss-output-mismatch")
    assert len(fixes) == (output != "identity")
    for fix in fixes:
        assert fix.title == f"leave out {output}, since cross_entropy applies softmax itself"
        changed = apply(spec, fix.changes)
        assert (changed.loss, changed.output) == (Named.of("cross_entropy", reduction="sum"), Named("softmax"))


@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
def test_of_one_unit_a_loss_over_logits_becomes_a_binary_one(propose, output):
    """Softmax over one unit is 1, before the loss and in it."""
    spec = replace(model(output, "cross_entropy", 1), loss=Named.of("cross_entropy", from_logits=True))
    (fix,) = propose(REMEDY, spec, "loss-output-mismatch")
    changed = apply(spec, fix.changes)
    assert (changed.loss, changed.output) == (Named("binary_cross_entropy"), Named("sigmoid"))


def test_what_the_spec_does_not_write_is_a_new_key(propose):
    """An assumed loss and an assumed output have no old value."""
    spec = model("softmax", "cross_entropy", 1, assumed=("loss", "output"))
    (fix,) = propose(REMEDY, spec, "loss-output-mismatch")
    assert [change.old for change in fix.changes] == [None, None]
