"""What check prints and writes: formats, files, and who gets what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradaudit.domain.report import Report
from gradaudit.errors import MissingLibraryError
from gradaudit.formats.json import JsonFormat
from tests.cli.conftest import finding


def test_json_is_all_that_standard_output_gets(run, spec, pipeline) -> None:
    """With --format json standard output is one JSON document, and no prose."""
    pipeline.findings = (finding(),)

    done = run("check", "model.yaml", "missing.yaml", "--format", "json")

    document = json.loads(done.out)
    assert done.status == 2
    assert [report["verdict"] for report in document["reports"]] == ["error"]
    assert [error["source"] for error in document["errors"]] == ["missing.yaml"]


def test_formats_ask_for_their_probes(run, spec, pipeline) -> None:
    """Text asks for no probe beyond the rules'; a JSON file brings its own needs."""
    run("check", "model.yaml")
    run("check", "model.yaml", "-o", "report.json")

    assert [call["needs"] for call in pipeline.calls] == [frozenset(), frozenset(JsonFormat.needs)]


def test_quiet_prints_findings_alone(run, spec, pipeline) -> None:
    """-q leaves one line a finding."""
    pipeline.findings = (finding(),) * 2

    done = run("check", "model.yaml", "-q", "-o", "report.json")

    assert done.out == "model.yaml:2:13: error[vanishing-gradient] the signal dies\n" * 2
    assert done.err == ""


def test_color_is_asked_for(run, spec, pipeline) -> None:
    """No escape reaches a pipe unless --color always asks for it."""
    pipeline.findings = (finding(),)

    assert "\x1b[" not in run("check", "model.yaml").out
    assert "\x1b[1;31merror[vanishing-gradient]\x1b[0m" in run("check", "model.yaml", "--color", "always").out


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


def test_github_s_runner_gets_its_commands(run, spec, pipeline, monkeypatch) -> None:
    """Where GITHUB_ACTIONS is true, unless another format is asked for on the command line or in pyproject.toml."""
    pipeline.findings = (finding(),)
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
    pipeline.findings = (finding(),)

    done = run("check", "model.yaml", "--format", name, "-o", "a.sarif", "-o", "a.xml", "-o", "a.md")

    assert done.status == 1
    assert done.out.startswith(start)
    written = {path.suffix: path.read_text() for path in Path().glob("a.*")}
    assert name == "github" or done.out in written.values()
    assert len(written) == 3
