"""The room of remedies: what is proposed for a finding, and which factors are changed alone to find its cause."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradaudit import remedies
from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.spec import DenseSpec, DropoutSpec, ModelSpec, Named, Weights
from gradaudit.editing.spec_changes import apply
from gradaudit.nn.network import build
from gradaudit.rules import ALL

ODD = ModelSpec(
    "odd",
    4,
    (DenseSpec(8, repeat=6), DropoutSpec(0.8), DenseSpec(1)),
    activation=Named("sigmoid"),
    init=Named.of("normal", std=0.01),
    bias=Named("ones"),
    output=Named("tanh"),
    loss=Named("mse"),
    data=Named("diabetes"),
    precision="float16",
    l2=0.5,
    epochs=5,
)
"""A model in which every remedy has something to change, but for the weights that it draws."""
ELSEWHERE = ("restart", "recurrent-init", "memory", "cell")
"""The remedies that it leaves nothing to change: given weights, and recurrent layers (test_recurrence)."""
GIVEN = Weights(
    ({"weight": np.zeros((4, 8))}, *[{"weight": np.zeros((8, 8))}] * 5, {"weight": np.zeros((8, 1))}), "w.npz"
)


def finding(rule, severity=Severity.ERROR, **evidence):
    """What a rule might have found at the start."""
    return Finding(rule, severity, "m", "c", {"measured": 0.1, "limit": 1.0, **evidence}, "initialised")


def rows(spec):
    """The dense rows, as the pipeline hands them in."""
    return tuple(row for row in flatten(expand(spec)) if row.kind == "dense")


def factors(*findings, spec=ODD):
    """The kinds of change that are tried for these findings."""
    return [fix.kind for fix in remedies.factors(spec, rows(spec), findings)]


@pytest.mark.parametrize("remedy", remedies.ALL, ids=lambda remedy: remedy.name)
def test_a_remedy_addresses_rules_that_exist(remedy):
    """A misspelt rule would never be helped."""
    assert set(remedy.addresses) <= {rule.name for rule in ALL}


@pytest.mark.parametrize("rule", [rule.name for rule in ALL])
def test_every_rule_has_a_remedy(rule):
    """No finding is left without a proposal."""
    assert any(rule in remedy.addresses for remedy in remedies.ALL)


def kinds(spec):
    """The remedies that have something to propose."""
    found = [
        (each, finding(rule, better_rate=0.01, plan_is_short=True)) for each in remedies.ALL for rule in each.addresses
    ]
    return {remedy.name for remedy, asked in found if any(remedy.propose(spec, rows(spec), asked))}


@pytest.mark.parametrize("framework", ["keras", "pytorch", "onnx", "sklearn"])
def test_a_framework_but_scikit_learn_can_say_all_that_a_spec_can(framework):
    """scikit-learn draws its own weights, pairs its loss, and has neither norms, blocks, dropout nor clipping."""
    lacks = {"normalisation", "clipping", "output", "dropout", "initializer", "bias", "residual"}
    assert kinds(ODD) == {each.name for each in remedies.ALL} - set(ELSEWHERE)
    assert kinds(replace(ODD, framework=framework)) == kinds(ODD) - (lacks if framework == "sklearn" else set())


def test_proposals_carry_their_remedys_name():
    """The kind says which factor a fix changes; the least surprising come first."""
    proposed = remedies.propose(ODD, rows(ODD), finding("vanishing-gradient"))
    addressing = [remedy.name for remedy in remedies.ALL if "vanishing-gradient" in remedy.addresses]
    assert list(dict.fromkeys(fix.kind for fix in proposed)) == [name for name in addressing if name not in ELSEWHERE]


def test_one_change_of_each_kind_is_a_factor():
    """The first proposal stands for its kind, in the remedies' order, however many findings ask for it."""
    expected = [remedy.name for remedy in remedies.ALL if remedy.tells_cause and remedy.name not in ELSEWHERE]
    assert factors(finding("vanishing-gradient")) == expected
    assert factors(finding("vanishing-gradient"), finding("exploding-gradient")) == expected


def test_what_answers_a_finding_stands_for_its_kind():
    """Dead ReLUs want units that cannot die; information asks for nothing of its own."""
    relu = replace(ODD, activation=Named("relu"))

    def title(severity):
        found = replace(finding("dead-units"), severity=severity)
        tried = remedies.factors(relu, rows(relu), (found,))
        return next((fix.title for fix in tried if fix.kind == "activation"), None)

    assert title(Severity.ERROR).startswith("use leaky_relu")
    assert title(Severity.INFO) is None


