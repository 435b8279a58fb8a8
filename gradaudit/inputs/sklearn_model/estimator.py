"""scikit-learn's MLPClassifier and MLPRegressor, fitted or not, alone or inside any other estimator.

The facts are those of scikit-learn's neural_network/_multilayer_perceptron.py (1.2 to 1.9): alpha is divided by
the rows of a batch, the output activation follows the task, and the gradient of the squared error is that of half
the squares summed over the outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

import numpy as np

from gradaudit.domain.spec import Named
from gradaudit.errors import InputError, Location
from gradaudit.functions.arrays import AnyArray
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel, Place, Value
from gradaudit.inputs.described.stand_in import stand_in
from gradaudit.inputs.described.to_spec import spec_of
from gradaudit.inputs.readers import Subject
from gradaudit.inputs.sklearn_model.code import written_estimator
from gradaudit.inputs.sklearn_model.data import network_data, number_of_rows
from gradaudit.inputs.sklearn_model.perceptron import Perceptron, perceptron
from gradaudit.inputs.sklearn_model.tree import FoundNetwork, attributes_of, class_of, modules_in, networks

ROWS_UNKNOWN = 256
"""Taken for the rows of a model fitted by lbfgs on data that are not given: as many as the stand-in data have."""


def training_rows(mlp: Perceptron, X: object) -> int | None:
    """The rows an epoch goes through: X's, or by a fitted model's own count; None where nothing says it."""
    if X is not None:
        rows = number_of_rows(X)
        held_out = mlp.early_stopping and mlp.solver != "lbfgs"
        return max(rows - ceil(rows * mlp.validation_fraction), 1) if held_out else rows
    if mlp.fitted is None or not mlp.fitted.loss_curve:
        return None
    return max(mlp.fitted.rows_seen // len(mlp.fitted.loss_curve), 0) or None


def batch_rows(mlp: Perceptron, rows: int) -> int:
    """All rows for lbfgs; else `batch_size`, where `auto` is 200, and never more than there are."""
    return rows if mlp.solver == "lbfgs" else min(mlp.batch_size or 200, rows)


def optimizer(mlp: Perceptron) -> Named:
    """The solver with its numbers at the start of training; a falling rate (`invscaling`, `adaptive`) is not told."""
    rate = mlp.learning_rate_init
    if mlp.solver == "adam":
        return Named.of("adam", learning_rate=rate, beta_1=mlp.beta_1, beta_2=mlp.beta_2, eps=mlp.epsilon)
    if mlp.solver == "sgd":
        nesterov = mlp.nesterovs_momentum and mlp.momentum > 0
        return Named.of("sgd", learning_rate=rate, momentum=mlp.momentum, nesterov=nesterov)
    return Named("lbfgs")


def precision(mlp: Perceptron, X: object) -> Literal["float32", "float64"]:
    """scikit-learn computes in the type of X: float32 where X is that, else float64."""
    dtype = mlp.fitted.coefs[0].dtype if mlp.fitted else getattr(X, "dtype", None)
    return "float32" if dtype == np.float32 else "float64"


MAX_WEIGHTS = 1 << 24
"""In all networks of one object together."""
_SPELLED = {"logistic": "sigmoid", "exp": "exponential"}
"""Activations that scikit-learn calls otherwise."""


@dataclass(frozen=True)
class _Shape:
    """The widths from inputs to outputs, and the last activation in the spec's name."""

    widths: tuple[int, ...]
    output: str

    @property
    def outputs(self) -> int:
        return self.widths[-1]


def from_estimator(
    estimator: object,
    X: object = None,
    y: object = None,
    name: str = "",
    source: str = "",
    here: Location | None = None,
) -> tuple[Subject, ...]:
    """Every network in an estimator: as it is constructed (`init: sklearn`) and, where it is fitted, with its weights.

    X and y are the person's own data, as `fit` takes them. A model that was never fitted needs them for its
    widths; the number of rows decides the batch and with it l2. Raises InputError where they are missing,
    where a parameter is impossible, or where there is no such network in it.
    """
    if (X is None) != (y is None):
        raise InputError("an estimator is audited on both X and y; one of them is missing")
    found = networks(estimator)
    if not found:
        raise InputError(_refusal(estimator))
    facts = [perceptron(each.thing) for each in found]
    weights = sum(array.size for mlp in facts if mlp.fitted for array in mlp.fitted.coefs)
    if weights > MAX_WEIGHTS:  # a file may refer to one array any number of times
        raise InputError(f"it holds {weights:,} weights; {MAX_WEIGHTS:,} are the most")
    return tuple(_network(each, mlp, X, y, name, source, here) for each, mlp in zip(found, facts, strict=True))


