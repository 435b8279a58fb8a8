"""A report is rendered again from its JSON, as it was when it was measured."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_models"
Runner = Callable[..., Any]


@pytest.fixture
def results(run: Runner, spec: Path, pipeline: Any, folder: Path) -> Path:
    """`r.json`, with one finding and a source that is missing."""
    from tests.cli.conftest import finding

    pipeline.findings = (finding(),)
    assert run("check", "model.yaml", "missing.yaml", "-o", "r.json", "-o", "r.html").status == 2
    return folder / "r.json"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sources", "suffixes"),
    [
        (("vanishing-gradient.yaml",), ("json", "html")),
        (("non-finite-values.yaml", "missing.yaml", "healthy-pipeline.skops"), ("json", "html", "pdf")),
        (("saddle-point.yaml", "keras-sigmoid.json", "torch-relu.onnx"), ("json", "html")),
    ],
    ids=["one", "with a failure", "of three kinds"],
)
def test_rendering_again_gives_the_same_bytes(
    run: Runner, folder: Path, sources: tuple[str, ...], suffixes: tuple[str, ...]
) -> None:
    """HTML, PDF and JSON of several sources, failures among them, from the file and from the audit itself."""
    measured = [f"-oa.{suffix}" for suffix in suffixes]
    again = [f"-ob.{suffix}" for suffix in suffixes]

    first = run("check", *(str(SAMPLES / name) for name in sources), "--seeds", "3", "--effort", "quick", *measured)
    second = run("report", "a.json", *again)

    assert (folder / "a.json").is_file(), first.err
    assert (second.status, second.out) == (0, "")
    assert second.err.splitlines() == [f"wrote {path[2:]}" for path in again]
    for suffix in suffixes:
        assert (folder / f"b.{suffix}").read_bytes() == (folder / f"a.{suffix}").read_bytes()


def test_without_o_the_findings_are_printed(run: Runner, results: Path) -> None:
    """As check prints them, but for the source's lines, which are not read: the status tells of the rendering alone."""
    checked = run("check", "model.yaml", "missing.yaml")

    printed = run("report", "r.json")

    assert printed.status == 0
    assert printed.out == checked.out
    counts, advice = printed.out.splitlines()[-2:]
    assert counts == "1 error, 0 warnings in 1 model; 1 source not audited"
    assert advice == "next: gradaudit fix model.yaml"
    assert run("report", "r.json", "-q").out.startswith("model.yaml:2:13: error[vanishing-gradient] ")
    assert "\x1b[" in run("report", "r.json", "--color", "always").out


def test_standard_output_takes_any_format_that_check_prints(run: Runner, results: Path) -> None:
    """--format json is the file again, also beside -o; the JSON is idempotent."""
    done = run("report", "r.json", "--format", "json", "-o", "again.html", "-q")

    assert done.out == results.read_text()
    assert Path("again.html").read_bytes() == Path("r.html").read_bytes()
    assert done.err == ""


def test_standard_input_is_a_report_too(run: Runner, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads it, and messages call it <stdin>."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(results.read_bytes())))
    assert run("report", "-", "--format", "json").out == results.read_text()

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    done = run("report", "-")
    assert (done.status, done.out) == (2, "")
    assert done.err == "<stdin>: schema_version: is missing; a report of gradaudit has it\n"


def test_what_cannot_be_read_is_exit_2(run: Runner, results: Path, folder: Path) -> None:
    """A message that names the field, no traceback, and nothing written."""
    document = json.loads(results.read_text())
    document["reports"][0]["findings"][0]["severity"] = "fatal\x1b[31m"
    (folder / "bad.json").write_text(json.dumps(document))

    done = run("report", "bad.json", "-o", "bad.html")

    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("bad.json: reports[0].findings[0].severity: 'fatal")
    assert done.err.count("\n") == 1
    assert "\x1b" not in done.err
    assert not Path("bad.html").exists()
    assert run("report", "model.yaml").err == "model.yaml:1:1: is no JSON report: expecting value\n"
    assert run("report", "none.json").err == "none.json: there is no such file\n"


def test_the_report_itself_is_not_overwritten(run: Runner, results: Path) -> None:
    """-o must not name what is read."""
    before = results.read_bytes()

    assert run("report", "r.json", "-o", "./r.json").status == 2
    assert results.read_bytes() == before


@pytest.mark.parametrize("command", [("check", "model.yaml"), ("report", "r.json")])
def test_a_look_of_one_s_own(run: Runner, results: Path, folder: Path, command: tuple[str, ...]) -> None:
    """--template takes what the folder holds, on both commands; a fault in it is told before anything is done."""
    look = folder / "look"
    look.mkdir()
    (look / "report.html.j2").write_text(
        '{% extends "gradaudit/report.html.j2" %}{% block footer %}<footer>ACME</footer>{% endblock %}'
    )

    done = run(*command, "-o", "own.html", "--template", "look", "-q")
    assert done.status == (1 if command[0] == "check" else 0), done.err
    assert "<footer>ACME</footer>" in Path("own.html").read_text()

    (look / "report.html.j2").write_text("\n{% if %}")
    done = run(*command, "-o", "bad.html", "-o", "bad.pdf", "--template", "look")
    assert (done.status, done.out) == (2, "")
    assert done.err == "look/report.html.j2:2: Expected an expression, got 'end of statement block'\n"

    (look / "report.html.j2").write_text("\n{{ page.nothing }}")
    done = run(*command, "-o", "bad.html", "--template", "look", "-q")
    assert done.status == 2
    assert done.err.startswith("bad.html: look/report.html.j2:2: 'gradaudit.formats.page.view.Page object' has no")
    assert not Path("bad.html").exists()
