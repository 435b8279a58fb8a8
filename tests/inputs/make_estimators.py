"""Write scikit-learn models of every kind into a folder, and the weights that they have, by the version that runs this.

    python make_estimators.py FOLDER [CASE...]

Each case becomes files of every format, and CASE.npz with the arrays of each perceptron in it, `PATH/coefs_0` and so
on: as `joblib.load` gives them here, which is what a reader must find. No gradaudit is needed, and Python 3.9 will do.
"""

from __future__ import annotations

import pickle
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(3.0, 2.0, (40, 3))
NUMBERS = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * RNG.normal(size=40)
CLASSES = (NUMBERS > 0.0).astype(int)
TEXT = np.array(["no", "yes", "perhaps"], dtype=object)[np.digitize(NUMBERS, np.quantile(NUMBERS, [0.3, 0.7]))]
LABELS = np.stack([CLASSES, 1 - CLASSES, CLASSES], axis=1)
COUNTS = RNG.poisson(3.0, 40).astype(float)


def small(kind: Any, **parameters: Any) -> Any:
    """A perceptron of a few units that trains for a few epochs; the sizes by name, for 1.9 has them second."""
    return kind(**{"hidden_layer_sizes": (4,), "max_iter": 4, "random_state": 7, **parameters})


def pipeline(last: Any) -> Pipeline:
    """A scaler, and what is scaled for."""
    return Pipeline([("scale", StandardScaler()), ("mlp", last)])


def unusual() -> Any:
    """A tree, a text of every plane and a function beside the network: nothing that a reader needs."""
    both = [("tree", DecisionTreeClassifier(max_depth=2)), ("mlp", small(MLPClassifier))]
    return {"made by": "Zoë 🙂", "model": VotingClassifier(both).fit(X, CLASSES), "with": np.log1p, "at": 1.5}


Case = tuple[Callable[[], Any], list[tuple[str, Callable[[Any], Any]]]]

CASES: dict[str, Case] = {
    "binary": (lambda: small(MLPClassifier).fit(X, CLASSES), [("", lambda m: m)]),
    "text": (lambda: small(MLPClassifier, activation="logistic").fit(X, TEXT), [("", lambda m: m)]),
    "labels": (lambda: small(MLPClassifier, activation="tanh").fit(X, LABELS), [("", lambda m: m)]),
    "float32": (lambda: small(MLPClassifier).fit(X.astype(np.float32), TEXT), [("", lambda m: m)]),
    "lbfgs": (lambda: small(MLPRegressor, solver="lbfgs").fit(X, NUMBERS), [("", lambda m: m)]),
    "sgd": (lambda: small(MLPRegressor, solver="sgd", learning_rate_init=1e-4).fit(X, NUMBERS), [("", lambda m: m)]),
    "outputs": (lambda: small(MLPRegressor).fit(X, np.stack([NUMBERS, -NUMBERS], axis=1)), [("", lambda m: m)]),
    "stopped": (lambda: small(MLPRegressor, early_stopping=True).fit(X, NUMBERS), [("", lambda m: m)]),
    "poisson": (lambda: small(MLPRegressor, loss="poisson").fit(X, COUNTS), [("", lambda m: m)]),
    "unfitted": (lambda: pipeline(small(MLPClassifier)), []),
    "pipeline": (lambda: pipeline(small(MLPRegressor)).fit(X, NUMBERS), [("steps[1].mlp", lambda m: m[-1])]),
    "steps": (
        lambda: Pipeline(
            [
                ("fill", SimpleImputer()),
                ("same", FunctionTransformer()),
                ("none", "passthrough"),
                ("range", MinMaxScaler()),
                ("axes", PCA(2, whiten=True)),
                ("net", small(MLPClassifier)),
            ]
        ).fit(X, CLASSES),
        [("steps[5].net", lambda m: m[-1])],
    ),
    "search": (
        lambda: GridSearchCV(pipeline(small(MLPClassifier)), {"mlp__alpha": [0.1, 1.0]}, cv=2).fit(X, TEXT),
        [("best_estimator_.steps[1].mlp", lambda m: m.best_estimator_[-1])],
    ),
    "targets": (
        lambda: TransformedTargetRegressor(pipeline(small(MLPRegressor)), transformer=StandardScaler()).fit(X, NUMBERS),
        [("regressor_.steps[1].mlp", lambda m: m.regressor_[-1])],
    ),
    "calibrated": (
        lambda: CalibratedClassifierCV(small(MLPClassifier), cv=2).fit(X, CLASSES),
        [
            ("calibrated_classifiers_[0].estimator", lambda m: m.calibrated_classifiers_[0].estimator),
            ("calibrated_classifiers_[1].estimator", lambda m: m.calibrated_classifiers_[1].estimator),
        ],
    ),
    "bagging": (
        lambda: BaggingClassifier(small(MLPClassifier), n_estimators=3, random_state=0).fit(X, CLASSES),
        [(f"estimators_[{k}]", lambda m, k=k: m.estimators_[k]) for k in range(3)],
    ),
    "voting": (
        lambda: VotingClassifier([("line", LogisticRegression()), ("mlp", small(MLPClassifier))]).fit(X, TEXT),
        [("estimators_[1]", lambda m: m.estimators_[1])],
    ),
    "unusual": (unusual, [("model.estimators_[1]", lambda m: m["model"].estimators_[1])]),
}


def variants(name: str) -> Iterator[tuple[str, Callable[[Any, Path], Any]]]:
    """File names of a case, and what writes each."""
    for protocol in range(6):
        yield f"{name}.{protocol}.pkl", lambda m, path, p=protocol: path.write_bytes(pickle.dumps(m, p))
    yield f"{name}.joblib", joblib.dump
    yield f"{name}.2.joblib", lambda m, path: joblib.dump(m, path, protocol=2)
    for packing in ("zlib", "gzip", "bz2", "lzma", "xz"):
        yield f"{name}.{packing}.joblib", lambda m, path, p=packing: joblib.dump(m, path, compress=(p, 3))
    try:
        from skops import io
    except ImportError:
        return
    yield f"{name}.skops", io.dump
    packed = zipfile.ZIP_DEFLATED
    yield f"{name}.zip.skops", lambda m, path: io.dump(m, path, compression=packed, compresslevel=9)


def write(name: str, folder: Path) -> None:
    """Every file of a case, none where this scikit-learn cannot make it."""
    make, perceptrons = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = make()
        except TypeError:  # poisson is younger than the others
            return
    for file, dump in variants(name):
        dump(model, folder / file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = joblib.load(folder / f"{name}.joblib")
    arrays = {}
    for path, pick in perceptrons:
        for kind in ("coefs_", "intercepts_"):
            arrays.update({f"{path}/{kind}{k}": array for k, array in enumerate(getattr(pick(again), kind))})
    np.savez(folder / f"{name}.npz", **arrays)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or CASES:
        write(name, where)
