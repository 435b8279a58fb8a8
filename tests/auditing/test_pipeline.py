from __future__ import annotations

import json
import re
import tracemalloc
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
from gradaudit.domain.report import Report, Settings
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, Weights
from gradaudit.errors import InputError, Location, SpecError
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.formats import get
from gradaudit.inputs import from_document
from gradaudit.nn.network import build
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
class Spy(Rule):
    """Finds what it is told to find and remembers nothing: it reports what it saw."""

    name = "spy"
    summary = "sees"
    needs = ("units",)

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        stage = case.measurements.stages["initialised"]
        seen = [key for key in stage.__slots__ if getattr(stage, key) is not None]
        whole = [key for key in ("data", "descent", "prediction") if getattr(case.measurements, key) is not None]
        yield Finding(self.name, Severity.INFO, f"saw {', '.join(seen + whole)}", "c", {"measured": 0, "limit": 0})


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


def test_findings_come_worst_first(monkeypatch):
    """Equal ones stay in the rules' order."""

    def finds(name, severity):
        found = Finding(name, severity, "m", "c", {"measured": 0, "limit": 0})
        return type("Finds", (Spy,), {"name": name, "judge": lambda self, case: iter([found])})()

    rules = (
        finds("a", Severity.INFO),
        finds("b", Severity.ERROR),
        finds("c", Severity.WARNING),
        finds("d", Severity.ERROR),
    )
    monkeypatch.setattr(pipeline, "ALL", rules)
    report = audit(XOR, QUICK).report
    assert [finding.rule for finding in report.findings] == ["b", "d", "c", "a"]
    assert report.verdict == "error"


def test_a_crashing_rule_is_one_internal_failure(monkeypatch):
    """The others go on, and the report says which rule broke and how."""
    monkeypatch.setattr(pipeline, "ALL", (Broken(), Spy()))
    audited = audit(replace(XOR, source="xor.yaml"), QUICK)
    (failure,) = audited.failures
    assert failure.internal
    assert (failure.source, failure.message) == ("xor.yaml", "broken broke: ZeroDivisionError: by zero")
    assert [finding.rule for finding in audited.report.findings] == ["spy"]


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


@pytest.mark.parametrize(
    ("needs", "seen"),
    [
        (("units",), "units"),
        (("signal",), "signal, prediction"),
        (("curvature",), "curvature, learning_rate"),
        (("descent",), "descent"),
        (("data",), "data"),
        (("trials",), ""),
        ((), ""),
    ],
)
def test_a_rule_sees_what_it_needs_and_nothing_else(monkeypatch, needs, seen):
    """A hidden dependency would find nothing, whatever the other rules and formats asked for."""
    monkeypatch.setattr(pipeline, "ALL", (type("Needs", (Spy,), {"needs": needs})(),))
    everything = frozenset({"data", "signal", "units", "curvature", "descent", "critical_point", "prediction"})
    report = audit(XOR, QUICK, needs=everything).report
    assert [finding.message for finding in report.findings] == [f"saw {seen}"]
    assert report.measurements.stages["initialised"].curvature is not None
    assert report.measurements.prediction is not None


def test_only_what_is_needed_is_measured():
    """`--select dead-units` pays for no Hessian and no signal."""
    stages = audit(XOR, replace(QUICK, select=("dead-units",))).report.measurements.stages
    assert stages["initialised"].units is not None
    assert stages["initialised"].signal is None
    assert stages["initialised"].curvature is None
    assert stages["trained"].critical_point is None


def test_select_and_ignore_choose_the_rules(sick):
    """What is not asked for is not found."""
    only = audit(sick, replace(QUICK, select=("vanishing-gradient",))).report
    assert {finding.rule for finding in only.findings} == {"vanishing-gradient"}
    without = audit(sick, replace(QUICK, ignore=("vanishing-gradient",))).report
    assert "vanishing-gradient" not in {finding.rule for finding in without.findings}


def test_a_threshold_in_the_spec_changes_the_verdict(sick):
    """`rules: {vanishing-gradient: {ratio_limit: 1e-30}}` asks for a smaller ratio than there is."""
    lenient = AuditOptions(thresholds=(("vanishing-gradient", "ratio_limit", 1e-30),))
    options = replace(QUICK, select=("vanishing-gradient",))
    assert audit(replace(sick, audit=lenient), options).report.verdict == "healthy"


def test_an_unknown_rule_is_an_error_with_the_nearest_name():
    """Before anything is measured."""
    with pytest.raises(InputError, match="'vanishing-gradients' is no rule; did you mean 'vanishing-gradient'"):
        audit(XOR, AuditOptions(ignore=("vanishing-gradients",)))


def test_a_model_that_is_too_large_is_refused_before_memory_is_taken():
    """Ten thousand million weights are named, not allocated."""
    wide = ModelSpec("wide", 2, (DenseSpec(100_000, repeat=2), DenseSpec(1)), data=Named("xor"), source="wide.yaml")
    tracemalloc.start()
    try:
        says = r"would take (\d+) GB of memory even .* (\d+) \(10,000,\d{3},\d{3} parameters\); .* is 8 GB"
        with pytest.raises(InputError, match=says) as refused:
            audit(wide)
        gigabytes, seeds = re.search(says, str(refused.value)).groups()
        assert int(gigabytes) == round(
            probes.bytes_for(build(replace(wide, loss=Named("mse"))), Settings(seeds=int(seeds))) / 1e9
        )
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


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


def test_a_finding_without_a_line_has_the_nearest(monkeypatch):
    """The place of the enclosing path, or none at all for a model that is no file."""

    class Places(Spy):
        def judge(self, case: RuleContext) -> Iterator[Finding]:
            yield Finding("spy", Severity.INFO, "m", "c", {"measured": 0, "limit": 0}, path="layers[2].init")

    monkeypatch.setattr(pipeline, "ALL", (Places(),))
    (finding,) = audit(replace(XOR, lines={"layers": Location("m.yaml", 3, 9)}), QUICK).report.findings
    assert finding.location == Location("m.yaml", 3, 9)
    (finding,) = audit(XOR, QUICK).report.findings
    assert finding.location is None


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


def test_a_rule_that_breaks_on_every_trial_is_one_failure(monkeypatch, sick):
    """It is judged on the model and on each trial, and said once."""
    monkeypatch.setattr(pipeline, "ALL", (Broken(), *ALL))
    audited = audit(sick, AuditOptions(select=("broken", "vanishing-gradient"), seeds=2))
    assert len(audited.case.trials) > 1
    assert len(audited.failures) == 1


def test_sequences_that_would_take_too_long_are_refused_before_they_do():
    """Ten thousand steps are audited; of two layers they are the sum."""
    layers = [[6000, 1], {"type": "rnn", "units": 2, "repeat": 2, "return_sequences": True}, 1]
    spec = from_document({"layers": layers, "data": {"name": "sines", "samples": 4}})
    with pytest.raises(SpecError, match="12,000 steps one after another would take too long"):
        audit(spec)
