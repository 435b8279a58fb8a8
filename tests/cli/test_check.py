from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.report import Failure, Report
from gradaudit.errors import InputError, MissingLibraryError
from gradaudit.formats.json import JsonFormat


def found(severity: Severity) -> tuple[Finding, ...]:
    """One finding on the second line of model.yaml."""
    from gradaudit.errors import Location

    return (
        Finding(
            "dead-units", severity, "a message", "a cause", {"measured": 1.0}, location=Location("model.yaml", 2, 13)
        ),
    )


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
    pipeline.findings = found(severity)

    assert run("check", "model.yaml", *(["--fail-on", fail_on] if fail_on else [])).status == status


def test_a_suppressed_finding_does_not_count(run, spec, pipeline) -> None:
    """What was silenced is counted as such and does not fail the check."""
    from dataclasses import replace

    pipeline.findings = (replace(found(Severity.ERROR)[0], suppressed="known"),)

    done = run("check", "model.yaml")

    assert done.status == 0
    assert done.out.endswith("0 errors, 0 warnings in 1 model; 1 finding suppressed\n")


def test_the_command_line_is_above_the_spec_and_that_above_the_environment(run, folder, pipeline, monkeypatch) -> None:
    """--fail-on beats the spec's `audit: {fail_on}`, which beats GRADAUDIT_CHECK_FAIL_ON."""
    (folder / "model.yaml").write_text("layers: [2, 1]\naudit: {fail_on: warning}\n")
    pipeline.findings = found(Severity.WARNING)
    monkeypatch.setenv("GRADAUDIT_CHECK_FAIL_ON", "never")

    assert run("check", "model.yaml").status == 1
    assert run("check", "model.yaml", "--fail-on", "error").status == 0


def test_a_finding_stands_with_its_line_and_a_caret(run, spec, pipeline) -> None:
    """With -v a finding is one line `file:line:col: severity[rule] message`, then the spec's line with a caret."""
    pipeline.findings = found(Severity.ERROR)

    lines = run("check", "model.yaml", "-v").out.splitlines()

    assert lines[4:7] == [
        "model.yaml:2:13: error[dead-units] a message",
        "    2 | activation: sigmoid",
        "      |             ^",
    ]


def test_standard_input_is_a_source(run, pipeline, monkeypatch) -> None:
    """`-` audits the spec on standard input, and its findings show its lines."""
    from dataclasses import replace

    from gradaudit.errors import Location

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"layers: [2, 1]\nactivation: tanh\n")))
    pipeline.findings = (replace(found(Severity.ERROR)[0], location=Location("<stdin>", 2, 1)),)

    done = run("check", "-", "-v")

    assert done.status == 1
    assert "    2 | activation: tanh\n" in done.out


def test_json_is_all_that_standard_output_gets(run, spec, pipeline) -> None:
    """With --format json standard output is one JSON document, and no prose."""
    pipeline.findings = found(Severity.ERROR)

    done = run("check", "model.yaml", "missing.yaml", "--format", "json")

    document = json.loads(done.out)
    assert done.status == 2
    assert [report["verdict"] for report in document["reports"]] == ["error"]
    assert [error["source"] for error in document["errors"]] == ["missing.yaml"]


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


def test_formats_ask_for_their_probes(run, spec, pipeline) -> None:
    """Text asks for no probe beyond the rules'; a JSON file brings its own needs."""
    run("check", "model.yaml")
    run("check", "model.yaml", "-o", "report.json")

    assert [call["needs"] for call in pipeline.calls] == [frozenset(), frozenset(JsonFormat.needs)]


def test_the_report_says_how_to_repeat_it(run, spec, pipeline) -> None:
    """The command in the report is one that a shell can run, with what decides the measurement."""
    done = run("check", "model.yaml", "--seeds", "2", "--ignore", "dead-units", "--format", "json")

    command = json.loads(done.out)["reports"][0]["command"]
    assert command == "gradaudit check model.yaml --seeds 2 --ignore dead-units"


def test_quiet_prints_findings_alone(run, spec, pipeline) -> None:
    """-q leaves one line a finding."""
    pipeline.findings = found(Severity.ERROR) * 2

    done = run("check", "model.yaml", "-q", "-o", "report.json")

    assert done.out == "model.yaml:2:13: error[dead-units] a message\n" * 2
    assert done.err == ""


def test_color_is_asked_for(run, spec, pipeline) -> None:
    """No escape reaches a pipe unless --color always asks for it."""
    pipeline.findings = found(Severity.ERROR)

    assert "\x1b[" not in run("check", "model.yaml").out
    assert "\x1b[1;31merror[dead-units]\x1b[0m" in run("check", "model.yaml", "--color", "always").out


def test_an_unknown_rule_is_a_usage_error(run, spec, pipeline) -> None:
    """--select with a name that no rule has names the nearest and measures nothing."""
    done = run("check", "model.yaml", "--select", "vanishing")

    assert done.status == 2
    assert "'vanishing' is no rule; did you mean 'vanishing-gradient'?" in done.err
    assert pipeline.calls == []


def test_an_unknown_suffix_is_a_usage_error(run, spec, pipeline) -> None:
    """-o with a suffix that chooses no format names those that do."""
    done = run("check", "model.yaml", "-o", "report.docx")

    assert done.status == 2
    assert "'report.docx': the suffix chooses the format, one of .html, .pdf, .json" in done.err
    assert pipeline.calls == []


