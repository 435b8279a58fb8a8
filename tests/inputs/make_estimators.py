"""Write scikit-learn models of every kind into a folder, and the weights that they have, by the version that runs this.

    python make_estimators.py FOLDER [CASE...]

Each case becomes files of every format, and CASE.npz with the arrays of each perceptron in it, `PATH/coefs_0` and so
on: as `joblib.load` gives them here, which is what a reader must find. No gradaudit is needed; scikit-learn 0.18 and
Python 3.6 will do, which is why there are no annotations.
"""

import logging
import pickle
import re
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, GradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

try:
    from sklearn.externals import joblib  # up to 0.22, and a copy of its own up to 0.20
except ImportError:
    import joblib

RNG = np.random.default_rng(0)
X = RNG.normal(3.0, 2.0, (40, 3))
NUMBERS = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * RNG.normal(size=40)
CLASSES = (NUMBERS > 0.0).astype(int)
TEXT = np.array(["no", "yes", "perhaps"], dtype=object)[np.digitize(NUMBERS, np.quantile(NUMBERS, [0.3, 0.7]))]
LABELS = np.stack([CLASSES, 1 - CLASSES, CLASSES], axis=1)
COUNTS = RNG.poisson(3.0, 40).astype(float)
ITSELF = [("", lambda m: m)]
VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])


def small(kind, **parameters):
    """A perceptron of a few units that trains for a few epochs; the sizes by name, for 1.9 has them second."""
    given = {"hidden_layer_sizes": (4,), "max_iter": 4, "random_state": 7}
    given.update(parameters)
    return kind(**given)


def pipeline(last):
    """A scaler, and what is scaled for."""
    return Pipeline([("scale", StandardScaler()), ("mlp", last)])


def steps():
    """Steps of every kind before a network."""
    from sklearn.impute import SimpleImputer  # since 0.20

    known = [("fill", SimpleImputer()), ("same", FunctionTransformer()), ("range", MinMaxScaler())]
    none = [("none", "passthrough")] if VERSION >= (0, 21) else [("none", None)]
    return Pipeline([*known, *none, ("axes", PCA(2, whiten=True)), ("net", small(MLPClassifier))]).fit(X, CLASSES)


def targets():
    """A network behind scalers of its inputs and its targets."""
    from sklearn.compose import TransformedTargetRegressor  # since 0.20

    return TransformedTargetRegressor(pipeline(small(MLPRegressor)), transformer=StandardScaler()).fit(X, NUMBERS)


def unusual():
    """A tree, a text of every plane and a function beside the network: nothing that a reader needs."""
    both = [("tree", DecisionTreeClassifier(max_depth=2)), ("mlp", small(MLPClassifier))]
    return {"made by": "Zoë 🙂", "model": VotingClassifier(both).fit(X, CLASSES), "with": np.log1p, "at": 1.5}


def beside():
    """Estimators that hold objects of extension types: losses, trees, neighbours, kernels."""
    others = [
        ("boosted", GradientBoostingClassifier(n_estimators=2)),
        ("linear", SGDClassifier(max_iter=5)),
        ("near", KNeighborsClassifier(algorithm="kd_tree")),
        ("kernel", SVC(gamma=0.1)),
    ]
    if VERSION >= (1, 0):
        from sklearn.ensemble import HistGradientBoostingClassifier

        others.append(("histograms", HistGradientBoostingClassifier(max_iter=2)))
    if VERSION >= (0, 22):
        from sklearn.ensemble import StackingClassifier

        return StackingClassifier([*others, ("mlp", small(MLPClassifier))], cv=2).fit(X, CLASSES)
    return VotingClassifier([*others, ("mlp", small(MLPClassifier))]).fit(X, CLASSES)


def notes():
    """A perceptron in a mapping beside what people keep with it."""
    parts = {"cleaner": re.compile(r"\s+", re.IGNORECASE), "settings": types.SimpleNamespace(columns=["a", "b"])}
    if sys.version_info >= (3, 7):  # noqa: UP036 - those of 3.6 cannot be pickled
        parts["log"] = logging.getLogger("training")
    return dict(parts, model=small(MLPClassifier).fit(X, CLASSES), strip=" ".join)


def fitted_inside(attribute, numbers, name):
    """The paths of several perceptrons, and how each is reached."""
    place = "{}[{}]{}"
    return [
        (place.format(attribute, k, name), lambda m, k=k: _attribute(getattr(m, attribute)[k], name)) for k in numbers
    ]


def _attribute(thing, name):
    return getattr(thing, name[1:]) if name else thing


