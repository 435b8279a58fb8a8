"""An unchanged model is answered from the cache: the same bytes, the same status, and nothing is measured."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gradaudit.domain.findings import Finding, Severity

SPEC = "layers: [2, 8, 1]\nactivation: sigmoid\nloss: mse\n"
FILES = ("a.json", "a.html", "a.md")


@pytest.fixture
def cached(folder: Path, monkeypatch: pytest.MonkeyPatch, pipeline):
    """A command line that may keep things, and a sick model."""
    monkeypatch.delenv("GRADAUDIT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "home"))
    (folder / "model.yaml").write_text(SPEC)
    pipeline.findings = (
        Finding("vanishing-gradient", Severity.ERROR, "it dies", "sigmoid", {"measured": 1.9e-7, "limit": 1e-3}),
    )
    return pipeline


def test_an_unchanged_model_is_answered_with_the_same_bytes(run, cached) -> None:
    """On standard output, in files and as the exit status; the model is measured once."""
    arguments = ["check", "model.yaml", "-q", *(part for file in FILES for part in ("-o", file))]
    first = run(*arguments)
    files = [Path(file).read_bytes() for file in FILES]

    again = run(*arguments)

    assert (again, first.status) == (first, 1)
    assert [Path(file).read_bytes() for file in FILES] == files
    assert len(cached.calls) == 1


@pytest.mark.parametrize(
    "changed",
    [
        lambda: Path("model.yaml").write_text(f"{SPEC}l2: 0.1\n"),
        lambda: Path("pyproject.toml").write_text("[tool.gradaudit]\nseeds = 3\n"),
        lambda: Path("pyproject.toml").write_text("[tool.gradaudit.rules.dead-units]\nfraction = 0.2\n"),
        lambda: shutil.rmtree(".gradaudit_cache"),
    ],
    ids=["spec", "settings", "thresholds", "nothing kept"],
)
def test_a_changed_model_is_measured_again(run, cached, changed) -> None:
    """Whatever of it has changed, and then once more no longer."""
    run("check", "model.yaml")
    changed()

    run("check", "model.yaml")
    run("check", "model.yaml")

    assert len(cached.calls) == 2


def test_options_that_measure_alike_share_an_entry(run, cached) -> None:
    """What fails and what is shown is decided each time."""
    statuses = [
        run("check", "model.yaml", *more).status for more in ([], ["-v"], ["--fail-on", "never"], ["--color", "always"])
    ]

    assert statuses == [1, 1, 0, 1]
    assert len(cached.calls) == 1


def test_a_spec_says_what_fails_from_the_cache_too(run, cached) -> None:
    """Its `audit.fail_on` is kept beside its report."""
    Path("model.yaml").write_text(f"{SPEC}audit: {{fail_on: never}}\n")

    assert [run("check", "model.yaml").status for _ in range(2)] == [0, 0]
    assert len(cached.calls) == 1


def test_no_cache_measures_and_keeps_nothing(run, cached) -> None:
    """Neither the folder nor the key is made."""
    run("check", "model.yaml", "--no-cache")

    assert not Path(".gradaudit_cache").exists()
    assert not Path("home").exists()


def test_what_broke_is_not_kept(run, cached) -> None:
    """It is tried again."""
    cached.raises["model"] = RuntimeError("odd")
    assert run("check", "model.yaml").status == 3
    cached.raises.clear()

    assert run("check", "model.yaml").status == 1


def test_a_poisoned_clone_is_measured(run, cached, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that brings a cache of its own, which says that all is well."""
    sick = cached.findings
    cached.findings = ()
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("attacker").resolve()))
    assert run("check", "model.yaml").status == 0
    cached.findings = sick
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("home").resolve()))

    assert run("check", "model.yaml").status == 1


def test_diff_finds_the_state_before_in_the_cache(run, cached) -> None:
    """A commit's files lie elsewhere each time; their content is the same."""
    git = ("git", "-c", "user.name=n", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "model.yaml"), ("commit", "-qm", "first")):
        subprocess.run([*git, *words], check=True, capture_output=True)
    Path("model.yaml").write_text(f"{SPEC}l2: 0.1\n")

    first, again = run("diff", "HEAD"), run("diff", "HEAD")

    assert first == again
    assert len(cached.calls) == 2
    assert cached.findings[0].severity is Severity.ERROR
