"""Every kind of file that gradaudit reads: valid ones, how they are changed, and what reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random

import numpy as np

from gradaudit.inputs.weight_files.writing import npz, safetensors
from tests.attacks.documents import draw_document
from tests.attacks.layouts import Layout
from tests.fuzz import mutations as change
from tests.fuzz.hdf5 import mutate_hdf5
from tests.fuzz.stacks import draw_stack
from tests.inputs.keras.writing import dense, layer, start

HERE = Path(__file__).parent
INPUTS = HERE.parent / "inputs"
SPEC = "layers: [2, 3, 2]\nweights: {}\n"
ARRAYS = {
    "coefs_0": np.ones((2, 3)),
    "intercepts_0": np.ones(3),
    "coefs_1": np.ones((3, 2)),
    "intercepts_1": np.ones(2),
}


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    name: str
    """Of the file that is written."""
    draw: Callable[[Random], bytes]
    read: Callable[[Path], object]
    part: int = 1
    """One in so many is tried, where each takes an audit."""


def _spec(rng: Random) -> bytes:
    text = Layout(rng).text(draw_document(rng)).encode()
    return (
        change.mutate_text(text, rng) if rng.random() < 0.6 else json.dumps(_tree(rng)).encode("utf-8", "surrogatepass")
    )


def _tree(rng: Random) -> object:
    tree: object = draw_document(rng)
    for _ in range(rng.randint(1, 3)):
        tree = change.mutate_tree(tree, rng)
    return tree


def _read_source(path: Path) -> object:
    from gradaudit.inputs import read

    return read(str(path))


def _stack(rng: Random) -> bytes:
    tree: object = draw_stack(rng)
    for _ in range(rng.randrange(3)):
        tree = change.mutate_tree(tree, rng)
    return json.dumps(tree).encode("utf-8", "surrogatepass")


def _audit(path: Path) -> None:
    """A rule or a probe that breaks is a fault of gradaudit's own, whatever the spec."""
    from gradaudit.auditing.pipeline import audit
    from gradaudit.inputs import read

    (spec,) = read(str(path))
    if failures := audit(spec).failures:
        raise AssertionError(failures[0].message)


def _csv(rng: Random) -> bytes:
    mark = rng.choice((",", ";", "\t"))
    cells = [[rng.choice(("1", "2.5", "-3e4", " 7", '"8"')) for _ in range(3)] + [rng.choice("ab12")] for _ in range(9)]
    head = [["a", "b b", '"c"', "y"]] if rng.random() < 0.5 else []
    text = "\n".join(mark.join(row) for row in head + cells) + rng.choice(("", "\n"))
    return change.mutate_text(text.encode(), rng)


def _data(rng: Random) -> bytes:
    y = rng.choice((np.arange(4), np.ones((4, 2)), np.array(["a", "b", "a", "b"]), np.array([0.5, 1, 2, 3])))
    return change.mutate_zip(npz({"X": np.ones((4, 2)), "y": y}), rng, change.mutate_npy)


def _read_rows(path: Path) -> object:
    """Whatever was changed, what is read is finite."""
    from gradaudit.datasets.archive import read_npz
    from gradaudit.datasets.table import read_csv

    rows = (read_npz if path.suffix == ".npz" else read_csv)(str(path))
    assert np.isfinite(rows.X).all()
    return rows


def _weights_npz(rng: Random) -> bytes:
    return change.mutate_zip(npz(ARRAYS), rng, change.mutate_npy)


def _weights_safetensors(rng: Random) -> bytes:
    data = safetensors(ARRAYS)
    length = int.from_bytes(data[:8], "little")
    if rng.random() < 0.4:
        return change.mutate_bytes(data, rng)
    header = change.mutate_json(data[8 : 8 + length], rng)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def _read_weights(path: Path) -> object:
    from gradaudit.inputs.yaml_spec.file import from_text

    return from_text(SPEC.format(path.name), str(path.parent / "m.yaml"))


def _template(rng: Random) -> bytes:
    packaged = HERE.parents[1] / "templates"
    text = (packaged / rng.choice(("report.html.j2", "macros.html.j2"))).read_bytes()
    begin = rng.randrange(len(text))
    piece = text if rng.random() < 0.3 else text[begin : begin + rng.choice((80, 800, 4000))]
    return change.mutate_text(piece, rng)


