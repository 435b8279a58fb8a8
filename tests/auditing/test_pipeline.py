from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

import gradaudit
from gradaudit import probes
from gradaudit.auditing import pipeline
from gradaudit.auditing.pipeline import audit
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.findings import Finding, Merit, Severity
from gradaudit.domain.report import Report
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, Weights
from gradaudit.errors import Location, SpecError
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.formats import get
from gradaudit.probes import signal
from gradaudit.rules import ALL, Rule

QUICK = AuditOptions(effort="quick", seeds=2)
XOR = ModelSpec(
    "xor",
    2,
    (DenseSpec(4), DenseSpec(1)),
    activation=Named("tanh"),
    data=Named("xor"),
    optimizer=Named.of("sgd", learning_rate=0.5),
    epochs=50,
)
SICK = """\
layers: [2, {units: 6, repeat: 8}, 1]
activation: sigmoid
init: xavier_normal
optimizer: {name: sgd, learning_rate: 0.1}
epochs: 50
data: {name: moons, samples: 64}
"""


@dataclass(frozen=True)
class Broken(Rule):
    """Breaks after its first finding."""

    name = "broken"
    summary = "breaks"
    needs = ("signal",)

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        yield Finding(self.name, Severity.ERROR, "half a verdict", "c", {"measured": 0, "limit": 0})
        raise ZeroDivisionError("by zero")


@pytest.fixture
def sick(tmp_path):
    """A deep sigmoid network, read from a file."""
    path = tmp_path / "sick.yaml"
    path.write_text(SICK)
    return gradaudit.load(str(path))


def test_a_sick_network_end_to_end(sick):
    """From a file to a verdict: the finding stands on its line, with its layers, fixes and summary."""
    audited = audit(sick, QUICK)
    report = audited.report
    assert audited.failures == ()
    assert report.verdict == "error"
    finding = next(f for f in report.findings if f.rule == "vanishing-gradient")
    assert finding.severity is Severity.ERROR
    assert finding.location == sick.lines["activation"]
    assert finding.location.line == 2
    assert 0 in finding.layers
    assert 8 not in finding.layers
    assert "use relu with he_normal" in [fix.title for fix in finding.fixes]
    assert {fix.status for fix in finding.fixes} == {"not tried"}  # at this effort
    assert report.summary.startswith("The gradient is about ")
    assert report.summary == report.findings[0].plainly
    assert [layer.line for layer in report.model.layers] == [1] * 9


def test_settings_say_how_it_was_measured(sick):
    """What the command line says goes above the spec."""
    report = audit(replace(sick, audit=AuditOptions(seed=7, seeds=5)), QUICK).report
    settings = report.settings
    assert (settings.seeds, settings.seed, settings.samples, settings.effort) == (2, 7, 256, "quick")
    values = report.measurements.stages["initialised"].signal.loss.values
    assert len(values) == 2


def test_a_healthy_network_is_called_healthy():
    """XOR with tanh: no finding that counts, and the run's progress in the summary."""
    report = audit(XOR, AuditOptions(seeds=4)).report
    assert report.verdict == "healthy"
    assert report.summary.startswith("No fault was found: training brings the loss to")
    assert report.model.facts["loss"] == "binary_cross_entropy"
    assert report.model.parameters == 2 * 4 + 4 + 4 + 1


def test_equal_input_gives_an_equal_report(sick):
    """Twice the same, as nouns and as bytes; another seed is another report."""
    first, second = audit(sick, QUICK), audit(sick, QUICK)
    assert first == second
    render = get("json").render
    assert render(Report((first.report,))) == render(Report((second.report,)))
    assert audit(sick, replace(QUICK, seed=1)).report.measurements != first.report.measurements


def test_arrays_take_the_place_of_the_specs_data():
    """X and y are what the network is audited on."""
    X = np.random.default_rng(0).standard_normal((20, 2))
    report = audit(XOR, QUICK, X=X, y=X[:, 0]).report
    assert "20 rows" in report.model.facts["data"]
    with pytest.raises(SpecError, match="2 inputs"):
        audit(XOR, QUICK, X=X[:, :1], y=X[:, 0])


def test_a_crashing_probe_is_one_internal_failure(monkeypatch):
    """Its numbers are missing, the other probes go on."""

    def broken(subject, bp):
        raise ValueError("no look")

    monkeypatch.setattr(signal, "observe", broken)
    audited = audit(XOR, replace(QUICK, select=("vanishing-gradient",)))
    assert {failure.message for failure in audited.failures} == {"signal broke: ValueError: no look"}
    assert all(failure.internal for failure in audited.failures)
    stage = audited.report.measurements.stages["initialised"]
    assert stage.signal is None
    assert stage.units is not None


def test_only_what_is_needed_is_measured():
    """`--select dead-units` pays for no Hessian and no signal, unless a format draws from them."""
    select = replace(QUICK, select=("dead-units",))
    stages = audit(XOR, select).report.measurements.stages
    first = stages["initialised"]
    assert [key for key in first.__slots__ if getattr(first, key) is not None] == ["units"]
    assert stages["trained"].critical_point is None
    measured = audit(XOR, select, needs=frozenset({"curvature", "prediction"})).report.measurements
    assert measured.stages["initialised"].curvature is not None
    assert measured.prediction is not None


