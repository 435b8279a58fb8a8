"""Entries come back whole where this person wrote them, and no others: a project's folder may come from anywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gradaudit.cli.cache import Store, usual_store
from gradaudit.cli.cache import store as storing

NAME, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """With one entry."""
    kept = Store(tmp_path / "project", tmp_path / "home" / "key")
    kept.write(NAME, b'{"verdict": "error"}')
    return kept


def entry(store: Store, name: str = NAME) -> Path:
    """The file of an entry."""
    return store.folder / f"{name}.json"


def test_an_entry_comes_back_and_git_does_not_see_it(store: Store) -> None:
    """With what tells git and backups to pass the folder over; nothing else is left there."""
    assert store.read(NAME) == b'{"verdict": "error"}'
    assert {each.name for each in store.folder.iterdir()} == {f"{NAME}.json", ".gitignore", "CACHEDIR.TAG"}
    assert (store.folder / ".gitignore").read_text().endswith("\n*\n")
    assert (store.folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def test_an_entry_of_another_person_is_not_believed(store: Store, tmp_path: Path) -> None:
    """A cloned repository brings its author's entries; they bear the mark of another key."""
    mine = Store(store.folder, tmp_path / "mine" / "key")

    assert mine.read(NAME) is None
    mine.write(OTHER, b"{}")
    assert mine.read(OTHER) == b"{}"
    assert mine.read(NAME) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole.replace(b"error", b"healthy"),
        lambda whole: whole.split(b"\n", 1)[1],
        lambda _: b"",
        lambda _: b"[" * 100_000,
        lambda whole: whole + b" " * storing.MAX_ENTRY,
    ],
    ids=["half written", "forged", "without its mark", "empty", "deep", "huge"],
)
def test_a_damaged_entry_is_none(store: Store, damage: object) -> None:
    """Whatever was done to its bytes, and a new one takes its place."""
    assert callable(damage)
    entry(store).write_bytes(damage(entry(store).read_bytes()))

    assert store.read(NAME) is None
    store.write(NAME, b"{}")
    assert store.read(NAME) == b"{}"


def test_an_entry_under_another_name_is_none(store: Store) -> None:
    """A verdict that is true of another model."""
    entry(store).rename(entry(store, OTHER))

    assert store.read(OTHER) is None


def test_a_link_in_the_place_of_an_entry_leads_nowhere(store: Store, tmp_path: Path) -> None:
    """It is neither read nor written through, but replaced."""
    foreign = tmp_path / "foreign.txt"
    foreign.write_text("mine")
    entry(store).unlink()
    entry(store).symlink_to(foreign)

    assert store.read(NAME) is None
    store.write(NAME, b"{}")
    assert foreign.read_text() == "mine"
    assert store.read(NAME) == b"{}"
    assert not entry(store).is_symlink()


def test_a_folder_that_is_a_link_is_no_cache(store: Store, tmp_path: Path) -> None:
    """Nothing is written where a stranger's link leads, and nothing removed there."""
    elsewhere, link = tmp_path / "elsewhere", tmp_path / "link"
    elsewhere.mkdir()
    link.symlink_to(elsewhere)
    linked = Store(link, store.key_file)

    linked.write(NAME, b"{}")

    assert linked.read(NAME) is None
    assert list(elsewhere.iterdir()) == []


def test_what_is_in_the_way_is_no_error(store: Store, tmp_path: Path) -> None:
    """A folder in an entry's place, a file in the folder's place, a folder in the key's: nothing is kept there."""
    entry(store, OTHER).mkdir()
    file = tmp_path / "file"
    file.write_text("")
    stores = Store(store.folder, store.key_file), Store(file, store.key_file), Store(tmp_path / "new", store.folder)

    for each in stores:
        each.write(OTHER, b"{}")
        assert each.read(OTHER) is None
    assert not list(store.folder.glob("*.tmp"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_write_protected_folder_is_no_error(store: Store) -> None:
    """What is in it is read; nothing more is kept."""
    store.folder.chmod(0o500)
    try:
        store.write(OTHER, b"{}")

        assert store.read(NAME) is not None
        assert store.read(OTHER) is None
    finally:
        store.folder.chmod(0o700)


def test_the_oldest_entries_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By when they were used last; files that are no entries stay, whatever their size."""
    (store.folder / "notes.json").write_bytes(b" " * 5000)
    store.write(OTHER, b"{}")
    os.utime(entry(store), ns=(1, 1))
    os.utime(entry(store, OTHER), ns=(2, 2))
    assert store.read(NAME) is not None  # so it is the younger one now
    monkeypatch.setattr(storing, "MAX_BYTES", 1000)

    store.write("c" * 64, b" " * 700)

    assert [store.read(name) is not None for name in (NAME, OTHER, "c" * 64)] == [True, False, True]
    assert (store.folder / "notes.json").exists()


def test_a_key_of_the_wrong_length_is_made_anew(store: Store) -> None:
    """It was cut off while it was written; what it vouched for is measured again."""
    store.key_file.write_bytes(b"short")

    assert store.read(NAME) is None
    store.write(NAME, b"{}")
    assert store.read(NAME) == b"{}"
    assert len(store.key_file.read_bytes()) == storing.KEY_BYTES


def test_the_key_lies_outside_of_the_project(tmp_path: Path) -> None:
    """A clone brings the folder, never the key."""
    found = usual_store(tmp_path / "project", {"XDG_CACHE_HOME": str(tmp_path / "home")})

    assert found == Store(tmp_path / "project" / ".gradaudit_cache", tmp_path / "home" / "gradaudit" / "key")


def test_a_relative_home_is_none(tmp_path: Path) -> None:
    """As the XDG specification has it; it would lie in the project."""
    found = usual_store(tmp_path, {"XDG_CACHE_HOME": "cache"})

    assert found is not None
    assert found.key_file == Path.home() / ".cache" / "gradaudit" / "key"


@pytest.mark.parametrize("named", ["here", "link"])
def test_in_ci_a_named_folder_in_the_workspace_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    """It could have come with the pull request, key and all; on one's own machine it is one's own word."""
    workspace, outside = tmp_path / "workspace", tmp_path / "outside"
    workspace.mkdir()
    (tmp_path / "link").symlink_to(workspace)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(workspace))
    place = workspace / "cache" if named == "here" else tmp_path / "link" / "cache"

    assert usual_store(workspace, {"CI": "true", "GRADAUDIT_CACHE_DIR": str(place)}) is None
    assert usual_store(workspace, {"GRADAUDIT_CACHE_DIR": str(place)}) == Store(place, place / "key")
    assert usual_store(workspace, {"CI": "true", "GRADAUDIT_CACHE_DIR": str(outside)}) == Store(
        outside, outside / "key"
    )
