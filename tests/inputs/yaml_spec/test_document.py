from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import GradauditError, InputError, Location, SpecError
from gradaudit.inputs.yaml_spec.document import from_document


def test_every_path_has_the_place_of_its_value_and_key(model: Callable[[str], ModelSpec]) -> None:
    """Lines and key lines lead from spec paths into the file; an alias is located where it is written."""
    spec = model(
        "layers:\n- 2\n- units: 3\n  init: &a {name: normal, std: 1}\n- {units: 1, init: *a}\noptimizer: adam\n"
    )
    at = {path: (place.line, place.column) for path, place in spec.lines.items()}
    keys = {path: (place.line, place.column) for path, place in spec.key_lines.items()}

    assert at[""] == (1, 1)
    assert at["layers[1]"] == (3, 3)
    assert at["layers[1].init.std"] == (4, 32)
    assert at["layers[2].init"] == (5, 20)
    assert at["optimizer"] == (6, 12)
    assert keys["optimizer"] == (6, 1)
    assert keys["layers[2].init"] == (5, 14)
    assert spec.locate("optimizer.learning_rate") == Location("<stdin>", 6, 12)


def test_a_dict_is_read_as_a_file_is() -> None:
    """Python's own values, NumPy's numbers, tuples and paths stand for what they are."""
    spec = from_document(
        {
            "layers": (np.int64(4), {"units": 3, "bias": np.bool_(False)}),
            "l2": np.float32(0.5),
            "data": {"name": "npz", "path": Path("d") / "x.npz"},
        },
        "here",
    )

    assert (spec.name, spec.source, spec.inputs) == ("model", "here", 4)
    assert spec.layers == (DenseSpec(3, bias=False),)
    assert spec.l2 == 0.5
    assert spec.data.get("path") == str(Path("d/x.npz"))


def test_a_dict_is_told_its_faults_without_lines() -> None:
    """The message names the source and the path."""
    with pytest.raises(SpecError) as caught:
        from_document({"layers": [2, 3], "activation": "sigmod"})

    assert str(caught.value) == "<dict>: activation: 'sigmod' is no activation; did you mean 'sigmoid'?"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"layers": [2, 10**30]}, "a whole number of more than 20 digits"),
        ({"layers": [2, 3], 4: 5}, "4 is no key"),
        ({"layers": [2, object()]}, "a value of type object cannot stand in a spec"),
        ({"layers": [2, float("nan")]}, "nan is not finite"),
        ({}, "'layers' is missing"),
    ],
)
def test_a_dict_with_what_no_spec_can_hold(document: dict[str, object], message: str) -> None:
    """What a file could not say is refused in a dict too."""
    with pytest.raises(SpecError, match=message):
        from_document(document)


def test_a_dict_that_contains_itself_ends_in_a_message() -> None:
    """Recursion is bounded as depth is in a file."""
    document: dict[str, object] = {"layers": [2, 3]}
    document["audit"] = document

    with pytest.raises(SpecError, match="nested more than 32 levels"):
        from_document(document)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null"])
def test_an_empty_file_is_told_the_shortest_spec(faults: Callable[[str], list[str]], text: str) -> None:
    """Nothing at all is one message with an example."""
    (found,) = faults(text)
    assert found.endswith("is empty; the shortest spec is `layers: [2, 8, 1]`")


@pytest.mark.parametrize(("text", "what"), [("- 1", "a list"), ("hello", "'hello'"), ("3", "3"), ("[]", "a list")])
def test_the_top_is_a_mapping(faults: Callable[[str], list[str]], text: str, what: str) -> None:
    """A list or a scalar at the top is told what a spec is."""
    assert faults(text) == [f"1:1: {what} at the top; a spec is a mapping: the shortest spec is `layers: [2, 8, 1]`"]


def test_a_keras_model_is_recognised() -> None:
    """What `model.to_json()` writes is told from a spec by its content."""
    with pytest.raises(InputError, match="the class 'Mine' is not audited; Sequential and functional models are"):
        from_document({"class_name": "Mine", "config": {"name": "m", "layers": []}, "keras_version": "3.0"})


def test_paths_follow_the_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths start at the spec's folder, absolute ones stay."""
    from gradaudit.inputs import read

    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    spec_file = tmp_path / "sub" / "m.yaml"
    spec_file.write_text("layers: [2, 1]\ndata: {name: npz, path: data/x.npz}\n")

    (spec,) = read("sub/m.yaml")
    assert spec.data == Named.of("npz", path=str(Path("sub/data/x.npz")))
    spec_file.write_text("layers: [2, 1]\ndata: {name: csv, path: /data/x.csv, target: 4}\n")
    assert read(str(spec_file))[0].data == Named.of("csv", path=str(Path("/data/x.csv")), target=4)


def test_faults_are_gradaudits_own() -> None:
    """Whatever is wrong ends in an error that the command line knows."""
    with pytest.raises(GradauditError):
        from_document({"layers": [2, {"units": [3]}], "weights": 3})
