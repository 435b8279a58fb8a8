"""Each rule says what it found in one sentence that a person would say."""

from __future__ import annotations

import pytest

from gradaudit.domain.spec import Weights
from gradaudit.rules import ALL
from tests.rules.cases import SAID

CURVE = (1.0, 0.5, *(2.0, 0.5) * 5)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_means(given, rule):
    """In one sentence a person would say, from its own numbers."""
    case, said = SAID[rule.name]
    assert given.one(rule, case(given)).plainly == said


def vanishing(given, case):
    """What is said of it."""
    return given.one(next(rule for rule in ALL if rule.name == "vanishing-gradient"), case).plainly


def test_a_factor_that_not_all_seeds_have_is_said_of_those_that_have_it(given):
    """The limit that they crossed, and how many of them."""
    small = given.case(given.signal((1e-6,) * 4 + (0.5,) * 4), given.descent(0.0))
    large = given.case(given.signal((1e6,) * 5 + (0.5,) * 3), given.descent(0.0))
    exploding = next(rule for rule in ALL if rule.name == "exploding-gradient")
    assert "over 1,000 times smaller at layer 1 than at layer 3 in 4 of 8 seeds" in vanishing(given, small)
    assert "grows over 100 times in 5 of 8 seeds from layer 3" in given.one(exploding, large).plainly


def test_a_fitted_models_own_training_is_told(given):
    """It went up and down, or stopped too early."""
    weights = Weights((), loss_curve=CURVE)
    rule = next(rule for rule in ALL if rule.name == "learning-rate-too-high")
    said = given.one(rule, given.case(weights=weights)).plainly
    assert said.startswith("The model's own training oscillated, from a loss of 1 to 0.5: its steps overshoot")