def test_output_and_loss_are_two_ways_to_change_one_factor():
    """Where the output is a probability, either may be the one to change; each set of changes is tried once."""
    spec = replace(ODD, output=Named("sigmoid"))
    findings = (finding("plateau"), finding("saddle-point"))
    tried = [fix.title for fix in remedies.factors(spec, rows(spec), findings) if fix.kind == "output"]
    assert tried == ["use identity", "use binary_cross_entropy with sigmoid"]


def test_the_learning_rate_is_no_factor():
    """The runs at other rates are measured with the model itself."""
    assert "learning-rate" not in factors(finding("learning-rate-too-high", better_rate=0.01))


def test_an_optimizer_that_the_source_does_not_name_is_a_factor():
    """The fault may be the assumption's."""
    assert "optimizer" not in factors()
    assert "optimizer" in factors(spec=replace(ODD, assumed=("optimizer",)))


def test_given_weights_leave_their_data_and_a_fresh_draw_to_be_tried():
    """Anything else would be another model."""
    assert factors(spec=replace(ODD, weights=GIVEN)) == ["standardised-inputs", "standardised-targets", "restart"]


def test_a_run_that_fails_without_a_finding_is_asked_about_everything():
    """Nobody knows why it fails: each factor is changed that can be."""
    assert factors() == [each.name for each in remedies.ALL if each.tells_cause and each.name not in ELSEWHERE]


@pytest.mark.parametrize("remedy", [remedy for remedy in remedies.ALL if not remedy.tells_cause], ids=lambda r: r.name)
def test_what_helps_with_most_faults_tells_no_cause(remedy):
    """It is proposed, and never tried as a factor, whichever of its rules finds something."""
    spec = replace(ODD, weights=GIVEN) if remedy.name == "restart" else ODD
    stage = "fitted" if remedy.name == "restart" else "initialised"
    for rule in remedy.addresses:
        found = replace(finding(rule, better_rate=0.01, plan_is_short=True), stage=stage)
        assert remedy.name in {fix.kind for fix in remedies.propose(spec, rows(spec), found)}
        assert remedy.name not in factors(found, spec=spec)


@pytest.mark.parametrize("rule", [rule.name for rule in ALL])
def test_fitted_weights_are_helped_by_what_changes_no_layer(rule):
    """Another rate, another format, other weights."""
    spec = replace(ODD, weights=GIVEN)
    found = replace(finding(rule, better_rate=0.01), stage="fitted")
    kinds = {fix.kind for fix in remedies.propose(spec, rows(spec), found)}
    assert kinds <= set(remedies.FOR_GIVEN_WEIGHTS)


@pytest.mark.parametrize("rule", [rule.name for rule in ALL])
def test_a_file_of_weights_must_still_fit(rule):
    """What is found at the initialisation beside given weights is not mended by layers of another shape."""
    spec = replace(ODD, weights=GIVEN)
    for fix in remedies.propose(spec, rows(spec), finding(rule, better_rate=0.01)):
        edited = apply(spec, fix.changes)
        assert edited.weights is GIVEN
        build(replace(edited, output=spec.output))
        assert [(row.inputs, row.units) for row in rows(edited)] == [coef.shape for coef in GIVEN.each("weight")]


def test_an_estimator_is_fitted_anew_whatever_its_layers():
    """So a fitted one may get other layers for what is found before its fit."""
    spec = replace(ODD, weights=GIVEN, framework="sklearn")
    kinds = {fix.kind for fix in remedies.propose(spec, rows(spec), finding("dead-units"))}
    assert {"depth", "width"} <= kinds


def test_the_reshaping_remedies_are_those_after_which_weights_do_not_fit():
    """Held against what each of them does to a model with weights."""
    reshape = set()
    for rule in {rule for remedy in remedies.ALL for rule in remedy.addresses}:
        for fix in remedies.propose(ODD, rows(ODD), finding(rule, better_rate=0.01)):
            if apply(replace(ODD, weights=GIVEN), fix.changes).weights is None:
                reshape.add(fix.kind)
    assert reshape == set(remedies.RESHAPING) - set(ELSEWHERE)


def test_each_factor_changes_its_own_paths_only():
    """One at a time: what two kinds change together could not be told apart."""
    changed = {fix.kind: {change.path for change in fix.changes} for fix in remedies.factors(ODD, rows(ODD), ())}
    assert changed == {
        "output": {"output"},
        "standardised-inputs": {"data.standardize"},
        "standardised-targets": {"data.standardize_targets"},
        "initializer": {"init"},
        "bias": {"bias"},
        "precision": {"precision"},
        "dropout": {"layers[2].rate"},
        "penalty": {"l2"},
        "activation": {"activation", "init"},  # a new activation comes with the weights that fit it
        "depth": {"layers[1].repeat"},
        "width": {"layers[1].units"},
    }