def _network(
    found: FoundNetwork, mlp: Perceptron, X: object, y: object, name: str, source: str, here: Location | None
) -> Subject:
    inputs, targets = (None, None) if X is None else network_data(found, mlp, X, y)
    rows = training_rows(mlp, inputs)
    batch = batch_rows(mlp, rows or ROWS_UNKNOWN)
    shape = _shape(mlp, inputs, targets)
    steps = [(class_of(step.thing), attributes_of(step.thing)) for step in found.route if step.side == "inputs"]
    model = DescribedModel(
        name=_named(name, found.path) or mlp.name,
        place=Place("", here),
        layers=tuple(_layers(mlp, shape)),
        inputs=shape.widths[:1],
        framework="sklearn",
        settings={
            "loss": _loss(mlp, shape),
            "l2": mlp.alpha / batch,
            "optimizer": optimizer(mlp),
            "batch_size": None if mlp.solver == "lbfgs" else batch,
            "epochs": mlp.max_iter,
            "precision": precision(mlp, inputs),
            "data": stand_in(steps),
        },
    )
    spec, curve = spec_of(model), mlp.fitted.loss_curve if mlp.fitted else ()
    spec = replace(
        spec,
        activation=Named(_SPELLED.get(mlp.activation, mlp.activation)),  # of a model without a hidden layer, too
        weights=spec.weights and replace(spec.weights, origin=source or name or mlp.name, loss_curve=curve),
        assumed=(*(() if rows else ("l2",)), *(() if X is not None else ("data",))),
        estimator=written_estimator(found, source),
        random_state=mlp.random_state,
        source=source,
        lines={"": here} if here else {},
    )
    return Subject(spec, inputs, targets)


_WAYS_OUT = {
    "skorch": "skorch's nets hold a PyTorch module: name net.module_ in a Python file, as in file.py:NAME",
    "torch": "name the PyTorch module in a Python file, as file.py:NAME",
    "scikeras": "save the Keras model in it by model.save('model.keras')",
    "keras": "save the Keras model in it by model.save('model.keras')",
    "tensorflow": "save the Keras model in it by model.save('model.keras')",
}
"""Library → what to do about a network of its own."""


def _refusal(thing: object) -> str:
    """Why there is nothing to audit, and what to do."""
    kind = f"the class {thing.__name__}" if isinstance(thing, type) else f"an object of type {class_of(thing)}"
    libraries = {module.split(".")[0] for module in modules_in(thing)}
    way = next((way for library, way in _WAYS_OUT.items() if library in libraries), None)
    way = way or "those are scikit-learn's neural networks; other models have no gradients to audit"
    return f"{kind} is not audited; there is no MLPClassifier and no MLPRegressor in it: {way}"


def _named(name: str, path: str) -> str:
    """`pipeline.steps[1].mlp`: the object, and the network's place in it."""
    return f"{name}{'' if path.startswith('[') or not name or not path else '.'}{path}"


def _shape(mlp: Perceptron, inputs: AnyArray | None, targets: AnyArray | None) -> _Shape:
    """As its arrays have it, whatever its parameters were set to since; else as `fit` would decide it."""
    if mlp.fitted is not None:
        return _Shape(mlp.fitted.widths, _SPELLED.get(mlp.fitted.output, mlp.fitted.output))
    if inputs is None or targets is None:
        raise InputError(
            f"this {mlp.name} was never fitted, so its numbers of inputs and outputs are unknown; "
            "pass X and y, as file.py:NAME of a tuple (model, X, y), or name the data with --data"
        )
    columns = targets.shape[1] if targets.ndim == 2 else 1
    output = "exponential" if mlp.loss == "poisson" else "identity"
    if mlp.is_classifier:
        classes = len(np.unique(targets)) if columns == 1 else 0
        output, columns = ("softmax", classes) if classes > 2 else ("sigmoid", columns)
    return _Shape((inputs.shape[1], *mlp.hidden_layer_sizes, columns), output)


def _loss(mlp: Perceptron, shape: _Shape) -> Named:
    if shape.output == "softmax":
        return Named("cross_entropy")
    if mlp.is_classifier:
        several = {"outputs": "sum"} if shape.outputs > 1 else {}
        return Named.of("binary_cross_entropy", **several)
    if shape.output == "exponential":
        return Named("poisson")
    return Named("half_mse" if shape.outputs == 1 else "half_sse")


def _layers(mlp: Perceptron, shape: _Shape) -> Iterator[DescribedLayer]:
    """The dense layers, each drawn by scikit-learn's own rule, with its arrays where there are any."""
    hidden = _SPELLED.get(mlp.activation, mlp.activation)
    for index, units in enumerate(shape.widths[1:]):
        activation = hidden if index < len(shape.widths) - 2 else shape.output
        stored = {"weight": mlp.fitted.coefs, "bias": mlp.fitted.intercepts} if mlp.fitted else {}
        arrays = {key: np.array(each[index], dtype=np.float64) for key, each in stored.items()}
        keys: dict[str, Value] = {"units": units, "activation": Named(activation), "init": Named("sklearn")}
        yield DescribedLayer("dense", Place(f"layer {index}"), keys, arrays)
