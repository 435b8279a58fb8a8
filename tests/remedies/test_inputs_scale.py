from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies.inputs_scale import StandardisedInputs

REMEDY = StandardisedInputs()


def model(**given):
    """A regression on data that may be standardised."""
    return ModelSpec("m", 10, (DenseSpec(8), DenseSpec(8), DenseSpec(1)), **{"data": Named("diabetes"), **given})


@pytest.mark.parametrize("rule", REMEDY.addresses)
@pytest.mark.parametrize("layers", [(), (0,), (1,)])
def test_every_rule_that_it_addresses_gets_standardised_inputs(propose, rule, layers):
    """Whichever layer shows it: a trial tells whether the inputs are the cause. Other parameters of the data stay."""
    spec = model(data=Named.of("moons", samples=64))
    (fix,) = propose(REMEDY, spec, rule, layers=layers)
    assert fix.changes == (Change("data.standardize", None, True),)
    assert apply(spec, fix.changes).data == Named.of("moons", samples=64, standardize=True)


def test_inputs_that_are_standardised_already_are_left_alone(propose):
    """What the spec says it does not say twice."""
    assert propose(REMEDY, model(data=Named.of("diabetes", standardize=True)), "learning-rate-too-high") == []
