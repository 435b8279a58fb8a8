from __future__ import annotations

from dataclasses import fields
from math import inf

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.domain.spec import Named
from gradaudit.rules.non_finite_values import LARGEST, NonFiniteValues

RULE = NonFiniteValues()


def test_a_pass_that_overflows_is_an_error(given):
    """The plain case: nothing of the pass is finite."""
    stage = given.signal(1.0, largest=inf, loss=inf)
    finding = given.one(RULE, given.case(stage, activation="exponential", lines=("activation",)))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.evidence == {"measured": None, "limit": LARGEST["float32"], **given.counted("seeds_broken", 8)}
    assert finding.layers == (2,)
    assert finding.path == "activation"
    assert "are not finite in 8 of 8 seeds" in finding.message
    assert "exponential" in finding.cause


@pytest.mark.parametrize("precision", LARGEST)
def test_each_precision_has_its_own_end(given, precision):
    """The largest number of the format still fits; what the audit sees beyond it is a finding with its number."""
    limit = LARGEST[precision]
    assert not given.all(RULE, given.case(given.signal(1.0, largest=limit), precision=precision))
    beyond = given.all(RULE, given.case(given.signal(1.0, largest=limit * (1 + 1e-9)), precision=precision))
    assert [finding.evidence["limit"] for finding in beyond] == [limit]


def test_what_fits_float32_may_not_fit_float16(given):
    """The person's precision is the yardstick, not the audit's."""
    stage = given.signal(1.0, largest=1e5)
    assert not given.all(RULE, given.case(stage))
    finding = given.one(RULE, given.case(stage, precision="float16"))
    assert finding.evidence["measured"] == 1e5
    assert "float16 ends at" in finding.message


def test_a_loss_that_is_not_finite_is_enough(given):
    """The pass may fit while the loss divides by zero."""
    case = given.case(given.signal(1.0, largest=1.0, loss=inf), output=Named("relu"))
    assert "relu outputs can sum to zero" in given.one(RULE, case).cause


@pytest.mark.parametrize(("broken", "severity"), [(1, Severity.WARNING), (3, Severity.WARNING), (4, Severity.ERROR)])
def test_the_number_of_seeds_decides_the_severity(given, broken, severity):
    """One broken seed is worth a warning, half of them an error."""
    stage = given.signal(1.0, largest=(inf,) * broken + (1.0,) * (8 - broken))
    finding = given.one(RULE, given.case(stage))
    assert finding.severity is severity
    assert f"in {broken} of 8 seeds" in finding.message
    assert finding.evidence["seeds_broken"] == broken


def test_undefined_numbers_count_as_broken(given):
    """A pass without a largest value was NaN throughout."""
    assert given.one(RULE, given.case(given.signal(1.0, largest=None))).evidence["seeds_broken"] == 8


def test_finite_values_are_no_finding_even_where_the_run_diverges(given):
    """What breaks later is another rule's."""
    assert not given.all(RULE, given.case(given.signal(1.0), given.descent(inf)))


def test_a_run_that_learns_excuses_no_overflow(given):
    """The audit's float64 run says nothing about the person's float16."""
    case = given.case(given.signal(1.0, largest=1e5), given.descent(0.9), precision="float16")
    assert len(given.all(RULE, case)) == 1


def test_large_weights_are_the_cause_where_nothing_else_is_known(given):
    """The plain explanation comes last."""
    finding = given.one(RULE, given.case(given.signal(1.0, largest=inf), activation="relu"))
    assert "too large" in finding.cause


def test_each_stage_is_judged_for_itself(given):
    """Fitted weights are a finding at their own stage."""
    assert given.one(RULE, given.case(given.signal(1.0, largest=inf), name="fitted")).stage == "fitted"


def test_it_has_no_threshold_to_set():
    """The formats' ranges are facts."""
    assert fields(RULE) == ()


def test_one_layer_is_its_own_output(given):
    """Whose row of outputs cross_entropy divides by its sum."""
    case = given.case(given.signal(1.0, largest=inf, rows=1), widths=(4, 3), output=Named("relu"))
    assert given.one(RULE, case).cause.startswith("a row of relu outputs can sum to zero")
