"""scikit-learn's files are read without running them, and give the models that the live objects give."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from gradaudit.errors import InputError, Location
from gradaudit.inputs.readers import ESTIMATOR
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from gradaudit.inputs.sklearn_model.file import subjects_in
from tests.inputs import hostile
from tests.inputs.make_estimators import CASES
from tests.inputs.matrix import other_arrays

ROOT = Path(__file__).parents[3]
FILES = sorted((Path(__file__).parents[1] / "estimators").rglob("*.[pjs]*"))
X = np.random.default_rng(0).normal(3.0, 2.0, (60, 4))
TEXT = np.array(["no", "perhaps", "yes"], dtype=object)[np.random.default_rng(1).integers(0, 3, 60)]
NUMBERS = X @ np.arange(4.0)


def fitted(estimator: Any, y: Any = TEXT) -> Any:
    """Whatever it says about convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, y)


def piped(**parameters: Any) -> Pipeline:
    """A classifier behind a scaler."""
    mlp = MLPClassifier(**{"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 1, **parameters})
    return Pipeline([("scale", StandardScaler()), ("mlp", mlp)])


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Saves an object and gives the file's name."""
    monkeypatch.chdir(tmp_path)

    def save(thing: Any, name: str = "model.joblib") -> str:
        joblib.dump(thing, name)
        return name

    return save


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_files_of_several_versions_have_the_weights_that_they_had_there(file: Path) -> None:
    """Bit for bit and type for type, every perceptron by its path. `make matrix` does this with many more files."""
    assert list(other_arrays(file)) == []


def test_there_are_files_of_at_least_three_versions() -> None:
    """Of each kind."""
    for suffix in (".pkl", ".joblib", ".skops"):
        assert len({file.parent for file in FILES if file.suffix == suffix}) >= 3


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("case", CASES)
def test_a_file_gives_the_models_that_the_live_object_gives(case: str, saved: Any) -> None:
    """The whole spec, weights and course of training; or the same message."""
    make, _ = CASES[case]
    try:
        model = make()
    except TypeError:
        pytest.skip("this scikit-learn has no poisson loss")
    here: dict[str, Any] = {"name": "model", "source": "model.joblib", "here": Location("model.joblib")}
    if case == "unfitted":
        with pytest.raises(InputError) as live_error:
            from_estimator(model, **here)
        with pytest.raises(InputError) as file_error:
            subjects_in(saved(model))
        assert str(file_error.value) == f"model.joblib: {live_error.value}"
        return
    live = from_estimator(model, **here)
    for one, other in zip(live, subjects_in(saved(model)), strict=True):
        assert one.spec == other.spec
        assert one.spec.weights is not None
        assert other.spec.weights is not None
        for a, b in zip(one.spec.weights.each("weight"), other.spec.weights.each("weight"), strict=True):
            assert a.tobytes() == b.tobytes()
        assert one.spec.weights.loss_curve == other.spec.weights.loss_curve


def test_data_are_seen_as_the_live_object_sees_them(saved: Any) -> None:
    """Behind the steps before the network, classes as their outputs' numbers."""
    model = fitted(GridSearchCV(piped(), {"mlp__alpha": [0.1, 1.0]}, cv=2))
    (live,), (read,) = from_estimator(model, X, TEXT), subjects_in(saved(model), X, TEXT)
    assert np.allclose(live.X, read.X, rtol=1e-15)  # type: ignore[arg-type]
    assert np.array_equal(live.y, read.y)  # type: ignore[arg-type]
    assert read.spec.name == "model.best_estimator_.steps[1].mlp"
    assert read.spec.l2 == live.spec.l2


class Frame:
    """A table with names, as `--data` reads one."""

    def __init__(self, values: Any, columns: list[str]) -> None:
        self.values, self.columns, self.shape = values, columns, values.shape

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.values, dtype=dtype)


def test_columns_are_taken_by_the_names_that_the_model_was_fitted_on(saved: Any) -> None:
    """Whatever their order in the file; a name that is missing is told, as scikit-learn does."""
    names = ["a", "b", "c", "d"]
    model = fitted(piped())
    model.named_steps["scale"].feature_names_in_ = np.array(names, dtype=object)
    file = saved(model)
    (expected,) = subjects_in(file, X, TEXT)
    order = [2, 0, 3, 1]
    (shuffled,) = subjects_in(file, Frame(X[:, order], [names[i] for i in order]), TEXT)
    np.testing.assert_array_equal(shuffled.X, expected.X)
    with pytest.raises(InputError, match="the model was fitted on a column 'b'; the data have a, x, c, d"):
        subjects_in(file, Frame(X, ["a", "x", "c", "d"]), TEXT)


def test_a_model_that_was_never_fitted_takes_its_widths_from_the_data(saved: Any) -> None:
    """As it does in Python; without data it says so."""
    model = MLPRegressor(hidden_layer_sizes=(6,))
    (network,) = subjects_in(saved(model), X, NUMBERS)
    assert (network.spec.inputs, network.spec.weights) == (4, None)
    with pytest.raises(InputError, match=r"model\.joblib: this MLPRegressor was never fitted"):
        subjects_in("model.joblib")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (fitted(Pipeline([("p", PolynomialFeatures()), *piped().steps])), "steps[0].p: a PolynomialFeatures is not"),
        (piped(), "steps[0].scale: this StandardScaler was never fitted"),
        (fitted(BaggingClassifier(piped()["mlp"], 2)), "estimators_[0]: what a BaggingClassifier makes of its data"),
    ],
)
def test_data_that_cannot_be_led_to_the_network_are_told(model: Any, message: str, saved: Any) -> None:
    """Rather than auditing it on others."""
    with pytest.raises(InputError) as error:
        subjects_in(saved(model), X, TEXT)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.pkl", "missing.pkl: there is no such file"),
        (".", "is a folder, no file"),
        ("nul\0.pkl", "cannot be read: embedded null byte"),
        ("scaler.pkl", "scaler.pkl: an object of type StandardScaler is not audited; there is no MLPClassifier"),
        ("text.joblib", "text.joblib: cannot be read as a pickle"),
        ("text.skops", "text.skops: cannot be read as a skops file: it is no zip archive"),
    ],
)
def test_what_cannot_be_read_is_told(name: str, message: str, saved: Any) -> None:
    """In one message with the file's name."""
    saved(StandardScaler(), "scaler.pkl")
    for file in ("text.joblib", "text.skops"):
        Path(file).write_text("no model")
    with pytest.raises(InputError) as error:
        ESTIMATOR.read(name)
    assert message in str(error.value)
    assert len(error.value.problems) == 1


