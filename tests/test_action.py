"""The GitHub Action and our own workflows: what their files promise; what they do is in tests/ci."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FILES = [ROOT / "action.yml", *WORKFLOWS]


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
        if not re.fullmatch(r"uses: (\./\s.*|[\w-]+(?:/[\w-]+)+@[0-9a-f]{40}  # v\d+\.\d+\.\d+)", line.strip())
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


def test_the_action_s_own_steps_use_what_exists() -> None:
    """Each input, and each output of a step, that action.yml names is there; each input is used and described."""
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    action = yaml.safe_load(text)
    identities = {step.get("id") for step in action["runs"]["steps"]}

    assert set(re.findall(r"inputs\.([\w-]+)", text)) == action["inputs"].keys()
    assert {step for step, _ in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", text)} <= identities
    assert all(each["description"] for each in (*action["inputs"].values(), *action["outputs"].values()))


def test_the_workflows_that_we_show_use_inputs_that_exist() -> None:
    """Every workflow in the README, and the one that `init` writes, gives the action what it takes."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    texts = re.findall(r"^```yaml\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    texts.append((ROOT / "templates" / "init" / "workflow.yml").read_text(encoding="utf-8").replace("{version}", "1"))
    jobs = [job for text in texts for job in yaml.safe_load(text).get("jobs", {}).values()]
    used = [step for job in jobs for step in job["steps"] if step["uses"].startswith("gradaudit/")]

    assert len(used) == 2
    assert {key for step in used for key in step["with"]} <= action["inputs"].keys()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_our_workflows_may_do_little(path: Path) -> None:
    """No workflow has a permission by default, none keeps a token on disk, and each job ends at some time."""
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]

    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    assert all("timeout-minutes" in job and "permissions" in job for job in workflow["jobs"].values())
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
