"""Any source becomes a spec with its weights beside it, which measures the same; nothing is overwritten unasked."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradaudit.api import Subject, load
from gradaudit.domain.spec import DenseSpec, ModelSpec, Weights
from tests.inputs import hostile

FILES = Path(__file__).parents[1] / "inputs"

SPEC = "layers: [2, 3, 1]\nloss: mse\nweights: own.npz\ndata: {name: csv, path: rows.csv}\naudit: {effort: quick}\n"
Runner = Callable[..., Any]


@pytest.fixture
def source(folder: Path) -> Path:
    """A spec in a folder of its own, with weights and data."""
    (folder / "in").mkdir()
    rng = np.random.default_rng(0)
    arrays = {"coefs_0": (2, 3), "intercepts_0": (3,), "coefs_1": (3, 1), "intercepts_1": (1,)}
    np.savez(folder / "in" / "own.npz", **{name: rng.normal(size=shape) for name, shape in arrays.items()})
    np.savetxt(folder / "in" / "rows.csv", rng.normal(size=(20, 3)), delimiter=",")
    path = folder / "in" / "model.yaml"
    path.write_text(SPEC)
    return Path("in") / "model.yaml"


def measured(run: Runner, source: str) -> Any:
    """The measurements of a source, as its JSON report has them."""
    result = run("check", source, "--format", "json", "--effort", "quick")
    return json.loads(result.out)["reports"][0]["measurements"]


@pytest.mark.parametrize("weights", [[], ["--weights", "out/w.safetensors"]])
def test_what_is_written_measures_the_same(run: Runner, folder: Path, source: Path, weights: list[str]) -> None:
    """Spec, weights and the path of the data, from another folder; every number is equal."""
    (folder / "out").mkdir()
    done = run("convert", str(source), "-o", "out/new.yaml", *weights)
    assert done.status == 0, done.err
    file = "out/w.safetensors" if weights else "out/new.npz"
    assert done.err.splitlines() == [f"wrote {file}", "wrote out/new.yaml"]
    text = (folder / "out" / "new.yaml").read_text()
    assert text.startswith("# Written by gradaudit convert from in/model.yaml.\nname: model\nlayers: [2, 3, 1]\n")
    assert f"weights: {file[4:]}\n" in text
    assert "path: ../in/rows.csv" in text
    assert measured(run, "out/new.yaml") == measured(run, str(source))


def test_a_spec_comes_from_standard_input_too(folder: Path, launch: Callable[..., Any]) -> None:
    """`-` is a source like the others; -q says nothing."""
    process = launch("convert", "-", "-o", "new.yaml", "-q", stdin=-1)
    out, err = process.communicate(b"layers: [2, 1]\n", timeout=60)
    assert (process.returncode, out, err) == (0, b"", b"")
    assert load("new.yaml").name == "stdin"


ESTIMATOR = """
import numpy as np
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = np.arange(24.0).reshape(12, 2), np.array(list("abcabcabcabc"))
model = make_pipeline(StandardScaler(), MLPClassifier((3,), random_state=np.random.RandomState(0), solver="sgd"))
def fitted():
    import warnings
    warnings.simplefilter("ignore")
    return model.fit(X, y), X, y
"""


def test_an_estimator_takes_its_rows_along(run: Runner, folder: Path) -> None:
    """They are as its network sees them, behind the pipeline's steps; what a spec cannot say is told."""
    (folder / "own.py").write_text(ESTIMATOR)
    done = run("convert", "own.py:fitted", "-o", "new.yaml")
    assert done.status == 0, done.err
    assert "new.yaml: The loss curve of the model's own training is not kept.\n" in done.err
    assert "# The audit's training run starts at the weights of a spec" in (folder / "new.yaml").read_text()
    with np.load(folder / "new.data.npz") as rows:
        np.testing.assert_allclose(rows["X"].std(axis=0), 1)
        assert list(rows["y"]) == [0, 1, 2] * 4
    before, after = measured(run, "own.py:fitted"), measured(run, "new.yaml")
    for stage in ("initialised", "fitted"):  # where the run starts more is measured
        both = before["stages"][stage].keys() & after["stages"][stage].keys()
        assert both >= {"loss", "layers", "curvature"}
        assert all(before["stages"][stage][key] == after["stages"][stage][key] for key in both)


