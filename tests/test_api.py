from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradaudit
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.findings import Severity
from gradaudit.domain.report import Failure
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import GradauditError, InputError, SpecError
from tests.cli.conftest import Pipeline, finding, pipeline

__all__ = ["pipeline"]

ROOT = Path(__file__).parents[1]
DICT = {"layers": [2, 4, 1], "loss": "mse"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A spec file that names its own output and audit."""
    path = tmp_path / "model.yaml"
    path.write_text("layers: [2, 4, 1]\nloss: mse\noutput: tanh\naudit: {seeds: 3}\n")
    return path


def test_a_source_is_loaded(source: Path) -> None:
    """`load` gives the spec of a path, as text or as a Path."""
    assert gradaudit.load(source) == gradaudit.load(str(source))
    assert gradaudit.load(source).audit.seeds == 3


def test_load_wants_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source with several models is an error that names them."""
    specs = tuple(ModelSpec(name, 1, ()) for name in ("first", "second"))
    monkeypatch.setattr("gradaudit.inputs.read", lambda *_, **__: specs)

    with pytest.raises(InputError, match=r"many\.yaml: holds 2 models; name one of them: first, second"):
        gradaudit.load("many.yaml")


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    """A missing file and a faulty dict are GradauditErrors with all their problems."""
    with pytest.raises(GradauditError, match="no such file"):
        gradaudit.load(tmp_path / "missing.yaml")
    with pytest.raises(SpecError) as caught:
        gradaudit.audit({"layers": [2, -1], "activation": "sigmod"})
    assert len(caught.value.problems) == 2


def test_every_kind_of_model_is_taken(pipeline: Pipeline, source: Path) -> None:
    """A path, a dict, a ModelSpec and an estimator each become a spec."""
    from sklearn.neural_network import MLPRegressor

    spec = gradaudit.load(source)
    X, y = np.zeros((5, 2)), np.arange(5.0)
    for model in (str(source), source, DICT, spec):
        gradaudit.audit(model)
        assert [layer.units for layer in pipeline.calls[-1]["spec"].layers] == [4, 1]
    gradaudit.audit(MLPRegressor(hidden_layer_sizes=(7,)), X, y)
    assert [layer.units for layer in pipeline.calls[-1]["spec"].layers] == [7, 1]
    assert pipeline.calls[-1]["spec"].framework == "sklearn"


def test_data_are_passed_on(pipeline: Pipeline, source: Path) -> None:
    """X and y reach the audit of a spec as they are."""
    X, y = np.zeros((5, 2)), np.arange(5.0)

    gradaudit.audit(source, X, y)

    assert pipeline.calls[-1]["X"] is X
    assert pipeline.calls[-1]["y"] is y


def test_an_estimator_s_data_are_what_its_network_sees(pipeline: Pipeline) -> None:
    """Behind a pipeline's steps, and classes as numbers."""
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = np.array([[0.0, 10], [2, 10], [4, 40], [6, 40]]), ["b", "a", "b", "a"]

    gradaudit.audit(make_pipeline(StandardScaler(), MLPClassifier(hidden_layer_sizes=(3,))), X, y)

    assert np.allclose(pipeline.calls[-1]["X"].mean(axis=0), 0)
    assert list(pipeline.calls[-1]["y"]) == [1, 0, 1, 0]


def test_an_estimator_needs_both_x_and_y() -> None:
    """X without y is one clear message."""
    from sklearn.neural_network import MLPClassifier

    with pytest.raises(InputError):
        gradaudit.audit(MLPClassifier(), np.zeros((5, 2)))


def test_loss_and_optimizer_are_read_as_in_a_spec(pipeline: Pipeline) -> None:
    """A name or a mapping replaces the model's own and is no longer an assumption."""
    gradaudit.audit(DICT, loss="huber", optimizer={"name": "adam", "learning_rate": 0.5})

    assert pipeline.calls[-1]["spec"].loss == Named("huber")
    assert pipeline.calls[-1]["spec"].optimizer.name == "adam"
    assert pipeline.calls[-1]["spec"].optimizer.number("learning_rate", 0) == 0.5
    assert not {"loss", "optimizer"} & set(pipeline.calls[-1]["spec"].assumed)


@pytest.mark.parametrize(("option", "name"), [("loss", "hubber"), ("optimizer", {"name": "adem"})])
def test_a_wrong_name_names_the_nearest(option: str, name: object) -> None:
    """An unknown loss or optimizer is refused as it is in a spec."""
    with pytest.raises(SpecError, match=r"did you mean '(huber|adam)'"):
        gradaudit.audit(DICT, **{option: name})  # type: ignore[arg-type]


def test_another_loss_decides_the_output_anew(pipeline: Pipeline, source: Path) -> None:
    """An output that followed from the old loss goes with it, one that the spec writes stays."""
    assert gradaudit.load(source).output == Named("tanh")

    gradaudit.audit(DICT, loss="binary_cross_entropy")
    assert pipeline.calls[-1]["spec"].output is None
    gradaudit.audit(source, loss="binary_cross_entropy")
    assert pipeline.calls[-1]["spec"].output == Named("tanh")


def test_settings_left_at_their_default_are_the_spec_s(pipeline: Pipeline) -> None:
    """Only what differs from the signature is said above the spec's own `audit` section."""
    gradaudit.audit(DICT)
    assert pipeline.calls[-1]["options"] == AuditOptions()
    gradaudit.audit(DICT, seeds=2, seed=5, effort="quick", select=["dead-units"], ignore=("plateau",))
    assert pipeline.calls[-1]["options"] == AuditOptions(
        seeds=2, seed=5, effort="quick", select=("dead-units",), ignore=("plateau",)
    )


def test_an_impossible_setting_is_refused(pipeline: Pipeline) -> None:
    """Settings are checked as a spec's are."""
    with pytest.raises(SpecError, match="seeds"):
        gradaudit.audit(DICT, seeds=0)
    assert pipeline.calls == []


def test_the_report_can_be_printed_and_saved(pipeline: Pipeline, tmp_path: Path) -> None:
    """A Report's text is what `check` prints; `save` writes the format of the suffix."""
    pipeline.findings = (finding(),)
    report = gradaudit.audit(DICT)

    report.save(tmp_path / "report.json")
    report.save(str(tmp_path / "report.HTML"))

    assert isinstance(report, gradaudit.Report)
    assert str(report).startswith("model (<dict>): error - In a sentence.\nmodel.yaml:2:13: error[vanishing-gradient] ")
    assert json.loads((tmp_path / "report.json").read_text())["tool"]["version"] == gradaudit.__version__
    assert (tmp_path / "report.HTML").read_bytes().startswith(b"<!")


def test_an_unknown_suffix_is_refused(pipeline: Pipeline, tmp_path: Path) -> None:
    """`save` names the suffixes that it knows and writes nothing."""
    with pytest.raises(InputError, match=r"one of \.html, \.pdf, \.json"):
        gradaudit.audit(DICT).save(tmp_path / "report.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("severity", "fail_on", "fails"),
    [
        (None, "warning", False),
        (Severity.INFO, "warning", False),
        (Severity.WARNING, "error", False),
        (Severity.WARNING, "warning", True),
        (Severity.ERROR, "error", True),
    ],
)
def test_health_is_asserted(pipeline: Pipeline, severity: Severity | None, fail_on: Any, fails: bool) -> None:
    """assert_healthy raises AssertionError with the findings as text, at or above `fail_on`."""
    pipeline.findings = () if severity is None else (finding(severity),)
    if not fails:
        gradaudit.assert_healthy(DICT, fail_on=fail_on)
        return
    with pytest.raises(AssertionError, match=r"\[vanishing-gradient\] sigmoid"):
        gradaudit.assert_healthy(DICT, fail_on=fail_on)


def test_what_broke_proves_no_health(pipeline: Pipeline) -> None:
    """A rule that crashed fails the assertion, and says which."""
    pipeline.failures = (Failure("m", "saddle-point broke: KeyError: 3", internal=True),)

    with pytest.raises(AssertionError, match="saddle-point broke"):
        gradaudit.assert_healthy(DICT)


def test_health_takes_the_audit_s_options(pipeline: Pipeline) -> None:
    """Keyword arguments of `audit` are passed on; a level that does not exist is refused."""
    gradaudit.assert_healthy(DICT, seeds=3, select=["dead-units"])

    assert pipeline.calls[-1]["options"] == AuditOptions(seeds=3, select=("dead-units",))
    with pytest.raises(InputError, match="fail_on"):
        gradaudit.assert_healthy(DICT, fail_on="fatal")  # type: ignore[arg-type]


def test_importing_the_package_costs_nothing() -> None:
    """`import gradaudit` imports neither numpy nor the API; the names are there all the same."""
    code = (
        "import sys, gradaudit\n"
        "assert not {'numpy', 'gradaudit.api', 'gradaudit.errors'} & sys.modules.keys()\n"
        "assert set(gradaudit.__all__) <= set(dir(gradaudit))\n"
        "from gradaudit import audit, load, assert_healthy, Report\n"
        "assert 'sklearn' not in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_other_names_do_not_exist() -> None:
    """A misspelt name is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'audits'"):
        gradaudit.audits  # noqa: B018


def test_a_report_is_still_the_report_of_the_formats() -> None:
    """The public Report is the one that formats render, with the same fields and equality."""
    from gradaudit.domain import report as reports

    report = gradaudit.Report((), (), "1")

    assert isinstance(report, reports.Report)
    assert report == replace(report, version="1")
