"""scikit-learn's MLPClassifier and MLPRegressor, fitted or not, alone or as the last step of a Pipeline.

The facts are those of scikit-learn's neural_network/_multilayer_perceptron.py (1.4 to 1.9): alpha is divided by
the rows of a batch, the output activation follows the task, and the gradient of the squared error is that of half
the squares summed over the outputs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from gradaudit.errors import InputError, Location
from gradaudit.inputs.estimator_data import is_fitted, network_data, network_of, steps_of
from gradaudit.inputs.estimator_training import ROWS_UNKNOWN, batch_rows, optimizer, precision, training_rows
from gradaudit.inputs.stand_in import stand_in
from gradaudit.spec import DenseSpec, ModelSpec, Named, Weights

_ACTIVATIONS = {"logistic": "sigmoid", "exp": "exponential"}
"""What scikit-learn calls otherwise."""


@dataclass(frozen=True)
class _Shape:
    """The widths from inputs to outputs, and the last activation in the spec's name."""

    widths: tuple[int, ...]
    output: str

    @property
    def outputs(self) -> int:
        return self.widths[-1]


def is_estimator(candidate: object) -> bool:
    """Whether it is one of scikit-learn's estimators, of whatever kind. Does not import scikit-learn."""
    base = sys.modules.get("sklearn.base")
    return base is not None and isinstance(candidate, base.BaseEstimator)


def from_estimator(
    estimator: object,
    X: object = None,
    y: object = None,
    name: str = "",
    source: str = "",
    lines: Mapping[str, Location] | None = None,
) -> tuple[ModelSpec, ...]:
    """The estimator as a model: as it is constructed (`init: sklearn`) and, where it is fitted, with its weights.

    X and y are the person's own data, as `fit` takes them. A model that was never fitted needs them for its
    widths; the number of rows decides the batch and with it l2. Raises InputError where they are missing,
    where a parameter is impossible, or where the estimator is none of the two.
    """
    mlp = network_of(estimator)
    _check_parameters(mlp)
    shape = _fitted_shape(mlp) if is_fitted(mlp) else _shape_for(estimator, mlp, X, y)
    rows = training_rows(mlp, X)
    batch = batch_rows(mlp, rows or ROWS_UNKNOWN)
    spec = ModelSpec(
        name=name or type(mlp).__name__,
        inputs=shape.widths[0],
        layers=tuple(DenseSpec(units) for units in shape.widths[1:]),
        activation=_activation(mlp.activation),
        output=Named(shape.output),
        init=Named("sklearn"),
        loss=_loss(mlp, shape),
        l2=float(mlp.alpha) / batch,
        optimizer=optimizer(mlp),
        batch_size=None if mlp.solver == "lbfgs" else batch,
        epochs=int(mlp.max_iter),
        precision=precision(mlp, X),
        weights=_weights(mlp, source or name) if is_fitted(mlp) else None,
        audits_initialisation=True,
        data=stand_in(steps_of(estimator)),
        assumed=(*(() if rows else ("l2",)), *(() if X is not None else ("data",))),
        framework="sklearn",
        source=source,
        lines=lines or {},
    )
    return (spec,)


def _check_parameters(mlp: Any) -> None:  # noqa: ANN401 - an estimator's attributes carry no annotations
    """scikit-learn checks its parameters in `fit`, which an audit does not call."""
    try:
        mlp._validate_params()  # noqa: SLF001 - what `fit` itself calls first, since scikit-learn 1.2
    except ValueError as error:
        raise InputError(" ".join(str(error).split())) from None
    sizes = _hidden_sizes(mlp)
    if any(not isinstance(size, int | np.integer) or size < 1 for size in sizes):
        raise InputError(f"hidden_layer_sizes must be whole numbers from 1 up, not {mlp.hidden_layer_sizes!r}")


def _hidden_sizes(mlp: Any) -> tuple[Any, ...]:  # noqa: ANN401
    sizes = mlp.hidden_layer_sizes
    return tuple(sizes) if isinstance(sizes, Sequence | np.ndarray) else (sizes,)


def _fitted_shape(mlp: Any) -> _Shape:  # noqa: ANN401
    """As its arrays have it, whatever its parameters were set to since."""
    coefs, intercepts = mlp.coefs_, mlp.intercepts_
    widths = (coefs[0].shape[0], *(coef.shape[1] for coef in coefs))
    shapes = list(pairwise(widths))
    if [coef.shape for coef in coefs] != shapes or [bias.shape for bias in intercepts] != [s[1:] for s in shapes]:
        raise InputError("the arrays in coefs_ and intercepts_ do not fit together")
    return _Shape(tuple(int(width) for width in widths), _ACTIVATIONS.get(mlp.out_activation_, mlp.out_activation_))


def _shape_for(estimator: object, mlp: Any, X: object, y: object) -> _Shape:  # noqa: ANN401
    """The widths that `fit` would give it on these data, by its own rules for the output."""
    if X is None or y is None:
        raise InputError(
            f"this {type(mlp).__name__} was never fitted, so its numbers of inputs and outputs are unknown; "
            "pass X and y, or name the data with --data"
        )
    inputs, targets = network_data(estimator, X, y)
    columns = targets.shape[1] if targets.ndim == 2 else 1
    output = "exponential" if getattr(mlp, "loss", "") == "poisson" else "identity"
    if _is_classifier(mlp):
        classes = len(np.unique(targets)) if columns == 1 else 0
        output, columns = ("softmax", classes) if classes > 2 else ("sigmoid", columns)
    return _Shape((inputs.shape[1], *map(int, _hidden_sizes(mlp)), columns), output)


def _is_classifier(mlp: object) -> bool:
    from sklearn.neural_network import MLPClassifier

    return isinstance(mlp, MLPClassifier)


def _activation(name: str) -> Named:
    return Named(_ACTIVATIONS.get(name, name))


def _loss(mlp: Any, shape: _Shape) -> Named:  # noqa: ANN401
    if shape.output == "softmax":
        return Named("cross_entropy")
    if _is_classifier(mlp):
        several = {"outputs": "sum"} if shape.outputs > 1 else {}
        return Named.of("binary_cross_entropy", **several)
    if shape.output == "exponential":
        return Named("poisson")
    return Named("half_mse" if shape.outputs == 1 else "half_sse")


def _weights(mlp: Any, origin: str) -> Weights:  # noqa: ANN401
    return Weights(
        tuple(np.array(coef, dtype=np.float64) for coef in mlp.coefs_),
        tuple(np.array(intercept, dtype=np.float64) for intercept in mlp.intercepts_),
        origin=origin or type(mlp).__name__,
        loss_curve=tuple(float(loss) for loss in getattr(mlp, "loss_curve_", ())),
    )