def test_files_that_exist_are_kept(run: Runner, folder: Path, source: Path) -> None:
    """All of them, before any is written; --force overwrites, though never what was read."""
    (folder / "new.npz").write_text("mine")
    done = run("convert", str(source), "-o", "new.yaml")
    assert done.status == 2
    assert "'new.npz' exists; --force overwrites it" in done.err
    assert not (folder / "new.yaml").exists()
    assert run("convert", str(source), "-o", "new.yaml", "--force").status == 0
    assert (folder / "new.npz").read_bytes() != b"mine"
    done = run("convert", str(source), "-o", str(source), "--force")
    assert (done.status, (folder / source).read_text()) == (2, SPEC)
    assert "'in/model.yaml' was read for this model; write elsewhere" in done.err
    for other in ("--weights", "in/own.npz"), ("--data", "new.npz"):
        done = run("convert", str(source), "-o", "new.yaml", *other, "--force")
        assert done.status == 2
        assert f"'{other[1]}' was read for this model" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "new.json"), "a spec is written as .yaml or .yml"),
        (("-o", "new.yaml", "--weights", "w.pt"), "weights are written as .npz or .safetensors"),
        (("-o", "absent/new.yaml"), "there is no folder 'absent'"),
        ((), "Missing option '-o'"),
    ],
)
def test_what_cannot_be_written_is_refused(run: Runner, spec: Path, arguments: tuple[str, ...], message: str) -> None:
    """With status 2, before anything is written."""
    done = run("convert", str(spec), *arguments)
    assert done.status == 2
    assert message in done.err


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source with three models, two of one name."""
    weights = Weights(({"weight": np.ones((2, 1)), "bias": np.zeros(1)},))
    names = ("steps[1].mlp", "steps[1].mlp", "../net")
    found = tuple(Subject(ModelSpec(name, 2, (DenseSpec(1),), weights=weights)) for name in names)
    monkeypatch.setattr("gradaudit.cli.convert.subjects", lambda *_, **__: found)


@pytest.mark.usefixtures("several")
def test_several_models_are_named(run: Runner, folder: Path) -> None:
    """A path without {name} would lose all but one of them."""
    done = run("convert", "many.joblib", "-o", "new.yaml")
    assert done.status == 2
    assert (
        "many.joblib: holds 3 models: steps[1].mlp, steps[1].mlp, ../net; write each with -o '{name}.yaml'" in done.err
    )
    assert not list(folder.glob("*.yaml"))


@pytest.mark.usefixtures("several")
def test_several_models_get_a_file_each(run: Runner, folder: Path) -> None:
    """The files are named after the models, and stay in their folder."""
    assert run("convert", "many.joblib", "-o", "m-{name}.yaml").status == 0
    assert sorted(path.name for path in folder.glob("*.yaml")) == [
        "m-net.yaml",
        "m-steps_1_.mlp-2.yaml",
        "m-steps_1_.mlp.yaml",
    ]
    assert load("m-steps_1_.mlp-2.yaml").weights is not None


def test_rows_come_scaled_as_a_model_scales_them(run: Runner, folder: Path) -> None:
    """An ONNX file's own scaler stands in front of its network; a spec has none, so its rows are scaled already."""
    X = np.random.default_rng(0).normal(5.0, 3.0, (20, 4))
    np.savez(folder / "rows.npz", X=X, y=X[:, 0])
    source = str(FILES / "onnx" / "files" / "skl2onnx-numbers.onnx")
    done = run("convert", source, "-o", "new.yaml", "--data", "rows.npz")
    assert done.status == 0, done.err
    assert "The model scales its inputs, which a spec does not" in done.err
    (scaling,) = load(source).scalings
    with np.load(folder / "new.data.npz") as rows:
        np.testing.assert_allclose(rows["X"], (X - scaling.offset) * scaling.scale)


@pytest.mark.parametrize("name", ["keras/files/chain.json", "onnx/files/torch-script-norms.onnx"])
def test_norms_keep_their_epsilon(run: Runner, folder: Path, name: str) -> None:
    """A framework's own is written where a spec's is another."""
    before = load(str(FILES / name))
    assert run("convert", str(FILES / name), "-o", "new.yaml").status == 0
    after = load("new.yaml")
    assert after.layers == before.layers
    assert (after.weights is None) == (before.weights is None)


def test_unsafe_load_reaches_the_reader(run: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with check, and refused in CI by the variable of this command."""
    monkeypatch.delenv("CI", raising=False)
    (folder / "a.pkl").write_bytes(pickle.dumps(hostile.Reduced(int, "5")))
    assert "it calls 'builtins.int'" in run("convert", "a.pkl", "-o", "new.yaml").err
    assert "an object of type int is not audited" in run("convert", "a.pkl", "-o", "new.yaml", "--unsafe-load").err
    monkeypatch.setenv("CI", "true")
    assert "GRADAUDIT_CONVERT_UNSAFE_LOAD=1 allows it" in run("convert", "a.pkl", "-o", "n.yaml", "--unsafe-load").err
