"""Which fixes a finding shows, and how many are tried until one is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

import gradaudit
from gradaudit.auditing import recommend as room
from gradaudit.auditing.pipeline import audit
from gradaudit.auditing.recommend import MOST_FIXES, best_fixes, with_fixes
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.editing.spec_changes import apply
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.inputs.yaml_spec.file import from_text
from tests.auditing.judged import everything
from tests.inputs.edits import applied

SIGMOID = ModelSpec(
    "deep",
    2,
    (DenseSpec(24, repeat=6), DenseSpec(1)),
    activation=Named("sigmoid"),
    data=Named.of("moons", samples=64),
    optimizer=Named.of("sgd", learning_rate=0.1),
    epochs=50,
)


def fixes(*merits):
    """Fixes of these merits, each named after its place."""
    ways = {
        0: {"verified": True, "after": {"loss_after": 0.1}},
        1: {"clears": ("spy",), "after": {"loss_after": 0.1}},
        2: {},
        3: {"after": {"loss_after": 0.1}},
    }
    return [Fix(f"{place}", (Change("l2", 0.0, float(place)),), **ways[merit]) for place, merit in enumerate(merits)]


@pytest.mark.parametrize(
    ("merits", "shown"),
    [
        ((2, 1, 0), ["2", "1"]),
        ((2, 2, 2, 2), ["0", "1", "2"]),
        ((3, 2, 1), ["2"]),
        ((3, 3, 3, 3), ["0", "1", "2"]),
        ((), []),
    ],
)
def test_the_fixes_that_are_shown_are_the_best(merits, shown):
    """Verified, then seen to help; what was not tried only where nothing else helps, and in vain only where all was."""
    assert [fix.title for fix in best_fixes(fixes(*merits))] == shown


def test_what_brings_another_finding_goes_before_what_was_not_tried():
    """It was seen to help, and says what it costs; but behind what helps without a price."""
    traded = Fix("traded", (), clears=("spy",), introduces=("mole",), after={"progress": 0.6})
    assert [fix.title for fix in best_fixes([*fixes(2, 2, 2), traded])] == ["traded", "0", "1"]
    assert [fix.title for fix in best_fixes([traded, *fixes(2, 1)])] == ["1"]
    only = replace(traded, clears=())
    assert [fix.title for fix in best_fixes([only, *fixes(2)])] == ["0"]


@pytest.mark.parametrize(("before", "shown"), [(0.0, True), (room.WORSE, True), (2 * room.WORSE, False)])
def test_what_makes_the_run_worse_is_never_shown(before, shown):
    """By more than a twentieth of all there is to learn."""
    worse = Fix(
        "worse", (), clears=("spy",), introduces=("mole",), before={"progress": before}, after={"progress": 0.0}
    )
    assert [fix.title for fix in best_fixes([worse, *fixes(2)])] == ["worse"] * shown + ["0"]


class StandIn:
    """Stands for the verifier: knows in advance what each trial will show, and remembers which were made."""

    def __init__(self, spec, outcomes):
        self.case = RuleContext(spec, (), Measurements())
        self.outcomes, self.proven = outcomes, []

    def makes_a_model(self, fix):
        return True

    def seen(self, finding, fix):
        return fix

    def prove(self, finding, fix):
        self.proven.append(fix.title)
        return replace(fix, after={"loss_after": 0.1}, **self.outcomes.get(fix.title, {}))


@pytest.fixture
def proposals(monkeypatch):
    """Five fixes that remedies propose, none of them tried."""
    found = [Fix(name, (Change("l2", 0.0, place + 1.0),)) for place, name in enumerate("abcde")]
    monkeypatch.setattr(room.remedies, "propose", lambda spec, rows, finding: iter(found))
    return found


def shown(verifier, severity=Severity.ERROR):
    """The titles of the fixes that a finding shows in the end."""
    finding = Finding("spy", severity, "m", "c", {"measured": 0, "limit": 0})
    return [fix.title for fix in with_fixes(finding, verifier).fixes]


@pytest.mark.usefixtures("proposals")
def test_fixes_are_tried_until_one_is_verified():
    """The first two help nobody, the third is proven; the others are left alone and not shown."""
    verifier = StandIn(SIGMOID, {"c": {"verified": True, "clears": ("spy",)}})
    assert shown(verifier) == ["c"]
    assert verifier.proven == ["a", "b", "c"]


@pytest.mark.usefixtures("proposals")
@pytest.mark.parametrize("told_apart", [0.0, 0.5])
def test_where_nothing_tells_the_inputs_apart_nothing_is_tried(told_apart):
    """Standardising a constant, to begin with."""
    verifier = StandIn(SIGMOID, {})
    facts = replace(everything().data, input_distinctness=told_apart)
    verifier.case = replace(verifier.case, measurements=Measurements(data=facts))
    assert bool(shown(verifier)) is bool(verifier.proven) is (told_apart > 0)


@pytest.mark.usefixtures("proposals")
def test_no_more_than_three_are_tried():
    """Where none of them helps, those that were not tried are named as such."""
    verifier = StandIn(SIGMOID, {})
    assert shown(verifier) == ["d", "e"]
    assert len(verifier.proven) == MOST_FIXES


@pytest.mark.parametrize(("too_dear", "proven"), [(True, ["a"]), (False, ["a", "b", "c"])])
def test_a_cheaper_fix_is_not_proven_in_place_of_one_that_cures_and_is_too_dear(
    proposals, monkeypatch, too_dear, proven
):
    """It would be recommended for its price alone."""
    verifier = StandIn(SIGMOID, {})
    verifier.is_too_dear = lambda fix: too_dear
    monkeypatch.setattr(room, "_cures", lambda case, finding: tuple(proposals[:1]))
    shown(verifier)
    assert verifier.proven == proven


@pytest.mark.usefixtures("proposals")
def test_information_gets_no_fix():
    """What counts for nothing is worth no trial, and what was not tried is not recommended."""
    verifier = StandIn(SIGMOID, {})
    assert shown(verifier, Severity.INFO) == []
    assert verifier.proven == []


def test_a_verified_fix_says_what_it_did():
    """On a real network: eight pairs, the numbers on both sides, the course of the changed model."""
    report = audit(SIGMOID, AuditOptions(select=("vanishing-gradient",))).report
    fix = report.findings[0].fixes[0]
    assert (fix.kind, fix.verified, fix.clears) == ("activation", True, ("vanishing-gradient",))
    better, pairs = fix.better
    assert (better >= 7, pairs) == (True, 8)
    assert fix.status == f"verified: the finding is gone, better in {better} of 8 seeds"
    assert fix.before.keys() >= {"error_signal_ratio", "loss_after", "seeds_that_learn"}
    assert fix.after["seeds_that_learn"] > fix.before["seeds_that_learn"]
    assert len(fix.course.error_signal) == 7
    assert len(fix.course.steps) == len(fix.course.loss)


def test_an_estimators_fix_is_a_line_of_scikit_learn():
    """And only what its constructor takes is proposed."""
    from sklearn.datasets import make_moons
    from sklearn.neural_network import MLPClassifier

    X, y = make_moons(100, random_state=0)
    mlp = MLPClassifier((8,) * 8, activation="logistic", solver="sgd", learning_rate_init=0.1, max_iter=30)
    report = gradaudit.audit(mlp, X, y, select=["vanishing-gradient"], seeds=8).reports[0]
    codes = [fix.code for fix in report.findings[0].fixes]
    assert codes
    assert all("MLPClassifier(" in code for code in codes)


TEXT = """\
# a lecture's network
layers: [2, 6, 6, 6, 6, 6, 6, 1]
activation: sigmoid   # on purpose
loss: binary_cross_entropy
optimizer: {name: sgd, learning_rate: 0.1}
epochs: 50
data: {name: moons, samples: 64}
"""


def test_a_fix_of_a_spec_file_has_its_edits():
    """Applied to the text they give the changed model; whatever rows were handed in, and comments stay."""
    spec = from_text(TEXT, "deep.yaml")
    drawn = replace(spec, data=Named.of("moons", samples=100))
    (finding, *_) = audit(drawn, AuditOptions(select=("vanishing-gradient",))).report.findings
    assert finding.fixes
    for fix in finding.fixes:
        edited = applied(TEXT, fix.edits)
        assert from_text(edited, "deep.yaml") == apply(spec, fix.changes)
        assert "# a lecture's network\n" in edited


def test_a_model_without_a_text_has_fixes_without_edits():
    """Nor has one whose weights were given: they would be read anew for each."""
    report = audit(SIGMOID, AuditOptions(select=("vanishing-gradient",), effort="quick")).report
    assert {fix.edits for fix in report.findings[0].fixes} == {()}