def test_cut_files(saved: Any, canary: Any) -> None:
    """Wherever a file ends too early, it is refused."""
    saved(fitted(piped()))
    data = Path("model.joblib").read_bytes()
    for length in range(0, len(data), 97):
        Path("cut.pkl").write_bytes(data[:length])
        with pytest.raises(InputError, match=r"cut\.pkl: "):
            ESTIMATOR.read("cut.pkl")


class Stranger(MLPClassifier):
    """A class of the person's own: a file has its name and no more."""


def test_unsafe_load_runs_what_cannot_be_read(saved: Any, tmp_path: Path) -> None:
    """Only then, and only where the inert reader finds no network."""
    source = saved(fitted(Stranger((3,), max_iter=1)), "own.pkl")
    with pytest.raises(InputError, match="an object of type Stranger is not audited"):
        subjects_in(source)
    (network,) = subjects_in(source, unsafe_load=True)
    assert network.spec.inputs == 4

    harmful = [fitted(piped()), hostile.Reduced(open, "canary", "w")]
    Path("harmful.pkl").write_bytes(pickle.dumps(harmful))
    with pytest.raises(InputError, match=r"it calls 'io\.open' when it is loaded"):
        subjects_in("harmful.pkl")
    assert not (tmp_path / "canary").exists()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        assert len(subjects_in("harmful.pkl", unsafe_load=True)) == 1
    assert (tmp_path / "canary").exists()


def test_unsafe_load_that_fails_is_told(saved: Any) -> None:
    """By the exception that the file's own code raised."""
    Path("bad.pkl").write_bytes(pickle.dumps(hostile.Reduced(int, "no number")))
    with pytest.raises(InputError, match=r"loading bad\.pkl failed: ValueError: invalid literal for int"):
        subjects_in("bad.pkl", unsafe_load=True)
    with pytest.raises(InputError, match="there is no such file"):
        subjects_in("missing.pkl", unsafe_load=True)


WATCHED = """
import json, resource, sys
heard = []
harmful = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.", "pickle.", "socket.", "shutil.")
sys.addaudithook(lambda event, arguments: heard.append(event) if event.startswith(harmful) else None)
from gradaudit.cli.entry import main
status = main(sys.argv[1:])
heavy = sorted({"sklearn", "joblib", "pickletools"} & sys.modules.keys())
try:  # what getrusage says begins with the peak of the process that started this one
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([status, heard, heavy, peak]))
"""


def watched(*arguments: str, folder: Path) -> tuple[Any, str]:
    """The command line in a process of its own: what it ended in, was heard to do, imported and took, and said."""
    run = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout.splitlines()[-1]), run.stderr


def test_check_imports_neither_scikit_learn_nor_joblib(saved: Any, tmp_path: Path) -> None:
    """A fitted pipeline is audited by our own code alone."""
    saved(fitted(piped()))
    (status, heard, heavy, _), _ = watched("check", "model.joblib", "--effort", "quick", "-q", folder=tmp_path)
    assert status in (0, 1)
    assert heard == heavy == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured by a call of Unix")
def test_hostile_files_end_in_one_message_each(tmp_path: Path) -> None:
    """All in one process: status 2, nothing run or written, less than 512 MB taken."""
    names = []
    for name, data in hostile.files():
        (tmp_path / name).write_bytes(data)
        names.append(name)
    (status, heard, _, memory), said = watched("check", *names, "--no-progress", folder=tmp_path)
    assert (status, heard) == (2, [])
    assert sorted(line.partition(": ")[0] for line in said.splitlines()) == sorted(names)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert memory * (1 if sys.platform == "darwin" else 1024) < 512e6
