"""scikit-learn's files are read without running them, and give the models that the live objects give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from gradaudit.errors import InputError, Location
from gradaudit.inputs.readers import ESTIMATOR
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from gradaudit.inputs.sklearn_model.file import subjects_in
from tests.inputs.make_estimators import CASES
from tests.inputs.matrix import other_arrays
from tests.inputs.sklearn_model.saving import NUMBERS, TEXT, X, fitted, piped, saved

__all__ = ["saved"]

FILES = sorted((Path(__file__).parents[1] / "estimators").rglob("*.[pjs]*"))


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
