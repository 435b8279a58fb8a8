"""`.keras` archives: read within bounds, and what is hostile or damaged ends in one message."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gradaudit.errors import Location, MissingLibraryError
from gradaudit.inputs import read
from gradaudit.inputs.readers import KERAS
from tests.inputs.keras.writing import dense, fault, sequential

h5py = pytest.importorskip("h5py", reason="writes and reads HDF5")

FILES = Path(__file__).parent / "files"
ONE = {"layers/dense/vars/0": np.ones((4, 3), "f4"), "layers/dense/vars/1": np.zeros(3, "f4")}


def weights(arrays=ONE, **options):
    """An HDF5 file of these arrays."""
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        for name, array in arrays.items():
            if callable(array):
                array(file, name)
            else:
                file.create_dataset(name, data=array, **options)
    return data.getvalue()


@pytest.fixture
def archive(tmp_path):
    """The path of an archive with this configuration and these weights; None leaves a member out."""

    def write(config=None, stored=None, **more):
        config = json.dumps(sequential(dense())) if config is None else config
        members = {"config.json": config, "model.weights.h5": weights() if stored is None else stored, **more}
        with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as file:
            for name, data in members.items():
                if data != "":
                    file.writestr(name, data)
        return tmp_path / "m.keras"

    return write


def test_weights_and_places(archive):
    """Arrays are found by the layers' classes in their order; everything stands in the archive."""
    (spec,) = read(str(archive()))

    assert spec.weights.each("weight")[0].tolist() == ONE["layers/dense/vars/0"].tolist()
    assert spec.weights.origin == spec.source == str(archive())
    assert spec.locate("layers[1].init") == Location(spec.source)
    assert (spec.name, spec.framework) == ("m", "keras")


@pytest.mark.parametrize(
    "names",
    [
        [f"layers/dense{suffix}" for suffix in ("", *(f"_{n}" for n in range(1, 12)))],
        [f"_layer_checkpoint_dependencies/dense{suffix}" for suffix in ("", *(f"_{2 * n}" for n in range(1, 12)))],
        [f"_layer_checkpoint_dependencies\\dense{suffix}" for suffix in ("", *(f"_{2 * n}" for n in range(1, 12)))],
    ],
    ids=["Keras 3", "Keras 2", "Keras 2 on Windows"],
)
def test_where_the_arrays_of_a_layer_stand(archive, names):
    """By class and number: each, or every second one where Keras 2 counted layers with weights twice."""
    arrays = {f"{name}/vars/0": np.full((4, 4), n, "f4") for n, name in enumerate(names)}
    arrays |= {f"{name.replace('dense', 'dropout')}/vars/0": np.zeros(2, "f4") for name in names[:1]}
    layers = [dense(4, name=f"own_{n}", use_bias=False) for n in range(12)]
    (spec,) = read(str(archive(json.dumps(sequential(*layers)), weights(arrays))))

    assert [coef[0, 0] for coef in spec.weights.each("weight")] == list(range(12))


def test_without_h5py_it_says_what_to_install(monkeypatch, archive):
    """And how to do without."""
    path = str(archive())
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'gradaudit\[keras-files\]'; or write the architecture"):
        read(path)


