from __future__ import annotations

import io
import json
import sys

import pytest

from gradaudit.domain.findings import Severity
from gradaudit.domain.report import Failure
from gradaudit.errors import InputError
from tests.cli.conftest import finding


def test_a_healthy_model_exits_0(run, spec, pipeline) -> None:
    """Nothing found is exit 0, and a verdict."""
    done = run("check", "model.yaml")

    assert done.status == 0
    assert done.out == "model (model.yaml): healthy - In a sentence.\n"
    assert done.err == ""


@pytest.mark.parametrize(
    ("severity", "fail_on", "status"),
    [
        (Severity.ERROR, None, 1),
        (Severity.WARNING, None, 0),
        (Severity.WARNING, "warning", 1),
        (Severity.INFO, "warning", 0),
        (Severity.ERROR, "never", 0),
    ],
)
def test_findings_decide_the_status(run, spec, pipeline, severity: Severity, fail_on: str | None, status: int) -> None:
    """A finding at or above --fail-on, by default an error, is exit 1."""
    pipeline.findings = (finding(severity),)

    assert run("check", "model.yaml", *(["--fail-on", fail_on] if fail_on else [])).status == status


def test_a_suppressed_finding_does_not_count(run, spec, pipeline) -> None:
    """What was silenced is counted as such and does not fail the check."""
    from dataclasses import replace

    pipeline.findings = (replace(finding(), suppressed="known"),)

    done = run("check", "model.yaml")

    assert done.status == 0
    assert done.out.endswith("0 errors, 0 warnings in 1 model; 1 finding suppressed\n")


def test_the_command_line_is_above_the_spec_and_that_above_the_environment(run, folder, pipeline, monkeypatch) -> None:
    """--fail-on beats the spec's `audit: {fail_on}`, which beats GRADAUDIT_CHECK_FAIL_ON."""
    (folder / "model.yaml").write_text("layers: [2, 1]\naudit: {fail_on: warning}\n")
    pipeline.findings = (finding(Severity.WARNING),)
    monkeypatch.setenv("GRADAUDIT_CHECK_FAIL_ON", "never")

    assert run("check", "model.yaml").status == 1
    assert run("check", "model.yaml", "--fail-on", "error").status == 0


def test_a_finding_stands_with_its_line_and_a_caret(run, spec, pipeline) -> None:
    """With -v a finding is one line `file:line:col: severity[rule] message`, then the spec's line with a caret."""
    pipeline.findings = (finding(),)

    lines = run("check", "model.yaml", "-v").out.splitlines()

    at = lines.index("model.yaml:2:13: error[vanishing-gradient] the signal dies")
    assert lines[at : at + 3] == [
        "model.yaml:2:13: error[vanishing-gradient] the signal dies",
        "    2 | activation: sigmoid",
        "      |             ^",
    ]


