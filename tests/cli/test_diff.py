"""`gradaudit diff` of two reports or sources."""

from __future__ import annotations

import json
from pathlib import Path

from gradaudit.domain.findings import Severity
from tests.cli.conftest import LEARNS, finding


def test_two_reports_are_compared_without_measuring(run, spec, pipeline) -> None:
    """A new error is status 1, the other way round 0; nothing is audited for it."""
    run("check", "model.yaml", "-o", "base.json", "-q")
    pipeline.findings = (finding(),)
    run("check", "model.yaml", "-o", "head.json", "-q")
    pipeline.calls.clear()

    worse, better = run("diff", "base.json", "head.json"), run("diff", "head.json", "base.json")

    assert (worse.status, better.status, pipeline.calls) == (1, 0, [])
    assert worse.out.startswith("model (model.yaml): worse (healthy -> error)\n  new      model.yaml:2:13: error[")
    assert "gone     error[vanishing-gradient] the signal dies" in better.out
    assert run("diff", "base.json", "head.json", "--fail-on", "never").status == 0


def test_the_level_decides(run, spec, pipeline) -> None:
    """A new warning is a regression, but where errors alone are asked for."""
    run("check", "model.yaml", "-o", "base.json", "-q")
    pipeline.findings = (finding(Severity.WARNING),)
    run("check", "model.yaml", "-o", "head.json", "-q")

    assert run("diff", "base.json", "head.json").status == 1
    assert run("diff", "base.json", "head.json", "--fail-on", "error").status == 0


def test_a_model_is_measured_as_its_report_was(run, spec, sick) -> None:
    """A report beside a source: same seeds, so that they are pairs; the command line is above that."""
    run("check", "model.yaml", "-o", "base.json", "-q")
    sick.calls.clear()

    run("diff", "base.json", "model.yaml")
    run("diff", "base.json", "model.yaml", "--seed", "7")

    options = [call["options"] for call in sick.calls]
    assert [(o.seeds, o.seed, o.samples, o.effort) for o in options] == [
        (8, 0, 256, "standard"),
        (8, 7, 256, "standard"),
    ]


def test_two_folders_are_compared_file_by_file(run, folder: Path, sick) -> None:
    """A model's name in each is its path inside."""
    for name, text in (("old", LEARNS), ("new", LEARNS.replace("tanh", "relu"))):
        (folder / name).mkdir()
        (folder / name / "m.yaml").write_text(text)
        (folder / name / "n.yaml").write_text(LEARNS)

    done = run("diff", "old", "new")

    assert done.status == 1
    assert "m (m.yaml): worse" in done.out
    assert done.out.endswith("1 model worse, 0 better, 1 neither\n")


def test_options_without_use_are_refused(run, spec, pipeline) -> None:
    """Of two reports nothing is measured."""
    run("check", "model.yaml", "-o", "base.json", "-q")

    done = run("diff", "base.json", "base.json", "--seeds", "3")

    assert (done.status, done.out) == (2, "")
    assert "--seeds has no use" in done.err


def test_files_are_written_beside(run, spec, pipeline, folder: Path) -> None:
    """By suffix; a source is never overwritten."""
    run("check", "model.yaml", "-o", "base.json", "-q")

    done = run("diff", "base.json", "base.json", "-o", "d.json", "-o", "d.md")

    assert done.status == 0
    assert json.loads((folder / "d.json").read_text())["kind"] == "comparison"
    assert (folder / "d.md").read_text().startswith("### gradaudit diff: 0 models worse")
    assert run("diff", "base.json", "base.json", "-o", "base.json").status == 2


def test_failures_in_a_report_are_told(run, spec, pipeline) -> None:
    """What was not audited then cannot be compared now: status 2."""
    run("check", "model.yaml", "nowhere.yaml", "-o", "base.json", "-q")

    done = run("diff", "base.json", "base.json")

    assert done.status == 2
    assert "base.json: nowhere.yaml: there is no such file" in done.err
