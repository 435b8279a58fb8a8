from __future__ import annotations

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.symmetric_units import SymmetricUnits

RULE = SymmetricUnits()


def copies(given, before, after=None, progress=0.0, **options):
    """A network with these shares of copies before its run, and after it (the same unless given)."""
    descent = None if progress is None else given.descent(progress)
    trained = given.units(twins=before if after is None else after)
    return given.case(given.units(twins=before), descent, trained=trained, **options)


def test_layers_of_copies_that_stay_copies_are_an_error(given):
    """The plain case: constant weights, and a run that learns nothing."""
    finding = given.one(RULE, copies(given, {0: 1.0, 1: 1.0}, lines=("init",)))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "initialised"
    assert finding.layers == (0, 1)
    assert finding.path == "init"
    assert finding.evidence == {"measured": 1.0, "limit": RULE.share_limit, **given.counted("seeds_affected", 8)}
    assert finding.message.startswith("100% of layer 1's 8 units are copies of one another in 8 of 8 seeds")


def test_a_run_that_learns_as_one_unit_is_a_warning(given):
    """One unit a layer may be enough for a part of the loss."""
    assert given.one(RULE, copies(given, {1: 1.0}, progress=0.5)).severity is Severity.WARNING


def test_dropout_that_parts_the_copies_is_healthy(given):
    """A network of equal weights with dropout learns; static checks of the initializer call it broken."""
    assert not given.all(RULE, copies(given, {0: 1.0, 1: 1.0}, after={0: 0.0, 1: 0.0}, progress=0.8))


def test_one_layer_that_stays_copied_is_enough(given):
    """The run may part the units of one layer and not of another."""
    assert given.one(RULE, copies(given, {0: 1.0, 1: 1.0}, after={0: 1.0, 1: 0.0})).layers == (0, 1)


@pytest.mark.parametrize(("count", "found"), [(3, 0), (4, 1)])
def test_half_of_the_seeds_decide(given, count, found):
    """A matter of a few draws is no symmetry."""
    assert len(given.all(RULE, copies(given, {0: (1.0,) * count + (0.0,) * (8 - count)}))) == found


def test_without_a_run_nothing_parts_them(given):
    """Before the run they are copies, and nothing else is known: a warning."""
    finding = given.one(RULE, given.case(given.units(twins={0: 1.0})))
    assert finding.severity is Severity.WARNING
    assert "; " not in finding.message


def test_an_output_layer_has_no_copies_to_speak_of(given):
    """Zero weights without a hidden layer are a fine start: the problem is convex."""
    assert not given.all(RULE, copies(given, {}, progress=0.8))


def test_fitted_weights_are_one_finding_of_that_stage(given):
    """A model that was trained from equal weights brings its copies along."""
    finding = given.one(RULE, copies(given, {0: (1.0,)}, name="fitted"))
    assert (finding.stage, finding.path) == ("fitted", "weights")
    assert "with these weights" in finding.message