def test_standard_input_is_a_source(run, pipeline, monkeypatch) -> None:
    """`-` audits the spec on standard input, and its findings show its lines."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"layers: [2, 1]\nactivation: tanh\n")))
    pipeline.findings = (finding(file="<stdin>"),)

    done = run("check", "-", "-v")

    assert done.status == 1
    assert "    2 | activation: tanh\n" in done.out


def test_the_settings_arrive_by_their_source(run, spec, pipeline, folder, monkeypatch) -> None:
    """What the command line says goes above the spec; environment and, below it, pyproject.toml go under it."""
    (folder / "pyproject.toml").write_text('[tool.gradaudit]\nseeds = 3\neffort = "quick"\nsamples = 64\n')
    monkeypatch.setenv("GRADAUDIT_CHECK_SEEDS", "4")

    run(
        "check",
        "model.yaml",
        "--seed",
        "7",
        "--select",
        "dead-units,saddle-point",
        "--select",
        "plateau,dead-units"[8:],
    )

    options, defaults = pipeline.calls[0]["options"], pipeline.calls[0]["defaults"]
    assert (options.seed, options.select) == (7, ("dead-units", "saddle-point", "dead-units"))
    assert (options.seeds, options.effort) == (None, None)
    assert (defaults.seeds, defaults.effort, defaults.samples, defaults.seed) == (4, "quick", 64, None)


def test_the_report_says_how_to_repeat_it(run, spec, pipeline) -> None:
    """The command in the report is one that a shell can run, with what decides the measurement."""
    done = run("check", "model.yaml", "--seeds", "2", "--ignore", "dead-units", "--format", "json")

    command = json.loads(done.out)["reports"][0]["command"]
    assert command == "gradaudit check model.yaml --seeds 2 --ignore dead-units"


def test_an_unknown_rule_is_a_usage_error(run, spec, pipeline) -> None:
    """--select with a name that no rule has names the nearest and measures nothing."""
    done = run("check", "model.yaml", "--select", "vanishing")

    assert done.status == 2
    assert "'vanishing' is no rule; did you mean 'vanishing-gradient'?" in done.err
    assert pipeline.calls == []


def test_files_that_are_no_specs_are_counted(run, spec, pipeline, folder) -> None:
    """A folder's other YAML files are passed over, and said to be."""
    (folder / "other.yaml").write_text("a: 1\n")

    assert "passed over 1 YAML or JSON file without a `layers` list" in run("check", ".").err


def test_data_are_for_models_that_name_none(run, spec, pipeline, folder) -> None:
    """--data becomes the data section of a spec without one and leaves another's alone."""
    (folder / "data.csv").write_text("a,b,t\n1,2,3\n2,3,4\n")
    (folder / "xor.yaml").write_text("layers: [2, 2, 1]\ndata: xor\n")

    run("check", "model.yaml", "xor.yaml", "--data", "data.csv:t")

    given, named = (call["spec"] for call in pipeline.calls)
    assert str(given.data) == "csv(path=data.csv, target=t)"
    assert "data" not in given.assumed
    assert named.data.name == "xor"


def test_data_of_another_kind_are_refused(run, spec, pipeline) -> None:
    """--data that is no CSV or npz ends in one message."""
    done = run("check", "model.yaml", "--data", "data.xlsx")

    assert (done.status, len(done.err.splitlines())) == (2, 1)


def test_a_bad_model_does_not_stop_the_next(run, spec, pipeline, folder) -> None:
    """Every fault of a spec is told with its place, and the other sources are audited."""
    (folder / "bad.yaml").write_text("layers: [2, -1]\nactivation: sigmod\n")
    pipeline.findings = (finding(),)

    done = run("check", "bad.yaml", "model.yaml")

    assert done.status == 2
    assert done.err.splitlines()[0].startswith("bad.yaml:1:13: ")
    assert done.err.splitlines()[1] == "bad.yaml:2:13: activation: 'sigmod' is no activation; did you mean 'sigmoid'?"
    assert "error[vanishing-gradient]" in done.out
    assert "\n1 error, 0 warnings in 1 model; 1 source not audited\n" in done.out


def test_nothing_matched_is_not_green(run, folder, pipeline) -> None:
    """A folder without sources is exit 2."""
    done = run("check", ".")

    assert done.status == 2
    assert done.err.startswith(".: ")


def test_a_refusal_of_the_pipeline_is_a_failure_of_its_source(run, spec, pipeline) -> None:
    """What cannot be audited names its source once."""
    pipeline.raises = {"model": InputError("widths do not fit")}

    done = run("check", "model.yaml")

    assert (done.status, done.err) == (2, "model.yaml: widths do not fit\n")


def test_a_broken_rule_is_an_entry_of_errors(run, spec, pipeline) -> None:
    """A crashed rule leaves the report standing, is exit 3, and says once how to report it."""
    pipeline.failures = (Failure("model.yaml", "saddle-point broke: KeyError: 3", internal=True),) * 2

    done = run("check", "model.yaml", "--format", "json")

    document = json.loads(done.out)
    assert done.status == 3
    assert len(document["reports"]) == 1
    assert [error["internal"] for error in document["errors"]] == [True, True]
    assert done.err.count("Please report it") == 1
