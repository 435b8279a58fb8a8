"""Which models a change touches."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit.ci.plan import repository_path, select
from gradaudit.cli.git.repository import FileChange

MODELS = ("a.yaml", "deep/b.yaml", "net.py:model", "package.module:model")


def test_touched_models_with_their_old_names() -> None:
    """New ones have none, renamed ones another."""
    changes = (FileChange("a.yaml", "a.yaml"), FileChange("deep/b.yaml", "old/b.yaml"), FileChange("x.txt", ""))

    found = select(MODELS, changes, "")

    assert found.sources == ("a.yaml", "deep/b.yaml")
    assert found.before == {"a.yaml": "a.yaml", "deep/b.yaml": "old/b.yaml"}
    assert found.unchanged == 2
    assert select(("x.yaml",), (FileChange("x.yaml", ""),), "").before == {}


def test_any_code_may_matter_to_an_object() -> None:
    """A deleted helper too."""
    assert select(MODELS, (FileChange("", "helper.py"),), "").sources == ("net.py:model", "package.module:model")


def test_names_from_a_folder() -> None:
    """Changes are named from the repository's top, sources from the working directory."""
    changes = (FileChange("sub/a.yaml", "top.yaml"), FileChange("a.yaml", "a.yaml"), FileChange("b.yaml", "b.yaml"))

    found = select(("a.yaml", "../b.yaml"), changes, "sub/")

    assert found.sources == ("a.yaml", "../b.yaml")
    assert found.before == {"a.yaml": "../top.yaml", "../b.yaml": "../b.yaml"}


def test_an_absolute_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands for the same file."""
    monkeypatch.chdir(tmp_path)

    absolute = str(tmp_path / "a.yaml")

    assert repository_path(absolute, "sub/") == "sub/a.yaml"
    assert select((absolute,), (FileChange("sub/a.yaml", "sub/a.yaml"),), "sub/").before == {absolute: "a.yaml"}


def test_weights_belong_to_the_specs_that_name_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spec whose text has the changed file's name in it is looked at again."""
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("layers: [1, 1]\nweights: weights/w.npz\n")
    Path("b.yaml").write_text("layers: [1, 1]\n")

    assert select(("a.yaml", "b.yaml", "missing.yaml"), (FileChange("weights/w.npz", ""),), "").sources == ("a.yaml",)


def test_everything_where_that_is_asked_for() -> None:
    """Also what did not change, with its name before."""
    found = select(MODELS[:2], (FileChange("deep/b.yaml", "b.yaml"),), "", changed_only=False)

    assert found.sources == MODELS[:2]
    assert found.before == {"a.yaml": "a.yaml", "deep/b.yaml": "b.yaml"}
