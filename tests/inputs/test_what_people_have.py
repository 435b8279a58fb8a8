"""Each row of the table of what people have: it is audited, or refused with the way out that the row names."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from gradaudit.api import subjects
from gradaudit.domain.spec import Named
from gradaudit.errors import GradauditError
from gradaudit.inputs import Discovery, discover

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / ".github" / "MODELS.md").read_text().split("| what you have | audited |")[1].split("\n\n")[0]
ROWS = [tuple(part.strip() for part in row.split("|")[1:4]) for row in TABLE.splitlines()[2:]]
X, Y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
UNFITTED = (
    "from sklearn.neural_network import MLPClassifier\nX, y = [[0.0], [1.0]] * 5, [0, 1] * 5\nmodel = MLPClassifier()\n"
)
TORCH = "import torch\nnet = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))\n"
KERAS = "import keras\nmodel = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
KERAS_FILES = Path(__file__).parent / "keras" / "files"


class NeuralNetClassifier:
    """Stands for skorch's, by its module's name."""


NeuralNetClassifier.__module__ = "skorch.classifier"


def mlp() -> Any:
    """Behind a scaler, its arrays as `fit` leaves them."""
    return make_pipeline(StandardScaler(), MLPClassifier((3,), max_iter=1)).fit(X, Y)


def pickled(thing: Any, *names: str) -> list[str]:
    """The thing in a file of each name."""
    for name in names:
        joblib.dump(thing, name)
    return list(names)


def written(name: str, data: str | bytes) -> list[str]:
    """A file of this content."""
    Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
    return [name]


def sample(name: str) -> list[str]:
    """A copy of a model of sample_models."""
    shutil.copy(ROOT / "sample_models" / name, name)
    return [name]


def renamed(name: str, other: str) -> list[str]:
    """A sample under another name."""
    return [str(Path(sample(name)[0]).rename(other))]


def skorch() -> list[str]:
    """A net's pickle: of its class nothing but the name is in it."""
    return written("net.pkl", b"\x80\x02cskorch.classifier\nNeuralNetClassifier\n)\x81.")


def keras_files() -> list[str]:
    """In every format, one of them under another name."""
    pytest.importorskip("h5py")
    names = {"chain.keras": "m.keras", "residual.h5": "m.hdf5", "order.joblib": "m.joblib", "keras-2.15/chain.h5": "m"}
    return [shutil.copy(KERAS_FILES / name, other) for name, other in names.items()]


def weights_alone() -> list[str]:
    """As Keras 3 lays them out."""
    h5py = pytest.importorskip("h5py")
    with h5py.File("m.weights.h5", "w") as file:
        file.create_group("layers/dense/vars")
    return ["m.weights.h5"]


def saved_model() -> list[str]:
    """A folder, and two files."""
    Path("saved").mkdir()
    written("saved/saved_model.pb", b"")
    tfjs = written("model.json", json.dumps({"format": "layers-model", "modelTopology": {}}))
    return ["saved", *written("a.tflite", b"\x1c\0\0\0TFL3"), *tfjs]


MAKERS: dict[str, Callable[[], list[str]]] = {
    "scikit-learn's MLPs": lambda: pickled(mlp(), "a.joblib", "a.pkl", "a.pickle", "a.sav"),
    "the same in": lambda: sample("healthy-pipeline.skops"),
    "a pickle or a skops": lambda: [*pickled(mlp(), "model.bin", "model"), *renamed("healthy-pipeline.skops", "m.zip")],
    "an MLP that was never fitted, in": lambda: pickled(MLPClassifier((3,)), "unfitted.joblib"),
    "an MLP that was never fitted, beside": lambda: [f"{written('case.py', UNFITTED)[0]}:model"],
    "a pickle that Python 2": lambda: written("old.pkl", b"\x80\x02U\x04text."),
    "another model": lambda: written("svm.pkl", pickle.dumps(SVC())),
    "a net of skorch": skorch,
    "Keras 2 or 3": lambda: [*sample("keras-sigmoid.json"), *keras_files()],
    "a Keras model": lambda: [f"{written('k.py', KERAS)[0]}:model"],
    "weights alone": weights_alone,
    "a SavedModel": saved_model,
    "ONNX": lambda: [*sample("torch-relu.onnx"), *renamed("torch-relu.onnx", "net.bin"), *sample("torch-relu.onnx")],
    "a PyTorch module": lambda: [f"{written('net.py', TORCH)[0]}:net"],
    "PyTorch's `.pt`": lambda: [name for name in ("a.pt", "a.pth", "a.ckpt") if written(name, b"PK\x03\x04")],
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("what", "audited", "way"), ROWS, ids=[row[0][:30] for row in ROWS])
def test_each_row_is_true(what: str, audited: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said to be audited becomes models; all else is refused with the words of the row."""
    monkeypatch.chdir(tmp_path)
    (make,) = (make for beginning, make in MAKERS.items() if what.startswith(beginning))
    if "PyTorch module" in what or "a Keras model" in what:
        pytest.importorskip("torch")
        monkeypatch.setenv("KERAS_BACKEND", "torch")
    for source in make():
        found = discover([source])
        if audited == "yes":
            assert found.sources == (source,)
            assert subjects(source)
            continue
        assert words(way) <= words(refusal(source, found))
    if audited == "with data":
        np.savez("rows.npz", X=X, y=Y)
        assert subjects("unfitted.joblib", data=Named.of("npz", path="rows.npz"))


def refusal(source: str, found: Discovery) -> str:
    """Why it is not audited."""
    if found.failures:
        return str(found.failures[0])
    with pytest.raises(GradauditError) as error:
        subjects(source)
    return str(error.value)


def words(text: str) -> set[str]:
    """Of some length: what the table and a message share is what to do, not its grammar."""
    return {word for word in re.findall(r"[\w.:-]+", text.lower()) if len(word) > 3} - {"your", "rows"}
