"""Whole models in HDF5: in the likeness of Keras's older versions, and what is hostile ends in one message."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.errors import MissingLibraryError
from gradaudit.inputs import read
from gradaudit.inputs.keras import weights_file
from tests.inputs.keras.writing import dense, fault, layer, sequential

h5py = pytest.importorskip("h5py", reason="writes and reads HDF5")

FILES = Path(__file__).parent / "files"
KERNEL, BIAS = np.arange(12.0, dtype="f4").reshape(4, 3), np.ones(3, "f4")


def names(group, key, values):
    """A list of names as Keras has it: bytes, in pieces where it is large."""
    group.attrs[key] = np.array([value.encode() for value in values])


@pytest.fixture
def saved(tmp_path):
    """The path of a file with these attributes at its root, and the arrays of each layer by their names."""

    def write(layers=None, name="m.h5", **attributes):
        with h5py.File(tmp_path / name, "w") as file:
            for key, value in attributes.items():
                file.attrs[key] = value
            group = file.create_group("model_weights")
            layers = {"d": {"d/kernel:0": KERNEL, "d/bias:0": BIAS}} if layers is None else layers
            names(group, "layer_names", layers)
            for layer_name, arrays in layers.items():
                inner = group.create_group(layer_name)
                names(inner, "weight_names", arrays)
                for path, array in arrays.items():
                    inner[path] = array
        return tmp_path / name

    return write


def config(*layers, **more):
    """The configuration of a Sequential, as JSON in bytes, as h5py 2 wrote it."""
    return json.dumps(sequential(*layers, **more)).encode()


def test_an_older_file(saved):
    """Attributes in bytes, weights by name, compile settings apart; the version says whose words they are."""
    compiled = json.dumps(
        {"loss": "mse", "optimizer_config": {"class_name": "SGD", "config": {"lr": 0.5, "learning_rate": 0.5}}}
    )
    path = saved(model_config=config(dense(name="d")), training_config=compiled.encode(), keras_version=b"2.2.4")
    (spec,) = read(str(path))

    assert spec.weights.each("weight")[0].tolist() == KERNEL.tolist()
    assert spec.weights.each("bias")[0].tolist() == BIAS.tolist()
    assert (spec.loss, spec.optimizer.get("learning_rate"), spec.framework) == (Named("mse"), 0.5, "keras")
    hard = config(dense(name="d", activation="hard_sigmoid"))
    assert "Keras 2's is steeper" in fault(saved(model_config=hard, keras_version=b"2.2.4"))


def test_a_model_inside_is_one_group(saved):
    """Its arrays are told by their layers' names, trained ones before the others."""
    scale = np.full(3, 2.0, "f4")
    arrays = {"b/kernel:0": KERNEL, "a/gamma:0": scale, "a/beta:0": BIAS, "c/kernel:0": KERNEL[:3], "a/mean:0": scale}
    parts = [dense(name="b", use_bias=False), layer("BatchNormalization", name="a")]
    inner = sequential(*parts, dense(name="c", use_bias=False))
    (spec,) = read(str(saved({"m": arrays}, model_config=config(inner))))

    assert [coef.shape for coef in spec.weights.each("weight")] == [(4, 3), (3, 3)]
    assert (spec.weights.each("scale")[0].tolist(), spec.weights.each("shift")[0].tolist()) == (
        scale.tolist(),
        BIAS.tolist(),
    )


def test_long_lists_of_names_come_in_pieces(saved, tmp_path):
    """Keras cuts what an attribute cannot hold."""
    path = saved(model_config=config(dense(name="d")))
    with h5py.File(path, "a") as file:
        group = file["model_weights/d"]
        del group.attrs["weight_names"]
        names(group, "weight_names0", ["d/kernel:0"])
        names(group, "weight_names1", ["d/bias:0"])

    assert read(str(path))[0].weights.each("bias")[0].tolist() == BIAS.tolist()


def test_weights_alone_say_what_to_add(tmp_path):
    """What `save_weights` writes, by Keras 2 and 3."""
    for key in ("layers", "_layer_checkpoint_dependencies", "model_weights"):
        with h5py.File(tmp_path / "w.h5", "w") as file:
            file.create_group(f"{key}/dense/vars")
        assert "it holds weights alone" in fault(tmp_path / "w.h5")
        assert "write model.save('model.keras')" in fault(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "w") as file:
        names(file, "layer_names", ["d"])
    assert "name the model itself, as in file.py:model" in fault(tmp_path / "w.h5")


