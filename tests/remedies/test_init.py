"""The room of remedies: what is proposed for a finding, and which factors are changed alone to find its cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradaudit import remedies
from gradaudit.finding import Finding, Severity
from gradaudit.rows import expand, flatten
from gradaudit.rules import ALL
from gradaudit.spec import DenseSpec, ModelSpec, Named

ODD = ModelSpec(
    "odd",
    4,
    (DenseSpec(8, repeat=6), DenseSpec(1)),
    activation=Named("sigmoid"),
    init=Named.of("normal", std=0.01),
    bias=Named("ones"),
    output=Named("tanh"),
    loss=Named("mse"),
    data=Named("diabetes"),
)
"""A model in which every remedy has something to change."""


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


@pytest.mark.parametrize("rule", [rule.name for rule in ALL if rule.name != "gradient-underflow"])
def test_every_rule_has_a_remedy(rule):
    """Precision alone is no factor of the model."""
    assert any(rule in remedy.addresses for remedy in remedies.ALL)


def test_proposals_carry_their_remedys_name():
    """The kind says which factor a fix changes."""
    proposed = list(remedies.propose(ODD, rows(ODD), finding("vanishing-gradient")))
    assert {fix.kind for fix in proposed} == {
        "output",
        "standardised-inputs",
        "initializer",
        "bias",
        "activation",
        "depth",
    }


def test_one_change_of_each_kind_is_a_factor():
    """The first proposal stands for its kind, in the remedies' order, however many findings ask for it."""
    expected = ["output", "standardised-inputs", "initializer", "bias", "activation", "depth"]
    assert factors(finding("vanishing-gradient")) == expected
    assert factors(finding("vanishing-gradient"), finding("exploding-gradient")) == expected


def test_output_and_loss_are_two_ways_to_change_one_factor():
    """Where the output is a probability, either may be the one to change; each set of changes is tried once."""
    spec = replace(ODD, output=Named("sigmoid"))
    findings = (finding("plateau"), finding("saddle-point"))
    tried = [fix.title for fix in remedies.factors(spec, rows(spec), findings) if fix.kind == "output"]
    assert tried == ["identity", "binary_cross_entropy with sigmoid"]


def test_the_learning_rate_is_no_factor():
    """The runs at other rates are measured with the model itself."""
    assert "learning-rate" not in factors(finding("learning-rate-too-high", better_rate=0.01))


def test_only_what_may_explain_the_findings_is_tried():
    """A remedy that addresses none of them is left out."""
    assert factors(finding("unscaled-targets")) == ["standardised-targets"]
    assert factors(finding("gradient-underflow")) == []


def test_a_run_that_fails_without_a_finding_is_asked_about_everything():
    """Nobody knows why it fails: each factor is changed that can be."""
    known = [remedy.name for remedy in remedies.ALL if remedy.name != "learning-rate"]
    assert factors() == known


def test_each_factor_changes_its_own_paths_only():
    """One at a time: what two kinds change together could not be told apart."""
    changed = {fix.kind: {change.path for change in fix.changes} for fix in remedies.factors(ODD, rows(ODD), ())}
    assert changed == {
        "output": {"output"},
        "standardised-inputs": {"data.standardize"},
        "standardised-targets": {"data.standardize_targets"},
        "initializer": {"init"},
        "bias": {"bias"},
        "activation": {"activation", "init"},  # a new activation comes with the weights that fit it
        "depth": {"layers[1].repeat"},
    }