def test_a_report_never_replaces_a_source(run, folder, pipeline) -> None:
    """-o with the path of a source is refused before anything is measured, however it is spelt."""
    (folder / "model.json").write_text('{"layers": [2, 1]}')

    done = run("check", "model.json", "-o", str(folder / "model.json"))

    assert done.status == 2
    assert (folder / "model.json").read_text() == '{"layers": [2, 1]}'
    assert run("check", ".", "-o", "model.json").status == 2
    assert pipeline.calls == []


def test_an_unwritable_path_is_told_before_measuring_and_the_others_are_written(run, spec, pipeline, folder) -> None:
    """One message, exit 2, and the report that can be written is there."""
    done = run("check", "model.yaml", "-o", "no/such/report.json", "-o", "report.json")

    assert done.status == 2
    assert "no/such/report.json: cannot be written: there is no folder 'no/such'\n" in done.err
    assert json.loads((folder / "report.json").read_text())["reports"]
    assert sorted(path.name for path in folder.iterdir()) == ["model.yaml", "report.json"]


def test_outputs_are_checked_even_where_nothing_can_be_audited(run, pipeline, folder) -> None:
    """A run that audits nothing still writes its report, with the errors in it."""
    done = run("check", "missing.yaml", "-o", "report.json")

    assert done.status == 2
    assert json.loads((folder / "report.json").read_text())["errors"][0]["message"] == "there is no such file"


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (MissingLibraryError("pango is missing"), 2, "a.json: pango is missing"),
        (ZeroDivisionError("oh"), 3, "a.json: internal error: ZeroDivisionError: oh"),
    ],
)
def test_a_format_that_fails_leaves_the_others(
    run, spec, pipeline, folder: Path, monkeypatch, error: Exception, status: int, message: str
) -> None:
    """A report that cannot be rendered is told of; the others are written, and nothing half of it."""

    def render(self: JsonFormat, report: Report) -> bytes:
        raise error

    monkeypatch.setattr(JsonFormat, "render", render)

    done = run("check", "model.yaml", "-o", "a.json", "-o", "b.html")

    assert done.status == status
    assert message in done.err
    assert "Traceback" not in done.err
    assert sorted(path.name for path in folder.iterdir()) == ["b.html", "model.yaml"]


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
    pipeline.findings = found(Severity.ERROR)

    done = run("check", "bad.yaml", "model.yaml")

    assert done.status == 2
    assert done.err.splitlines()[0].startswith("bad.yaml:1:13: ")
    assert done.err.splitlines()[1] == "bad.yaml:2:13: activation: 'sigmod' is no activation; did you mean 'sigmoid'?"
    assert "error[dead-units]" in done.out
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


def test_unsafe_load_says_what_it_means(run, spec, pipeline, monkeypatch) -> None:
    """Once, before any file is loaded."""
    monkeypatch.delenv("CI", raising=False)

    done = run("check", "model.yaml", "--unsafe-load")

    assert done.status == 0
    assert done.err.startswith("--unsafe-load: a file that cannot be read inertly is loaded, which runs whatever code")
    assert "unsafe" not in run("check", "model.yaml").err


def test_unsafe_load_is_refused_in_ci_unless_its_environment_asks_for_it(run, spec, pipeline, monkeypatch) -> None:
    """A pull request may bring the file, so the flag alone is not enough there."""
    monkeypatch.setenv("CI", "true")

    refused = run("check", "model.yaml", "--unsafe-load")
    monkeypatch.setenv("GRADAUDIT_CHECK_UNSAFE_LOAD", "1")

    assert refused.status == 2
    assert "--unsafe-load is refused in CI" in refused.err
    assert "GRADAUDIT_CHECK_UNSAFE_LOAD=1 allows it" in refused.err
    assert pipeline.calls == []
    assert run("check", "model.yaml").status == 0
    assert len(pipeline.calls) == 1


def test_unsafe_load_reaches_the_reader(run, folder, pipeline, monkeypatch) -> None:
    """What only the ordinary loader can read is audited with the flag, and a refusal without it."""
    import pickle

    from tests.inputs import hostile

    monkeypatch.delenv("CI", raising=False)
    (folder / "a.pkl").write_bytes(pickle.dumps(hostile.Reduced(int, "5")))

    assert "it calls 'builtins.int' when it is loaded" in run("check", "a.pkl").err
    assert "an object of type int is not audited" in run("check", "a.pkl", "--unsafe-load").err


def test_github_s_runner_gets_its_commands(run, spec, pipeline, monkeypatch) -> None:
    """Where GITHUB_ACTIONS is true, unless another format is asked for on the command line or in pyproject.toml."""
    pipeline.findings = found(Severity.ERROR)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert run("check", "model.yaml").out.startswith("::error file=model.yaml,line=2,col=13,title=")
    assert run("check", "model.yaml", "--format", "text").out.startswith("model (model.yaml): ")

    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert run("check", "model.yaml").out.startswith("model (model.yaml): ")


@pytest.mark.parametrize(
    ("name", "start"), [("sarif", "{"), ("junit", "<?xml"), ("markdown", "### "), ("github", "::")]
)
def test_every_printed_format_is_all_that_standard_output_gets(run, spec, pipeline, name: str, start: str) -> None:
    """And a file's ending chooses it too, but for workflow commands."""
    pipeline.findings = found(Severity.ERROR)

    done = run("check", "model.yaml", "--format", name, "-o", "a.sarif", "-o", "a.xml", "-o", "a.md")

    assert done.status == 1
    assert done.out.startswith(start)
    written = {path.suffix: path.read_text() for path in Path().glob("a.*")}
    assert name == "github" or done.out in written.values()
    assert len(written) == 3
