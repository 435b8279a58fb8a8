from __future__ import annotations

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.gradient_underflow import GradientUnderflow

RULE = GradientUnderflow()


def lost(given, precision="float16", *, name="initialised", **shares):
    """A network that is trained in this precision, of whose gradients each format would lose these shares."""
    return given.case(given.signal(0.5, underflow=shares), precision=precision, name=name)


def test_most_of_the_gradients_lost_is_an_error(given):
    """The plain case: 60 % of the gradients are zero in the format that the person trains in."""
    finding = given.one(RULE, lost(given, float16=0.6, bfloat16=0.0))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.path == "precision"
    assert finding.evidence == {
        "measured": 0.6,
        "limit": RULE.share_limit,
        "precision": "float16",
        **given.counted("seeds_above", 8),
    }
    assert finding.message.startswith("float16 rounds 60% of the parameters' gradients to zero")
    assert "2.98e-8" in finding.cause  # half of 2^-24


def test_a_part_lost_is_a_warning(given):
    """Between the two limits most of the network still moves."""
    share = (RULE.share_limit + RULE.error_limit) / 2
    assert given.one(RULE, lost(given, float16=share)).severity is Severity.WARNING


@pytest.mark.parametrize(("count", "found"), [(3, 0), (4, 1)])
def test_half_of_the_seeds_decide(given, count, found):
    """A few unlucky draws are no finding."""
    shares = (0.6,) * count + (0.0,) * (8 - count)
    assert len(given.all(RULE, lost(given, float16=shares))) == found


def test_what_a_half_size_format_would_lose_is_information(given):
    """Who trains in float32 is told, not warned; the first format that would lose them is named."""
    finding = given.one(RULE, lost(given, "float32", float16=0.9, bfloat16=0.2))
    assert finding.severity is Severity.INFO
    assert finding.message.startswith("float16 would round 90%")


@pytest.mark.parametrize(("chosen", "bfloat16"), [("float64", 0.2), ("bfloat16", 0.0)])
def test_who_chose_another_format_than_the_usual_is_not_told_of_half_size_ones(given, chosen, bfloat16):
    """Who wants more than float32 will not train in less, and who trains in the one that holds needs no other."""
    assert not given.all(RULE, lost(given, chosen, float16=0.9, bfloat16=bfloat16))


def test_small_gradients_that_the_precision_holds_are_healthy(given):
    """A network whose gradients are all about 1e-8 trains in bfloat16; fixed thresholds call them vanishing."""
    assert not given.all(RULE, lost(given, "bfloat16", float16=1.0, bfloat16=0.0, float32=0.0))


def test_gradients_that_are_all_exactly_zero_are_another_rules(given):
    """A cut network has no share: nothing was lost by rounding."""
    assert not given.all(RULE, lost(given, float16=None))


@pytest.mark.parametrize("name", ["fitted", "trained"])
def test_near_a_minimum_small_gradients_are_as_they_should_be(given, name):
    """Only the first pass is judged."""
    assert not given.all(RULE, lost(given, name=name, float16=0.9))
