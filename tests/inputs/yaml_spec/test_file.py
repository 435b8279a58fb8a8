from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from gradaudit.errors import InputError
from gradaudit.inputs import read
from gradaudit.inputs.readers import SPEC


@pytest.mark.parametrize(
    ("source", "claimed"),
    [("m.yaml", True), ("M.YML", True), ("a/b.json", True), ("-", True), ("m.py:net", False), ("m.onnx", False)],
)
def test_specs_are_known_by_their_names(source: str, claimed: bool) -> None:
    """The reader claims by suffix alone: the file need not exist."""
    assert SPEC.reads(source) is claimed


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    """A spec in JSON is read as the same spec in YAML."""
    (tmp_path / "m.json").write_text(json.dumps({"layers": [2, {"units": 3, "init": "he_normal"}], "loss": "mse"}))
    (tmp_path / "m.yaml").write_text("layers: [2, {units: 3, init: he_normal}]\nloss: mse\n")
    (a,), (b,) = read(str(tmp_path / "m.json")), read(str(tmp_path / "m.yaml"))

    assert a.layers == b.layers
    assert (a.name, a.loss, a.output, a.assumed) == (b.name, b.loss, b.output, b.assumed)


def test_the_name_is_the_files_stem(tmp_path: Path) -> None:
    """A spec without a name is called after its file; standard input is called so."""
    (tmp_path / "my net.yaml").write_text("layers: [2, 1]")
    (spec,) = read(str(tmp_path / "my net.yaml"))
    (piped,) = read("-", stdin=io.BytesIO(b"layers: [2, 1]"))

    assert (spec.name, spec.source) == ("my net", str(tmp_path / "my net.yaml"))
    assert (piped.name, piped.source) == ("stdin", "-")


def test_windows_line_ends_do_not_move_lines(tmp_path: Path) -> None:
    """Places count CRLF as one end of line."""
    (tmp_path / "m.yaml").write_bytes(b"layers: [2, 1]\r\nactivation: tanh\r\n")
    (spec,) = read(str(tmp_path / "m.yaml"))

    assert (spec.lines["activation"].line, spec.lines["activation"].column) == (2, 13)


def test_a_source_that_no_reader_knows() -> None:
    """The kinds that are known are listed."""
    with pytest.raises(InputError, match="no kind of source by its name, nor by its first bytes; known are spec"):
        read("model.docx")
