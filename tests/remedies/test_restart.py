from __future__ import annotations

import numpy as np
import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change, Finding, Severity
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, Weights
from gradaudit.editing.spec_changes import apply
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.remedies.restart import Restart

REMEDY = Restart()
GIVEN = Weights(({"weight": np.zeros((4, 8))}, {"weight": np.zeros((8, 3))}), "w.npz")


def model(**given):
    """One hidden layer, with weights of its own."""
    return ModelSpec("m", 4, (DenseSpec(8), DenseSpec(3)), **{"weights": GIVEN, **given})


def proposals(spec, rule="saddle-point", stage="fitted"):
    """Its fixes for a finding of this rule."""
    finding = Finding(rule, Severity.ERROR, "m", "c", {"measured": 0.0, "limit": 1.0}, stage)
    return list(REMEDY.propose(spec, tuple(flatten(expand(spec))), finding))


@pytest.mark.parametrize("rule", REMEDY.addresses)
@pytest.mark.parametrize("stage", ["fitted", "trained"])
def test_weights_that_were_given_are_drawn_by_the_specs_own_initializer(rule, stage):
    """Where it names one; a run that starts from given weights is their affair, too."""
    (fix,) = proposals(model(), rule, stage)
    assert fix.changes == (Change("weights", "w.npz", None),)
    assert apply(model(), fix.changes).weights is None


@pytest.mark.parametrize("activation", ["relu", "tanh", "selu"])
def test_without_one_by_the_one_that_fits_the_activation(activation):
    """The spec says nothing of how to draw; then it has to."""
    spec = model(audits_initialisation=False, activation=Named(activation))
    (fix,) = proposals(spec)
    matching = ACTIVATIONS[activation].matching_init
    assert fix.title == f"initialise the weights anew with {matching}"
    assert fix.changes == (Change("weights", "w.npz", None), Change("init", None, matching))
    edited = apply(spec, fix.changes)
    assert (edited.weights, edited.audits_initialisation, edited.init) == (None, True, Named(matching))


def test_what_is_found_at_the_initialisation_is_no_fault_of_the_given_weights():
    """They were not there yet."""
    assert proposals(model(), stage="initialised") == []


def test_without_given_weights_there_is_nothing_to_draw_anew():
    """Each seed draws anew already; an estimator is fitted anew by its own `fit`."""
    assert proposals(model(weights=None)) == []
    assert proposals(model(framework="sklearn")) == []
    assert proposals(model(framework="keras")) == []


def test_the_weights_of_a_module_are_where_its_training_goes_on():
    """As with a spec's."""
    assert len(proposals(model(framework="pytorch"))) == len(proposals(model(framework="onnx"))) == 1