def test_other_files_say_what_to_do(tmp_path):
    """HDF5 without a model, and what is neither."""
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["X"] = KERNEL
    assert fault(tmp_path / "data.h5") == "there is no Keras model in it; save one with model.save('model.keras')"
    (tmp_path / "text.hdf5").write_text("no HDF5 at all")
    assert "neither HDF5 nor a Keras archive; save the model" in fault(tmp_path / "text.hdf5")
    (tmp_path / "folder.h5").mkdir()
    assert fault(tmp_path / "folder.h5") == "is a folder, no file"
    assert fault(tmp_path / "none.h5") == "there is no such file"


def test_hdf5_under_the_new_suffix_is_read_as_what_it_is(saved):
    """The suffix is a habit."""
    path = saved(name="m.keras", model_config=config(dense(name="d")))

    assert read(str(path))[0].weights.each("weight")[0].tolist() == KERNEL.tolist()


def test_without_h5py_one_line_says_what_to_install(monkeypatch, saved):
    """And how to do without."""
    path = str(saved(model_config=config(dense(name="d"))))
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'gradaudit\[keras-files\]'; or write the architecture"):
        read(path)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"model_config": b"{"}, "its model_config cannot be read"),
        ({"model_config": b"\xff"}, "its model_config cannot be read"),
        ({"model_config": 7}, "its model_config cannot be read: it is no text"),
        ({"model_config": b"[" * 40_000}, "its model_config is nested too deeply"),
        ({"model_config": b"[]"}, "it holds weights alone"),
        ({"model_config": config(dense(name="d")), "training_config": b"{"}, "its training_config cannot be read"),
        ({"model_config": config(dense(name="other"))}, "array 0 of its weights: it is not in the file"),
        ({"model_config": config(dense(units=5, name="d"))}, "its weights are 4 × 3, where the layers make them 4 × 5"),
    ],
)
def test_what_is_damaged_or_foreign(saved, attributes, message):
    """Each part with its reason."""
    assert message in fault(saved(**attributes))


@pytest.mark.parametrize("name", ["../d/kernel:0", "/model_weights/d/d/bias:0", "d", ""])
def test_names_that_lead_elsewhere(saved, name):
    """A name is followed member by member, never as a path of the file."""
    path = saved(model_config=config(dense(name="d", use_bias=False)))
    with h5py.File(path, "a") as file:
        names(file["model_weights/d"], "weight_names", [name])

    assert "array 0 of its weights: it is not in the file" in fault(path)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import os; os.abort()", "it is damaged so that libhdf5 breaks down on it; save the model again"),
        ("raise MemoryError", "it is damaged so that libhdf5 breaks down on it"),
        ("import time; time.sleep(60)", "it takes more than 0.5 seconds"),
        ("print('[{}]')", "cannot be read as HDF5"),
        ("print('[]')", "cannot be read as HDF5"),
        ("print('7')", "cannot be read as HDF5"),
    ],
)
def test_a_file_that_breaks_the_library_ends_in_one_message(saved, tmp_path, monkeypatch, script, message):
    """It crashes, hangs or prints nonsense in a process of its own."""
    path = saved(model_config=config(dense(name="d")))
    (tmp_path / "copy.py").write_text(script)
    monkeypatch.setattr(weights_file.copy_hdf5, "__file__", str(tmp_path / "copy.py"))
    monkeypatch.setattr(weights_file, "WAITING", 0.5 if "sleep" in script else 60)

    assert message in fault(path)


def test_modules_beside_the_file_are_not_imported(saved, tmp_path, monkeypatch):
    """The process looks where this one does, and never into the folder at hand."""
    (tmp_path / "h5py.py").write_text("raise SystemExit")
    (tmp_path / "json.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)

    assert (
        read(str(saved(model_config=config(dense(name="d")))))[0].weights.each("weight")[0].tolist() == KERNEL.tolist()
    )


def test_a_group_inside_itself_is_one(saved):
    """Hard links may lead back; no walk follows them for ever."""
    path = saved(model_config=config(dense(name="d")))
    with h5py.File(path, "a") as file:
        file["model_weights/d/again"] = file["/"]

    assert read(str(path))[0].weights.each("weight")[0].tolist() == KERNEL.tolist()
