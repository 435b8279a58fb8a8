"""An audit is recalled as long as everything that it read is the same, and no longer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gradaudit.cli.cache import AUDIT, Kept, Question, Store, recall, remember
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import Model, ModelReport, Settings
from gradaudit.files.opening import read_file, recorded

REPORT = ModelReport(
    Model("model", "model.yaml", 3, 2, ()),
    Settings(),
    "healthy",
    "It learns.",
    (),
    Measurements({}),
    rules=("plateau",),
)
KEPT = Kept((REPORT,), ("warning",))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty one; the working directory has a spec and the rows that it names."""
    monkeypatch.chdir(tmp_path)
    Path("model.yaml").write_text("layers: [2, 1]")
    Path("rows.csv").write_text("1,2")
    return Store(tmp_path / ".gradaudit_cache", tmp_path / "home" / "key")


def question(source: str = "model.yaml", *settings: str) -> Question:
    """An audit of the spec."""
    return Question(source, None, settings)


def audit(store: Store, asked: Question, *read: str) -> None:
    """What reads these files and ends in KEPT."""
    before = asked.name
    with recorded() as opened:
        for file in read:
            read_file(file, 100, "a file")
    remember(store, asked, before, KEPT, AUDIT, opened)


def test_what_was_kept_comes_back_equal(store: Store) -> None:
    """The reports, and what their specs say of the exit status."""
    audit(store, question(), "model.yaml", "rows.csv")

    assert recall(store, question(), AUDIT) == KEPT


@pytest.mark.parametrize("file", ["model.yaml", "rows.csv"])
def test_another_content_is_another_audit(store: Store, file: str) -> None:
    """Of the spec, and of what it names; the old content finds the old entry."""
    audit(store, question(), "model.yaml", "rows.csv")
    before = Path(file).read_text()

    Path(file).write_text(before + "0")
    assert recall(store, question(), AUDIT) is None
    Path(file).write_text(before)
    assert recall(store, question(), AUDIT) == KEPT


def test_another_setting_is_another_audit(store: Store) -> None:
    """Also where its words could be read as two."""
    audit(store, question("model.yaml", "ab", "c"), "model.yaml")

    assert recall(store, question("model.yaml", "a", "bc"), AUDIT) is None
    assert recall(store, question("model.yaml", "ab", "c"), AUDIT) == KEPT


def test_another_gradaudit_is_another_audit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its code and its libraries are a part of the question."""
    audit(store, question(), "model.yaml")
    monkeypatch.setattr("gradaudit.cli.cache.identity.code_hash", lambda: "newer")

    assert recall(store, question(), AUDIT) is None


def test_a_file_that_is_gone_is_no_answer(store: Store) -> None:
    """The audit will say so."""
    audit(store, question(), "model.yaml", "rows.csv")
    Path("rows.csv").unlink()

    assert recall(store, question(), AUDIT) is None


def test_what_changed_while_it_was_measured_is_not_kept(store: Store) -> None:
    """Nobody knows which of the two contents was read."""
    asked = question()
    before = asked.name
    with recorded() as opened:
        read_file("rows.csv", 100, "rows")
    Path("rows.csv").write_text("3,4,5")
    remember(store, asked, before, KEPT, AUDIT, opened)

    assert recall(store, asked, AUDIT) is None
    assert not store.folder.exists()


def test_what_code_makes_is_not_kept(store: Store) -> None:
    """What it reads cannot be known."""
    Path("own.py").write_text("")
    for source in ("own.py:net", "package.module:net"):
        audit(store, question(source), "own.py")

    assert not store.folder.exists()


def test_what_does_not_come_back_equal_is_not_kept(store: Store) -> None:
    """A field that the JSON format does not carry must not be lost without a word."""
    asked, odd = question(), replace(REPORT, rules=["plateau"])  # type: ignore[arg-type]
    remember(store, asked, asked.name, Kept((odd,), ("",)), AUDIT, ())

    assert not store.folder.exists()


def test_the_files_that_count_are_those_that_were_opened(store: Store) -> None:
    """Inside, by whoever opens them; a record that has ended hears of nothing more."""
    with recorded() as outer:
        with recorded() as inner:
            read_file("rows.csv", 100, "rows")
        read_file("model.yaml", 100, "a spec")

    assert [each.path for each in inner] == ["rows.csv"]
    assert [each.path for each in outer] == ["rows.csv", "model.yaml"]
