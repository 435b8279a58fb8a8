"""The remedies of recurrent layers: their weights, the gate that keeps, another cell."""

from __future__ import annotations

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, Weights
from gradaudit.editing.spec_changes import apply
from gradaudit.layers import GruSpec, LstmSpec, RnnSpec
from gradaudit.remedies import factors
from gradaudit.remedies.cell import ChangeCell
from gradaudit.remedies.memory import Memory
from gradaudit.remedies.recurrent_init import ChangeRecurrentInit

ORTHOGONAL, MEMORY, CELL = ChangeRecurrentInit(), Memory(), ChangeCell()
RULE = "vanishing-gradient"
RELU = Named("relu")


def model(*layers, init="pytorch", **given):
    """A network over sequences."""
    return ModelSpec("m", 2, (*layers, DenseSpec(1)), init=Named(init), positions=(50,), **given)


@pytest.mark.parametrize(
    ("layer", "init", "new"),
    [
        (RnnSpec(4), "pytorch", "orthogonal"),
        (RnnSpec(4, activation=RELU), "keras", "identity"),
        (LstmSpec(4), "keras", "orthogonal"),
        (RnnSpec(4), "keras", None),
        (GruSpec(4), "glorot_uniform", None),
        (GruSpec(4, recurrent_init=Named.of("normal", std=0.3)), "glorot_uniform", "orthogonal"),
        (RnnSpec(4, recurrent_init=Named.of("orthogonal", gain=2.0)), "keras", "orthogonal"),
    ],
)
def test_recurrent_weights_become_orthogonal(propose, layer, init, new):
    """Identity for rectifiers; nothing where they are."""
    fixes = propose(ORTHOGONAL, model(layer, init=init), RULE)
    assert [change.new for fix in fixes for change in fix.changes] == ([new] if new else [])
    for fix in fixes:
        assert apply(model(layer, init=init), fix.changes).layers[0].recurrent_init == Named(new)


def test_the_gate_that_keeps_is_opened(propose):
    """For the known length first, then by 1 where it is not open as far."""
    spec = model(LstmSpec(4, return_sequences=True), RnnSpec(3, return_sequences=True), GruSpec(4))
    chrono, one = propose(MEMORY, spec, RULE)
    assert chrono.changes == (
        Change("layers[1].forget_bias", None, "chrono"),
        Change("layers[3].update_bias", None, "chrono"),
    )
    assert [change.new for change in one.changes] == [1, 1]
    assert apply(spec, chrono.changes).layers[0].forget_bias == "chrono"
    (only,) = propose(MEMORY, model(LstmSpec(4), init="keras"), RULE)
    assert only.changes[0].new == "chrono"
    assert propose(MEMORY, model(LstmSpec(4, forget_bias="chrono")), RULE) == []
    assert propose(MEMORY, model(LstmSpec(4, bias=False)), RULE) == []


def test_a_plain_layer_becomes_an_lstm_of_its_shape(propose):
    """With the steps of its sequences in the forget bias."""
    first = RnnSpec(4, activation=RELU, return_sequences=True, bidirectional=True, name="encoder")
    spec = model(first, LstmSpec(2), weights=Weights(({}, {}, {}), "w.npz"))
    (fix,) = propose(CELL, spec, RULE)
    changed = apply(spec, fix.changes)
    assert changed.layers[0] == LstmSpec(
        4, return_sequences=True, bidirectional=True, name="encoder", forget_bias="chrono"
    )
    assert changed.weights is None
    assert changed.layers[1:] == spec.layers[1:]
    assert propose(CELL, model(LstmSpec(4)), RULE) == []


def test_clipping_tells_a_cause_where_there_is_time():
    """And a framework's whole default is left to the layers' own remedies."""
    spec = model(RnnSpec(4))
    rows = tuple(row for row in flatten(expand(spec)) if row.kind == "dense")
    recurrent = {fix.kind for fix in factors(spec, rows, ())}
    assert {"clipping", "recurrent-init", "cell"} <= recurrent
    assert "initializer" not in recurrent
    assert "memory" not in recurrent
