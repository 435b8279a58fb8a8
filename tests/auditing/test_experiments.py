"""One factor changed and measured again: within the budget, in pairs, and nothing called verified that is not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from gradaudit import datasets
from gradaudit.auditing import experiments as trials
from gradaudit.auditing.pipeline import audit
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import Settings
from gradaudit.domain.spec import DenseSpec, Named, Weights
from gradaudit.editing.spec_changes import apply
from gradaudit.errors import InputError
from gradaudit.evidence.cures import SLOW_WITH_SYMPTOM
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.probes.budget import BUDGETS
from tests.auditing.small import FINDING, SMALL, ran

NEEDS = frozenset({"data", "signal", "units", "curvature", "descent", "critical_point", "trials"})


def attempted(spec, *, prepare=None, needs=NEEDS, findings=(FINDING,), **settings):
    """The trials for a dead network."""
    own = Settings(**{"seeds": 8, "seed": 0, "samples": 64, "effort": "standard", **settings})
    prepare = prepare or partial(datasets.prepare, seed=own.seed, X=None, y=None)
    complete = datasets.prepare(spec, own.seed)[0]
    descent = ran(*(0.0,) * own.seeds, steps=20).measurements.descent
    case = RuleContext(complete, tuple(flatten(expand(complete))), Measurements(descent=descent))
    return trials.run(case, findings, own, needs, prepare)


def test_a_small_network_is_tried_with_all_seeds():
    """Every factor by itself, at its own rate and at others: its first pass and its runs, and nothing that is dear."""
    found = attempted(SMALL)
    kinds = [trial.fix.kind for trial in found]
    assert kinds[:4] == ["standardised-inputs", "initializer", "activation", "width"]
    for trial in found:
        descent = trial.case.measurements.descent
        assert descent.configured.learning_rate == 0.01
        assert len(descent.configured.final.values) == 8
        assert [run.learning_rate for run in descent.others] == pytest.approx([1e-4, 1e-3, 0.1, 1.0])
        stage = trial.case.measurements.stages["initialised"]
        assert (len(stage.signal.loss.values), stage.curvature, stage.critical_point) == (8, None, None)
        assert trial.found == {}  # judged later


def test_a_trial_is_the_changed_model_with_the_same_seeds():
    """What it saw first is what an audit of the changed spec sees."""
    for trial in attempted(SMALL, seed=3):
        audited = audit(apply(SMALL, trial.fix.changes), AuditOptions(seeds=8, seed=3, samples=64, effort="quick"))
        own = audited.report.measurements.stages["initialised"]
        assert trial.case.measurements.stages["initialised"].signal == own.signal


def test_only_what_the_rules_need_is_measured():
    """Without a rule that reads the run there is no run."""
    for trial in attempted(SMALL, needs=frozenset({"units"})):
        assert trial.case.measurements.descent is None
        assert trial.case.measurements.stages["initialised"].signal is None


def test_a_dear_networks_trial_has_no_run(monkeypatch):
    """Where not even the shortest run of a few seeds is paid for, the first pass still is."""
    monkeypatch.setitem(BUDGETS, "standard", replace(BUDGETS["standard"], trials=1e6, race=1e6))
    for trial in attempted(SMALL, needs=frozenset({"units", "descent"}), seeds=2):
        assert trial.case.measurements.descent is None
        assert len(trial.case.measurements.stages["initialised"].units.layers[0].dead_fraction.values) == 2


def test_what_cures_together_is_tried_where_nothing_cures_alone():
    """Pairs of the factors that hide one another, with both factors in their kind; none where one change learns."""
    linear = replace(SMALL, layers=(DenseSpec(1),))
    assert any(len(trial.kinds) > 1 for trial in attempted(linear))
    far = replace(
        SMALL, init=Named("he_normal"), data=Named.of("blobs", offset=100.0), layers=(DenseSpec(8), DenseSpec(1))
    )
    assert not any(
        len(trial.kinds) > 1 for trial in attempted(replace(far, optimizer=Named.of("sgd", learning_rate=0.1)))
    )


@pytest.mark.parametrize("reach", [SLOW_WITH_SYMPTOM, 0.0])
def test_single_changes_and_pairs_share_one_budget(reach, monkeypatch):
    """Pairs take what the single changes were not given, and nothing where one of those reaches far enough."""
    given = []
    monkeypatch.setattr(trials, "_raced", lambda *arguments: given.append(arguments[-1]) or ())
    monkeypatch.setattr(trials, "cures", lambda case: [SimpleNamespace(reach=reach, trial=None)])
    attempted(SMALL)
    budget = BUDGETS["standard"].trials
    assert given == pytest.approx([trials.SINGLE * budget] + [(1 - trials.SINGLE) * budget] * (not reach))


def test_changes_that_make_no_model_are_left_out():
    """A change whose data cannot be prepared is no trial; the others are."""

    def prepare(spec):
        if spec.activation != SMALL.activation:
            raise InputError("no such model")
        return datasets.prepare(spec, 0)

    kinds = [trial.fix.kind for trial in attempted(SMALL, prepare=prepare)]
    assert kinds[:3] == ["standardised-inputs", "initializer", "width"]
    assert not any("activation" in kind for kind in kinds)


def test_given_weights_are_tried_on_scaled_data_and_against_a_fresh_draw():
    """Another activation or width would not be the model that they belong to."""
    weights = Weights(({"weight": np.ones((2, 4))}, {"weight": np.ones((4, 1))}), "w.npz")
    kinds = {trial.fix.kind for trial in attempted(replace(SMALL, weights=weights))}
    assert kinds == {"standardised-inputs", "restart"}


def test_a_quick_audit_tries_nothing():
    """Its budget for trials is zero."""
    assert attempted(SMALL, effort="quick") == ()
