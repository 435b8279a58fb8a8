from __future__ import annotations

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.rules.saddle_point import SaddlePoint

RULE = SaddlePoint()


def test_a_strict_saddle_in_all_seeds_is_an_error(given):
    """The plain case: the run rests, the curvature is negative and a walk leads down."""
    finding = given.one(RULE, given.case(given.point("strict"), name="trained", lines=("init",)))

    assert finding.severity is Severity.ERROR
    assert finding.stage == "trained"
    assert finding.layers == (0, 1, 2)
    assert finding.path == "init"
    assert finding.evidence == {
        "kind": "strict",
        "measured": -0.1,
        "limit": 0.0,
        "residual": 1e-4,
        "lambda_max": 1.0,
        "predicted_decrease": 1e-9,
        "loss": 1.0,
        "escape_loss": 0.5,
        "gradient_loss": 1.0,
        **given.counted("seeds_at_saddle", 8),
    }
    assert "the direction of most negative curvature it falls to 0.5" in finding.message
    assert "-0.1" in finding.cause


def test_the_first_layers_own_line_is_the_place(given):
    """Where each layer has one."""
    lines = ("layers[1].init", "layers[2].init")
    assert given.one(RULE, given.case(given.point("strict"), name="trained", lines=lines)).path == "layers[1].init"


def test_a_degenerate_saddle_says_that_only_higher_orders_lead_down(given):
    """λ_min is zero within its residual; the walk is the proof."""
    finding = given.one(RULE, given.case(given.point("degenerate", lowest=0.0), name="trained"))
    assert finding.evidence["kind"] == "degenerate"
    assert "higher orders" in finding.cause


@pytest.mark.parametrize("kind", ["minimum", "plateau", "not critical"])
def test_other_resting_points_are_no_saddles(given, kind):
    """A minimum, a plateau and a run that is on its way are not this rule's, however negative the curvature."""
    assert not given.all(RULE, given.case(given.point(kind), name="trained"))


@pytest.mark.parametrize(("escape", "count"), [(0.995, 0), (0.98, 1)])
def test_the_walk_must_fall(given, escape, count):
    """A fall of half a per cent of the loss proves nothing, one of two per cent does."""
    assert len(given.all(RULE, given.case(given.point("strict", escape=escape), name="trained"))) == count


@pytest.mark.parametrize("loss", [1e-3, 50.0, -2.0])
@pytest.mark.parametrize(("fall", "count"), [(0.0099, 0), (0.0101, 1)])
def test_the_fall_is_a_share_of_the_loss_that_it_starts_from(given, loss, fall, count):
    """Whatever the loss's unit."""
    point = given.point("strict", loss=loss, escape=loss - fall * abs(loss))
    assert len(given.all(RULE, given.case(point, name="trained"))) == count


@pytest.mark.parametrize("column", [{"escape": None}, {"loss": 0.0, "escape": -1.0}, {"loss": None}])
def test_without_a_walk_nothing_is_proven(given, column):
    """No walk, no loss to fall from, or no number: no finding."""
    assert not given.all(RULE, given.case(given.point("strict", **column), name="trained"))


@pytest.mark.parametrize(
    ("saddles", "severities"),
    [(1, []), (2, [Severity.WARNING]), (3, [Severity.WARNING]), (4, [Severity.ERROR])],
)
def test_the_number_of_seeds_decides_the_severity(given, saddles, severities):
    """A quarter of the seeds is worth a warning, half of them an error; the numbers are those of the first of them."""
    kinds = ("minimum",) * (8 - saddles) + ("strict",) * saddles
    escapes = (1.0,) * (8 - saddles) + (0.25,) * saddles
    findings = given.all(RULE, given.case(given.point(kinds, escape=escapes), name="trained"))
    assert [finding.severity for finding in findings] == severities
    assert all(f"in {saddles} of 8 seeds" in finding.message for finding in findings)
    assert all(finding.evidence["escape_loss"] == 0.25 for finding in findings)


def test_seeds_that_were_not_examined_do_not_count(given):
    """Two of two examined seeds on a saddle are an error, though six were beyond the budget."""
    kinds = ("strict", "strict", *("not examined",) * 6)
    escapes = (0.5, 0.5, *(None,) * 6)
    finding = given.one(RULE, given.case(given.point(kinds, escape=escapes), name="trained"))
    assert finding.severity is Severity.ERROR
    assert "in 2 of 2 seeds" in finding.message
    assert not given.all(RULE, given.case(given.point("not examined", escape=None), name="trained"))


def test_the_given_weights_may_lie_on_a_saddle(given):
    """Fitted weights are one point, and the finding is about them."""
    finding = given.one(RULE, given.case(given.point(("strict",)), name="fitted"))
    assert finding.stage == "fitted"
    assert finding.path == "weights"
    assert finding.message.startswith("the given weights lie at a saddle point with these weights")


def test_one_of_several_given_weights_is_enough(given):
    """Each is what somebody has, and not a draw; of a run's seeds one in eight is no finding."""
    kinds, escapes = ("minimum",) * 7 + ("strict",), (1.0,) * 7 + (0.5,)
    finding = given.one(RULE, given.case(given.point(kinds, escape=escapes), name="fitted"))
    assert finding.severity is Severity.WARNING
    assert finding.evidence["seeds_at_saddle"] == 1
    assert not given.all(RULE, given.case(given.point("minimum"), name="fitted"))


def test_initialisation_is_no_resting_place(given):
    """Negative eigenvalues at a random initialisation are normal, so that stage is not looked at."""
    assert not given.all(RULE, given.case(given.point("strict")))


def test_nothing_measured_is_nothing_found(given):
    """A stage without a critical point says nothing."""
    assert not given.all(RULE, given.case(given.signal(1.0), name="trained"))
