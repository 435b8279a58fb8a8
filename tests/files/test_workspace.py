from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit.files.workspace import fault_of_link, fault_of_named


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A CI job's, with a secret beside it and links to both."""
    here = tmp_path / "work"
    (here / "models").mkdir(parents=True)
    for file in (here / "models/a.yaml", tmp_path / "secret"):
        file.write_text("x")
    (here / "in").symlink_to("models/a.yaml")
    (here / "out").symlink_to(tmp_path / "secret")
    (here / "up").symlink_to(tmp_path)
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GRADAUDIT_OUTSIDE_FILES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GRADAUDIT_WORKSPACE", str(here))
    monkeypatch.chdir(here)
    return here


@pytest.mark.usefixtures("workspace")
def test_links_that_leave_the_workspace_are_faults() -> None:
    """A link, a folder that is one, a link to a link; those that stay inside are none."""
    assert [fault_of_link(path) for path in ("models/a.yaml", "in", "./models/../in")] == [None] * 3
    for path in ("out", "up/secret", "models/../out", "up/work/out"):
        assert "leads out of the workspace" in str(fault_of_link(path)), path


def test_a_caller_may_name_files_outside(workspace: Path) -> None:
    """What the workflow itself names is trusted, what is linked there is not."""
    (workspace.parent / "to-root").symlink_to("/etc/hostname")

    assert fault_of_link(str(workspace.parent / "secret")) is None
    assert fault_of_link("../secret") is None
    assert fault_of_link("../to-root") is not None


def test_paths_in_a_spec_stay_in_the_workspace_or_beside_the_spec(workspace: Path) -> None:
    """Absolute, upward and linked ones are faults, wherever the spec lies."""
    assert fault_of_named("models/a.yaml", "models") is None
    assert fault_of_named("models/../in", "models") is None
    assert fault_of_named(str(workspace.parent / "secret"), str(workspace.parent)) is None
    for path in (str(workspace.parent / "secret"), "models/../../secret", "up/secret", "out", "/etc/hostname"):
        assert "leads out of the workspace" in str(fault_of_named(path, "models")), path


@pytest.mark.parametrize(("name", "value"), [("GRADAUDIT_OUTSIDE_FILES", "true"), ("CI", "")])
@pytest.mark.usefixtures("workspace")
def test_elsewhere_and_where_it_is_allowed_nothing_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """One's own machine is no CI, and an input of the Action allows it there."""
    monkeypatch.setenv(name, value)

    assert fault_of_link("out") is None
    assert fault_of_named("/etc/hostname", "models") is None


def test_without_a_variable_the_checkout_is_the_workspace(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest folder with `.git`, from the working directory up, else that itself."""
    monkeypatch.delenv("GRADAUDIT_WORKSPACE")
    monkeypatch.chdir(workspace / "models")

    assert fault_of_named("../in", "") is None
    assert fault_of_named("../../work/out", "") is not None
    (workspace / "b").write_text("x")
    assert fault_of_named("../b", "") is not None
    (workspace / ".git").mkdir()
    assert fault_of_named("../b", "") is None
