from __future__ import annotations

import pytest

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.remedies.learning_rate import ChangeLearningRate

REMEDY = ChangeLearningRate()
SPEC = ModelSpec("m", 4, (DenseSpec(1),), optimizer=Named.of("sgd", learning_rate=1.0))


def test_too_high_a_rate_gets_the_one_that_learnt(propose):
    """The better rate stands in the finding's evidence; two digits of it are enough."""
    evidence = {"measured": 1.0, "limit": 0.5, "better_rate": 0.012345}
    fix, *around = propose(REMEDY, SPEC, "learning-rate-too-high", evidence=evidence)
    assert [other.title for other in around] == ["set the learning rate to 0.0041", "set the learning rate to 0.037"]
    assert fix.title == "set the learning rate to 0.012"
    assert fix.changes == (Change("optimizer.learning_rate", 1.0, 0.012),)


def test_too_low_a_rate_gets_its_limit(propose):
    """There the limit is the larger rate that learnt."""
    fix, *_ = propose(REMEDY, SPEC, "learning-rate-too-low", evidence={"measured": 1.0, "limit": 100.0})
    assert fix.changes == (Change("optimizer.learning_rate", 1.0, 100.0),)


@pytest.mark.parametrize(
    "spec",
    [
        ModelSpec("m", 4, (DenseSpec(1),), assumed=("optimizer",)),
        ModelSpec("m", 4, (DenseSpec(1),), optimizer=Named("adam")),
    ],
)
def test_a_rate_that_the_spec_does_not_write_is_new(propose, spec):
    """An assumed optimizer and one without a rate have nothing to replace."""
    fixes = propose(REMEDY, spec, "learning-rate-too-low", evidence={"measured": 0.01, "limit": 0.1})
    assert [fix.changes[0].old for fix in fixes] == [None] * 3


def test_without_a_better_rate_nothing_is_proposed(propose):
    """A number that is not there is not invented."""
    assert propose(REMEDY, SPEC, "learning-rate-too-high", evidence={"measured": 1.0, "limit": 0.5}) == []
    assert propose(REMEDY, SPEC, "learning-rate-too-low", evidence={"measured": 1.0, "limit": None}) == []
