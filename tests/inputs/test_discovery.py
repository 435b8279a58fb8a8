from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit.inputs import discover
from gradaudit.inputs.discovery import Discovery, is_spec

SPEC = "layers: [2, 1]\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of specs and of much else, which is the working directory."""
    files = {
        "b.yaml": SPEC,
        "a.yml": SPEC,
        "sub/c.json": '{"name": "x", "layers": [2, 1]}',
        "sub/keras.json": '{"class_name": "Sequential", "config": {"layers": []}}',
        "sub/other.yaml": "services: {layers: [1]}\n",
        "sub/list.yaml": "- layers: [2, 1]\n",
        "sub/mapping.yaml": "layers: {a: 1}\n",
        "package.json": '{"name": "x"}',
        "notes.txt": SPEC,
        ".hidden/d.yaml": SPEC,
        "venv/pyvenv.cfg": "",
        "venv/lib/e.yaml": SPEC,
        "web/node_modules/f.yaml": SPEC,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def messages(found: Discovery) -> list[str]:
    """The failures as they are printed."""
    return [str(problem) for problem in found.failures]


def test_a_folder_is_looked_through(here: Path) -> None:
    """Specs and Keras files are sources, sorted; hidden folders, environments and node_modules are skipped."""
    found = discover(["."])

    assert found.sources == ("a.yml", "b.yaml", "sub/c.json", "sub/keras.json")
    assert found.passed_over == ("package.json", "sub/list.yaml", "sub/mapping.yaml", "sub/other.yaml")
    assert found.failures == ()


@pytest.mark.parametrize(
    ("pattern", "sources"),
    [
        ("*.yaml", ("b.yaml",)),
        ("**/*.json", ("sub/c.json", "sub/keras.json")),
        ("s*", ("sub/c.json", "sub/keras.json")),
        ("**", ("a.yml", "b.yaml", "sub/c.json", "sub/keras.json")),
        ("**/*.yaml", ("b.yaml",)),
        ("[ab].y*ml", ("a.yml", "b.yaml")),
    ],
)
def test_globs_are_expanded_and_sifted_as_folders_are(here: Path, pattern: str, sources: tuple[str, ...]) -> None:
    """A pattern stands for the sources that match, and those in folders that match."""
    assert discover([pattern]).sources == sources


def test_a_source_is_taken_once(here: Path) -> None:
    """The same file under several spellings keeps the place and spelling of the first."""
    found = discover(["sub/../b.yaml", "b.yaml", str(here / "a.yml"), ".", "-", "-"])

    assert found.sources == ("sub/../b.yaml", str(here / "a.yml"), "sub/c.json", "sub/keras.json", "-")


def test_a_named_file_is_a_source_whatever_is_in_it(here: Path) -> None:
    """Only folders and globs pass files over: a named one is to be told its faults."""
    assert discover(["package.json", "mod.py:model", "-"]).sources == ("package.json", "mod.py:model", "-")


def test_a_file_that_looks_like_a_pattern_is_that_file(here: Path) -> None:
    """A literal name goes before the pattern that it could be."""
    (here / "m[1].yaml").write_text(SPEC)

    assert discover(["m[1].yaml"]).sources == ("m[1].yaml",)


def test_what_stands_for_nothing_is_told_while_others_go_on(here: Path) -> None:
    """Missing files, foreign files, empty folders and patterns are one failure each, beside the sources."""
    (here / "empty").mkdir()
    (here / "diary.txt").write_text("nothing happened")
    found = discover(["none.yaml", "b.yaml", "diary.txt", "empty", "*.onnx", "web", "nothing", "s*/o*", "a\0.yaml"])

    assert found.sources == ("b.yaml",)
    assert [message.split(";")[0] for message in messages(found)] == [
        "none.yaml: there is no such file",
        "diary.txt: no kind of source by its name, nor by its first bytes",
        "empty: no source in it",
        "*.onnx: nothing matches",
        "web: no source in it",
        "nothing: there is no such file or folder",
        "s*/o*: no source in it (1 YAML or JSON files without a `layers` list were passed over)",
        "a\0.yaml: there is no such file",
    ]


def test_hidden_folders_may_be_named(here: Path) -> None:
    """What is skipped on the way is a source where it is asked for."""
    assert discover([".hidden"]).sources == (".hidden/d.yaml",)
    assert discover([".hidden/*.yaml"]).sources == (".hidden/d.yaml",)


def test_symlinked_folders_do_not_loop(here: Path) -> None:
    """A link to the folder above is not followed."""
    (here / "sub" / "up").symlink_to(here, target_is_directory=True)

    assert discover(["."]).sources == ("a.yml", "b.yaml", "sub/c.json", "sub/keras.json")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SPEC, True),
        ("name: a\nlayers:\n- 2\n", True),
        ("layers: [2, 1]\nname: [\n", True),
        ("name: [\nlayers: [2, 1]\n", True),
        ("name:\tx\n\tlayers: [2]\n", True),
        ("layers: 3\n", False),
        ("layers: []\n", True),
        ("layers: [2, {name: residual, layers: [8]}, 1]\n", True),
        ("layers:\n- {name: first, units: x}\n", True),
        ("layers:\n- {name: base, image: x}\n- {name: units}\n", False),
        ("layers: [{type: fill, paint: {units: 3}}]\nversion: 8\n", False),
        ("layers: [roads, rivers]\n", False),
        ("a: {layers: [2]}\n", False),
        ("? [layers]\n: [2]\n", False),
        ("a: layers\nb: [1]\n", False),
        ("a: *x\nb: [", False),
        ("", False),
        ("class_name: x\n", False),
        ("[" * 100_000, False),
    ],
)
def test_what_is_taken_for_a_spec(tmp_path: Path, text: str, expected: bool) -> None:
    """A mapping with a `layers` list is one, and a broken file that has such a line."""
    (tmp_path / "m.yaml").write_text(text)

    assert is_spec(str(tmp_path / "m.yaml")) is expected


def test_binary_and_huge_files_are_none(tmp_path: Path) -> None:
    """A file that is no UTF-8, or larger than a spec may be, is passed over."""
    (tmp_path / "a.yaml").write_bytes(b"layers: [2]\n\xff")
    (tmp_path / "b.yaml").write_text(SPEC + "#" * (1 << 20))

    assert not is_spec(str(tmp_path / "a.yaml"))
    assert not is_spec(str(tmp_path / "b.yaml"))


def test_a_file_of_an_unknown_name_is_looked_into(here: Path) -> None:
    """Where it is named; a folder's are not."""
    assert discover(["notes.txt"]).sources == ("notes.txt",)
    assert "notes.txt" not in discover(["."]).sources


def test_models_in_a_folder_that_are_not_read_are_counted_by_reason(here: Path) -> None:
    """With what to do about them; so are they where nothing else is in it."""
    (here / "torch").mkdir()
    for name in ("a.pt", "b.pth", "c.tflite"):
        (here / "torch" / name).write_bytes(b"")
    found = discover([".", "torch"])
    assert [(said.split(",")[0], count) for said, count in found.left_out] == [
        ("a PyTorch file", 4),
        ("a TFLite model", 2),
    ]
    assert "no source in it; 2 files are each a PyTorch file" in messages(found)[-1]