def test_the_reader_goes_by_the_name():
    """The file need not exist."""
    assert KERAS.reads("a/B.KERAS")
    assert not KERAS.reads("a.keras.json")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("", "there is no config.json in it"),
        ("{", "cannot be read as a Keras archive"),
        ("[]", "its config.json is no configuration of a Keras model"),
        ("{}", "its config.json is no configuration of a Keras model"),
        ("[" * 100_000, "its config.json is nested too deeply"),
        ("[" * 60 + "]" * 60, "nested more than 32 levels deep"),
        (" " * (1 << 20) + "{}", "config.json is larger than 1 MiB"),
        (b"\xff\xfe", "cannot be read as a Keras archive"),
        (
            '{"class_name": "Sequential", "config": {"layers": [1' + "0" * 5000 + "]}}",
            "cannot be read as a Keras archive",
        ),
    ],
)
def test_configurations_that_are_none(archive, config, message):
    """Missing, foreign, deep and overlong ones."""
    assert message in fault(archive(config))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "config.layers[1]: array 0 of its weights: it is not in the file"),
        ({"layers": lambda f, n: h5py.h5g.create(f.create_group(n).id, b"dens\xff")}, "it is not in the file"),
        (
            {"layers/dense/vars/0": np.ones((3, 4), "f4"), "layers/dense/vars/1": np.ones(3, "f4")},
            "its weights are 3 × 4",
        ),
        ({**ONE, "layers/dense/vars/0": np.ones((4, 3), "i4")}, "it is no plain array of floats"),
        ({**ONE, "layers/dense/vars/0": np.float32(1)}, "it is no plain array of floats"),
        ({**ONE, "layers/dense/vars/0": np.array(["a"], dtype="S1")}, "it is no plain array of floats"),
        (
            {**ONE, "layers/dense/vars/0": lambda f, n: f.create_dataset(n, (10**9, 10**6), "f4")},
            "with it the weights are more than the file holds",
        ),
        (
            {
                **ONE,
                "layers/dense/vars/0": lambda f, n: f.create_dataset(n, (4, 3), "f4", chunks=True, compression="gzip"),
            },
            "it is no plain array of floats",
        ),
        (
            {"layers/dense/vars/0": lambda f, n: f.__setitem__(n, h5py.ExternalLink("/etc/passwd", "x"))},
            "it is not in the file",
        ),
        ({"layers/dense/vars/0": lambda f, n: f.__setitem__(n, h5py.SoftLink("/layers"))}, "it is not in the file"),
        (
            {"layers/dense/vars/0": lambda f, n: f.create_dataset(n, (4, 3), "f4", external=[("x.bin", 0, 48)])},
            "it is no plain array of floats",
        ),
    ],
)
def test_weights_that_are_refused(archive, arrays, message):
    """Missing, of another model, of another kind, too large, packed, elsewhere: told before memory is taken."""
    assert message in fault(archive(stored=weights(arrays)))


def test_one_array_for_many_layers_is_counted_each_time(archive):
    """Hard links to one array make no more memory of it than the file has bytes."""
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        large = file.create_dataset("layers/dense/vars/0", data=np.ones((4, 10_000), "f4"))
        for count in range(1, 100):
            file.create_group(f"layers/dense_{count}/vars")["0"] = large
    config = json.dumps(sequential(*[dense(4, name=f"d{count}", use_bias=False) for count in range(100)]))

    assert "with it the weights are more than the file holds" in fault(archive(config, data.getvalue()))


@pytest.mark.parametrize("stored", [b"", b"no HDF5 at all" * 100, weights()[:1000], weights()[:100] + b"\0" * 3000])
def test_weights_that_are_no_hdf5(archive, stored):
    """Empty, foreign and cut off."""
    message = fault(archive(stored=stored or b" "))
    assert "its model.weights.h5 cannot be read" in message or "it is not in the file" in message


def test_archives_that_are_none(tmp_path, archive):
    """Foreign files, folders, other packings, and a table of contents as large as memory."""
    path = archive()
    for data in (b"PK\x05\x06", path.read_bytes()[:-30]):
        (tmp_path / "bad.keras").write_bytes(data)
        assert "cannot be read as a Keras archive: it is no zip archive" in fault(tmp_path / "bad.keras")
    (tmp_path / "folder.keras").mkdir()
    assert fault(tmp_path / "folder.keras") == "is a folder, no file"
    assert fault(tmp_path / "none.keras") == "there is no such file"
    with zipfile.ZipFile(tmp_path / "lzma.keras", "w", zipfile.ZIP_LZMA) as file:
        file.writestr("config.json", "{}")
    assert "packed in another way" in fault(tmp_path / "lzma.keras")
    with zipfile.ZipFile(tmp_path / "many.keras", "w") as file:
        for count in range(2000):
            file.writestr(f"{count:06}", "")
    assert "its table of contents is too large" in fault(tmp_path / "many.keras")


def test_paths_that_climb_are_refused(archive):
    """No member is written anywhere, and nobody who means well writes such names."""
    for name in ("../../evil", "/abs"):
        assert f"{name!r} in it is a place outside the archive" in fault(archive(**{name: "x"}))


def test_a_bomb_is_unpacked_no_further_than_the_limit(monkeypatch, archive):
    """Zeros pack by a thousand; the weights' limit stands, whatever the archive says of their size."""
    monkeypatch.setattr("gradaudit.inputs.keras.archive.MAX_BYTES", 1 << 20)

    assert "model.weights.h5 is larger than 1 MiB" in fault(archive(stored=b"\0" * (3 << 20)))
