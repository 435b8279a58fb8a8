"""The GitHub Action: what its files promise, and what its one script of substance does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FILES = [ROOT / "action.yml", *WORKFLOWS]
# Stands for the installed program: says what it was given, writes what it was asked for, finds something.
PROGRAM = """#!/bin/sh
for argument; do printf '<%s>\\n' "$argument"; done
while [ $# -gt 0 ]; do
    if [ "$1" = -o ]; then echo report > "$2"; fi
    shift
done
exit 1
"""


def steps(path: Path) -> list[dict[str, Any]]:
    """Every step of a workflow or of the action."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    jobs = content["jobs"].values() if "jobs" in content else [content["runs"]]
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_expression_reaches_a_shell(path: Path) -> None:
    """What a caller says reaches scripts through the environment, never as a part of their text."""
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_of_others_are_pinned(path: Path) -> None:
    """Each action is named by its commit, with its version beside it; our own by its path."""
    loose = [
        line.strip()
        for line in re.findall(r"uses: .*", path.read_text(encoding="utf-8"))
        if not re.fullmatch(r"uses: (\./\s.*|[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+)", line.strip())
    ]

    assert loose == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_our_workflows_use_inputs_that_exist(path: Path) -> None:
    """Each input and output that our workflows name is one of action.yml's."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    given = {key for step in steps(path) if step.get("uses") == "./" for key in step.get("with", {})}
    read = set(re.findall(r"steps\.gradaudit\.outputs\.([\w-]+)", path.read_text(encoding="utf-8")))

    assert given <= action["inputs"].keys()
    assert read <= action["outputs"].keys()


class Runner:
    """A runner's machine, as far as the audit step sees it."""

    def __init__(self, folder: Path) -> None:
        """In an empty folder."""
        self.folder = folder
        self.output = folder / "output"
        self.workspace = folder / "workspace"
        (self.workspace / "my models").mkdir(parents=True)
        program = folder / "bin" / "gradaudit"
        program.parent.mkdir()
        program.write_text(PROGRAM)
        program.chmod(0o755)
        (folder / "bin" / "python").symlink_to(sys.executable)

    def audit(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Runs the step with these inputs, beside the action's defaults."""
        defaults = {"PATHS": ".", "FAIL_ON": "error", "REPORT": "html", "WORKING_DIRECTORY": "."}
        runner = {"BIN": str(self.folder / "bin"), "RUNNER_TEMP": str(self.folder), "GITHUB_OUTPUT": str(self.output)}
        return subprocess.run(
            ["bash", str(ROOT / ".github" / "audit.sh")],
            cwd=self.workspace,
            env={**os.environ, **runner, **defaults, **inputs},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs that the step has set."""
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A fresh machine."""
    return Runner(tmp_path)


def test_each_line_of_paths_is_one_source(runner: Runner) -> None:
    """Blanks, wildcards, dashes and shell code in an input arrive as they are, and nothing of them is run."""
    paths = "my models/a.yaml\n*.yaml\n\n--unsafe-load\n$(touch ran) `touch ran`; touch ran\n"

    done = runner.audit(PATHS=paths, FAIL_ON="$(touch ran)")

    after = done.stdout.splitlines()[done.stdout.splitlines().index("<-->") + 1 :]
    assert after == [f"<{line}>" for line in paths.splitlines() if line]
    assert done.stdout.splitlines()[:3] == ["<check>", "<--fail-on>", "<$(touch ran)>"]
    assert not list(runner.folder.rglob("ran"))


def test_the_exit_status_and_the_reports_are_kept(runner: Runner) -> None:
    """The step fails as gradaudit does, after it has said where the reports are."""
    done = runner.audit(REPORT="html, json")

    outputs = runner.outputs
    assert done.returncode == 1
    assert outputs["status"] == "1"
    assert Path(outputs["html"]).read_text() == Path(outputs["json"]).read_text() == "report\n"
    assert Path(outputs["html"]).parent == Path(outputs["folder"])


def test_no_report_no_artifact(runner: Runner) -> None:
    """Where no report is asked for, nothing is there to be uploaded."""
    runner.audit(REPORT="")

    assert runner.outputs == {"status": "1", "folder": ""}


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"PATHS": "\n"}, "paths is empty"),
        ({"REPORT": "html,docx"}, "html, pdf and json"),
        ({"WORKING_DIRECTORY": "nowhere"}, "working-directory"),
    ],
)
def test_an_impossible_input_is_refused(runner: Runner, inputs: dict[str, str], words: str) -> None:
    """An input that makes no sense is an error in one line, with the exit status of bad usage."""
    done = runner.audit(**inputs)

    assert done.returncode == 2
    assert runner.outputs["status"] == "2"
    assert [line for line in done.stdout.splitlines() if line.startswith("::error") and words in line]