def test_rules_and_thresholds_are_chosen_by_the_options_and_the_spec(sick):
    """What is not asked for is not found, and a limit that nothing reaches finds nothing."""
    lenient = AuditOptions(thresholds=(("vanishing-gradient", "ratio_limit", 1e-30),))
    only, without = replace(QUICK, select=("vanishing-gradient",)), replace(QUICK, ignore=("vanishing-gradient",))
    assert {finding.rule for finding in audit(sick, only).report.findings} == {"vanishing-gradient"}
    assert "vanishing-gradient" not in {finding.rule for finding in audit(sick, without).report.findings}
    assert audit(replace(sick, audit=lenient), only).report.verdict == "healthy"


def fitted(**given):
    """XOR with weights of its own."""
    weights = Weights(({"weight": np.ones((2, 4)), "bias": np.zeros(4)}, {"weight": np.ones((4, 1))}), "w.npz")
    return replace(XOR, weights=weights, **given)


def test_weights_of_the_spec_are_the_stage_fitted():
    """They are measured as they are, once, and the run starts there."""
    report = audit(fitted(audits_initialisation=False), QUICK).report
    stages = report.measurements.stages
    assert set(stages) == {"fitted", "trained"}
    (loss,) = stages["fitted"].signal.loss.values
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    z = np.tanh(X @ np.ones((2, 4))) @ np.ones(4)
    assert loss == pytest.approx(np.mean(np.logaddexp(0, z) - np.array([0, 1, 1, 0]) * z))
    assert report.measurements.descent.configured.loss[0].values == pytest.approx((loss,))
    assert report.model.facts["weights"] == "w.npz"


def test_with_an_initializer_both_stages_are_looked_at():
    """`init` beside `weights` asks for the draws as well."""
    stages = audit(fitted(), QUICK).report.measurements.stages
    assert set(stages) == {"initialised", "fitted", "trained"}
    assert len(stages["initialised"].signal.loss.values) == 2


def test_progress_is_told_in_rising_shares(sick):
    """The command line draws a bar from it; causes and fixes are looked for where something is found."""
    more = {}
    for spec, options in ((XOR, QUICK), (sick, AuditOptions(seeds=2, select=("vanishing-gradient",)))):
        told = []
        audit(spec, options, progress=lambda label, share, told=told: told.append((label, share)))
        labels, shares = zip(*told, strict=True)
        assert list(shares) == sorted(shares)
        assert 0 <= shares[0] <= shares[-1] <= 1
        more[spec.name] = {"causes", "fixes"} & set(labels)
    assert list(more.values()) == [set(), {"causes", "fixes"}]


def test_reservations_are_said(monkeypatch):
    """Random data in place of the person's own is a sentence of the settings."""
    spec = ModelSpec("m", 3, (DenseSpec(2), DenseSpec(1)), loss=Named("mse"), data=Named.of("gaussian", samples=32))
    assert "the data are a stand-in" in audit(spec, QUICK).report.settings.reservations[0]
    assert audit(XOR, QUICK).report.settings.reservations == ()


def test_a_finding_without_a_line_has_the_nearest(sick):
    """The place of the enclosing path, or none at all for a model that is no file."""
    whole = Location("m.yaml", 3, 9)
    for lines, place in (({"": whole}, whole), ({}, None)):
        (finding,) = audit(replace(sick, lines=lines), replace(QUICK, select=("vanishing-gradient",))).report.findings
        assert finding.location == place


def test_every_rule_names_probes_that_exist():
    """A need that nobody serves would silence the rule; the pipeline itself serves the trials."""
    served = {module.__name__.rpartition(".")[2] for module in probes.ALL} | {"trials"}
    assert {need for rule in ALL for need in rule.needs} <= served


def test_a_report_is_json_without_infinities(sick):
    """Whatever was measured, the JSON report is JSON."""
    hot = replace(sick, optimizer=Named.of("sgd", learning_rate=1e30))
    document = json.loads(get("json").render(Report((audit(hot, QUICK).report,))), parse_constant=pytest.fail)
    assert document["reports"][0]["verdict"] in ("healthy", "warning", "error")


def test_fixes_are_tried_and_the_cause_is_said(sick):
    """One factor is changed at a time: the activation is the cause, and the first fix was seen to help."""
    audited = audit(sick, AuditOptions(select=("vanishing-gradient",)))
    (finding,) = audited.report.findings
    assert "use relu with he_normal" in finding.evidence["with_changes"]
    assert "activation" in finding.cleared_by
    assert finding.regret > 0.3
    assert all(fix.merit < Merit.IN_VAIN for fix in finding.fixes)
    assert finding.fixes[0].clears == ("vanishing-gradient",)
    assert {trial.fix.kind for trial in audited.case.trials} >= {"activation", "depth", "standardised-inputs"}


def test_a_healthy_network_pays_for_no_trials():
    """Nothing was found and the run learns: there is no cause to look for."""
    assert audit(XOR, AuditOptions(seeds=4)).case.trials == ()


def test_a_rule_that_breaks_on_the_model_and_on_every_trial_is_one_internal_failure(monkeypatch, sick):
    """The others go on, and the report says which rule broke and how."""
    monkeypatch.setattr(pipeline, "ALL", (Broken(), *ALL))
    audited = audit(replace(sick, source="m.yaml"), AuditOptions(select=("broken", "vanishing-gradient"), seeds=2))
    (failure,) = audited.failures
    assert failure.internal
    assert (failure.source, failure.message) == ("m.yaml", "broken broke: ZeroDivisionError: by zero")
    assert len(audited.case.trials) > 1
    assert {finding.rule for finding in audited.report.findings} == {"vanishing-gradient"}
