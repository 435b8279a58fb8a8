from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, DropoutSpec, ModelSpec, ResidualSpec
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies.dropout import MOST, Dropout

REMEDY = Dropout()


def model(*layers, **given):
    """A network of these layers and an output."""
    return ModelSpec("m", 4, (*layers, DenseSpec(3)), **given)


@pytest.mark.parametrize("rule", REMEDY.addresses)
def test_rates_above_a_half_come_down(propose, rule):
    """Wherever they stand, blocks opened; the others stay."""
    high, low = DropoutSpec(0.9), DropoutSpec(MOST)
    spec = model(high, DenseSpec(4), ResidualSpec((DenseSpec(4), high, low), 2), low)
    (fix,) = propose(REMEDY, spec, rule)
    assert fix.changes == (Change("layers[1].rate", 0.9, 0.2), Change("layers[3].layers[1].rate", 0.9, 0.2))
    fifth = DropoutSpec(0.2)
    assert apply(spec, fix.changes) == model(fifth, DenseSpec(4), ResidualSpec((DenseSpec(4), fifth, low), 2), low)


def test_a_layer_keeps_its_name(propose):
    """Only the rate changes."""
    spec = model(DropoutSpec(0.7, 2, "drop"))
    (fix,) = propose(REMEDY, spec, "plateau")
    assert apply(spec, fix.changes).layers[0] == DropoutSpec(0.2, 2, "drop")


def test_usual_rates_are_left_alone(propose):
    """A half is usual, and so is none."""
    assert propose(REMEDY, model(DropoutSpec(MOST), DropoutSpec(0.0)), "plateau") == []
    assert propose(REMEDY, model(), "plateau") == []