def _read_template(path: Path) -> object:
    from gradaudit.formats.templates import check_templates, rendered

    check_templates(path.parent)
    return rendered(path.name, path.parent, page={}, created="")


_SETTINGS = b"""[tool.gradaudit]
seeds = 4
effort = "quick"
select = ["plateau"]
fail-on = "warning"
format = "json"
[tool.gradaudit.rules.vanishing-gradient]
ratio = 0.1
[tool.gradaudit.per-file."models/*.yaml"]
ignore = ["dead-units"]
"""


def _settings(rng: Random) -> bytes:
    return change.mutate_text(_SETTINGS, rng)


def _read_settings(path: Path) -> object:
    from gradaudit.cli.config import load_config

    return load_config(path, path.parent)


@cache
def _one_report() -> bytes:
    """A whole report as JSON."""
    from gradaudit import audit
    from gradaudit.formats import get

    spec = {
        "layers": [2, 4, 1],
        "init": "zeros",
        "loss": "mse",
        "data": "xor",
        "audit": {"seeds": 2, "effort": "quick"},
    }
    return get("json").render(audit(spec))


def _report(rng: Random) -> bytes:
    return change.mutate_json(_one_report(), rng)


def _read_report(path: Path) -> object:
    from gradaudit.formats.json_reader import read_report

    return read_report(path)


def _of_files(folder: str, pattern: str, mutate: Callable[[bytes, Random], bytes], rng: Random) -> bytes:
    return mutate(rng.choice(_files(folder, pattern)), rng)


@cache
def _files(folder: str, pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((INPUTS / folder / "files").glob(pattern))]


def _keras_layers(rng: Random) -> bytes:
    """A configuration by hand: maps and steps, which the files of the framework here have none of."""
    images = (
        layer("Conv2D", filters=2, kernel_size=[3, 3], padding="same", groups=1),
        layer("MaxPooling2D", pool_size=2),
    )
    some = [*images, layer("DepthwiseConv2D", kernel_size=2), layer("BatchNormalization", axis=-1)]
    cells = [layer(kind, units=3, return_sequences=True) for kind in ("SimpleRNN", "LSTM", "GRU")]
    both = layer("Bidirectional", layer=layer("LSTM", units=2, return_sequences=True), merge_mode="concat")
    if rng.random() < 0.5:
        layers = [start(9, 9, 1), *rng.choices(some, k=3), layer("Flatten")]
    else:
        steps = rng.choice(
            ([start(7), layer("Embedding", input_dim=9, output_dim=3, embeddings_initializer="zeros")], [start(7, 3)])
        )
        layers = [
            *steps,
            *rng.sample([*cells, both, layer("Conv1D", filters=2, kernel_size=3)], 3),
            layer("GRU", units=2),
        ]
    tree = {"class_name": "Sequential", "config": {"name": "m", "layers": [*layers, dense(2)]}}
    return change.mutate_json(json.dumps(tree).encode(), rng)


def _keras_member(name: str, data: bytes, rng: Random) -> bytes:
    return change.mutate_json(data, rng) if name.endswith(".json") else mutate_hdf5(data, rng)


KINDS = (
    Kind("model.yaml", _spec, _read_source),
    Kind("layers.yaml", _stack, _read_source),
    Kind("audited.yaml", _stack, _audit, part=40),
    Kind("data.csv", _csv, _read_rows),
    Kind("data.npz", _data, _read_rows),
    Kind("weights.npz", _weights_npz, _read_weights),
    Kind("weights.safetensors", _weights_safetensors, _read_weights),
    Kind("report.html.j2", _template, _read_template),
    Kind("pyproject.toml", _settings, _read_settings),
    Kind("report.json", _report, _read_report),
    Kind("keras.json", partial(_of_files, "keras", "*.json", change.mutate_json), _read_source),
    Kind("layers.json", _keras_layers, _read_source),
    Kind(
        "m.keras",
        partial(_of_files, "keras", "**/*.keras", partial(change.mutate_zip, member=_keras_member)),
        _read_source,
    ),
    Kind("m.h5", partial(_of_files, "keras", "**/*.h5", mutate_hdf5), _read_source),
    Kind("m.onnx", partial(_of_files, "onnx", "**/*.onnx", change.mutate_messages), _read_source),
)
