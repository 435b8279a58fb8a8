from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.representation_collapse import RepresentationCollapse

RULE = RepresentationCollapse()


def course(given, *distinct, before=1.0, progress=0.0, name="initialised", **options):
    """Three rows of which each keeps this share of what tells inputs apart, and a run."""
    descent = None if progress is None else given.descent(progress)
    stage = given.signal(0.5, distinctness=distinct)
    return given.case(stage, descent, name=name, data=given.data(input_distinctness=before), **options)


def test_inputs_that_end_up_alike_in_a_run_that_learns_nothing_are_an_error(given):
    """The plain case: the last hidden layer answers every input with nearly the same vector."""
    finding = given.one(RULE, course(given, 0.5, 1e-4, 1e-5, lines=("init",)))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.layers == (1, 2)
    assert finding.path == "init"
    assert finding.evidence == {"measured": 1e-4, "limit": RULE.ratio_limit, **given.counted("seeds_below", 8)}
    assert (
        "layer 2 are nearly identical for all inputs: relative variation 0.0001 of the inputs' own, under 0.01 in 8"
        in finding.message
    )
    assert "0.5, 0.0001" in finding.cause


@pytest.mark.parametrize(("count", "found"), [(3, 0), (4, 1)])
def test_half_of_the_seeds_decide(given, count, found):
    """A few unlucky draws are no finding."""
    assert len(given.all(RULE, course(given, 0.5, (1e-4,) * count + (0.5,) * (8 - count), 0.5))) == found


def test_a_network_that_learns_all_the_same_is_healthy(given):
    """Five sigmoid layers leave a thousandth, and learn where the rate fits: that number alone would call them sick."""
    assert not given.all(RULE, course(given, 0.2, 1e-3, 1e-4, progress=0.8))


def test_inputs_that_hardly_differ_to_begin_with_are_not_the_depths_doing(given):
    """Inputs with an offset of a hundred standard deviations: what is kept is measured against theirs."""
    assert not given.all(RULE, course(given, 0.005, 0.004, 0.004, before=0.01))


@pytest.mark.parametrize("kept", [0.0, None])
def test_an_output_that_is_one_constant_belongs_to_another_rule(given, kept):
    """Exactly nothing kept is a dead layer or zero weights, not a decay."""
    assert not given.all(RULE, course(given, 0.5, kept, kept))


def test_only_the_first_pass_is_judged(given):
    """What a trained classifier merges it merges on purpose."""
    assert not given.all(RULE, course(given, 0.5, 1e-4, 1e-5, name="fitted"))


def test_it_needs_data_a_run_and_a_hidden_layer(given):
    """Without data or a hidden layer it is silent; without a run the symptom is a warning."""
    assert given.one(RULE, course(given, 0.5, 1e-4, 1e-5, progress=None)).severity is Severity.WARNING
    assert not given.all(RULE, course(given, 0.5, 1e-4, 1e-5, before=0.0))
    assert not given.all(RULE, replace_data(course(given, 0.5, 1e-4, 1e-5)))
    assert not given.all(RULE, course(given, 1e-4, 1e-5, 1e-6, widths=(4, 3)))
    assert not given.all(RULE, given.case(given.signal(0.5), given.descent(0.0), data=given.data()))


def test_one_hidden_layer_may_collapse(given):
    """It is the last one as well."""
    descent, data = given.descent(0.0), given.data()
    stage = given.signal(0.5, rows=2, distinctness=(1e-4, 1e-5))
    assert given.one(RULE, given.case(stage, descent, data=data, widths=(4, 8, 3))).evidence["measured"] == 1e-4


def replace_data(case):
    """The same case without what is known of the data."""
    return replace(case, measurements=replace(case.measurements, data=None))