CASES = {
    "binary": (lambda: small(MLPClassifier).fit(X, CLASSES), ITSELF),
    "text": (lambda: small(MLPClassifier, activation="logistic").fit(X, TEXT), ITSELF),
    "labels": (lambda: small(MLPClassifier, activation="tanh").fit(X, LABELS), ITSELF),
    "float32": (lambda: small(MLPClassifier).fit(X.astype(np.float32), TEXT), ITSELF),
    "lbfgs": (lambda: small(MLPRegressor, solver="lbfgs").fit(X, NUMBERS), ITSELF),
    "sgd": (lambda: small(MLPRegressor, solver="sgd", learning_rate_init=1e-4).fit(X, NUMBERS), ITSELF),
    "outputs": (lambda: small(MLPRegressor).fit(X, np.stack([NUMBERS, -NUMBERS], axis=1)), ITSELF),
    "stopped": (lambda: small(MLPRegressor, early_stopping=True).fit(X, NUMBERS), ITSELF),
    "poisson": (lambda: small(MLPRegressor, loss="poisson").fit(X, COUNTS), ITSELF),
    "unfitted": (lambda: pipeline(small(MLPClassifier)), []),
    "pipeline": (
        lambda: pipeline(small(MLPRegressor)).fit(X, NUMBERS),
        [("steps[1].mlp", lambda m: m.steps[1][1])],
    ),
    "steps": (steps, [("steps[5].net", lambda m: m.steps[5][1])]),
    "search": (
        lambda: GridSearchCV(pipeline(small(MLPClassifier)), {"mlp__alpha": [0.1, 1.0]}, cv=2).fit(X, TEXT),
        [("best_estimator_.steps[1].mlp", lambda m: m.best_estimator_.steps[1][1])],
    ),
    "targets": (targets, [("regressor_.steps[1].mlp", lambda m: m.regressor_.steps[1][1])]),
    "calibrated": (
        lambda: CalibratedClassifierCV(small(MLPClassifier), cv=2).fit(X, CLASSES),
        fitted_inside("calibrated_classifiers_", range(2), ".estimator" if VERSION >= (1, 2) else ".base_estimator"),
    ),
    "bagging": (
        lambda: BaggingClassifier(small(MLPClassifier), n_estimators=3, random_state=0).fit(X, CLASSES),
        fitted_inside("estimators_", range(3), ""),
    ),
    "voting": (
        lambda: VotingClassifier([("line", LogisticRegression()), ("mlp", small(MLPClassifier))]).fit(X, TEXT),
        [("estimators_[1]", lambda m: m.estimators_[1])],
    ),
    "unusual": (unusual, [("model.estimators_[1]", lambda m: m["model"].estimators_[1])]),
    "beside": (beside, fitted_inside("estimators_", [5 if VERSION >= (1, 0) else 4], "")),
    "notes": (notes, [("model", lambda m: m["model"])]),
}


def variants(name):
    """File names of a case, and what writes each."""
    for protocol in range(min(pickle.HIGHEST_PROTOCOL, 5) + 1):
        yield f"{name}.{protocol}.pkl", lambda m, path, p=protocol: path.write_bytes(pickle.dumps(m, p))
    yield f"{name}.sav", lambda m, path: path.write_bytes(pickle.dumps(m))
    yield f"{name}.joblib", lambda m, path: joblib.dump(m, str(path))
    yield f"{name}.2.joblib", lambda m, path: joblib.dump(m, str(path), protocol=2)
    for packing in ("zlib", "gzip", "bz2", "lzma", "xz"):
        yield f"{name}.{packing}.joblib", lambda m, path, p=packing: joblib.dump(m, str(path), compress=(p, 3))
    try:
        from skops import io
    except ImportError:
        return
    if name == "notes":  # skops writes no loggers
        return
    yield f"{name}.skops", io.dump
    packed = zipfile.ZIP_DEFLATED
    yield f"{name}.zip.skops", lambda m, path: io.dump(m, path, compression=packed, compresslevel=9)


def write(name, folder):
    """Every file of a case, none where this scikit-learn cannot make it."""
    make, perceptrons = CASES[name]
    try:
        model = make()
    except (TypeError, ImportError):  # poisson, SimpleImputer and others are younger than the rest
        return
    for file, dump in variants(name):
        dump(model, folder / file)
    again = joblib.load(str(folder / f"{name}.joblib"))
    arrays = {}
    for path, pick in perceptrons:
        for kind in ("coefs_", "intercepts_"):
            arrays.update({f"{path}/{kind}{k}": array for k, array in enumerate(getattr(pick(again), kind))})
    np.savez(str(folder / f"{name}.npz"), **arrays)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or CASES:
        write(name, where)
