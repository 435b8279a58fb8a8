"""How an MLP of scikit-learn is trained: its batch, its optimizer, the numbers it computes with."""

from __future__ import annotations

from math import ceil
from typing import Any, Literal

import numpy as np

from gradaudit.inputs.estimator_data import is_fitted, number_of_rows
from gradaudit.spec import Named

ROWS_UNKNOWN = 256
"""Taken for the rows of a model fitted by lbfgs on data that are not given: as many as the stand-in data have."""


def training_rows(mlp: Any, X: object) -> int | None:  # noqa: ANN401
    """The rows an epoch goes through: X's, or by a fitted model's own count; None where nothing says it."""
    if X is not None:
        rows = number_of_rows(X)
        held_out = mlp.early_stopping and mlp.solver != "lbfgs"
        return max(rows - ceil(rows * mlp.validation_fraction), 1) if held_out else rows
    seen, epochs = getattr(mlp, "t_", 0), len(getattr(mlp, "loss_curve_", ()))
    return int(seen) // epochs or None if epochs else None


def batch_rows(mlp: Any, rows: int) -> int:  # noqa: ANN401
    """All rows for lbfgs; else `batch_size`, where `auto` is 200, and never more than there are."""
    if mlp.solver == "lbfgs":
        return rows
    return min(200 if mlp.batch_size == "auto" else int(mlp.batch_size), rows)


def optimizer(mlp: Any) -> Named:  # noqa: ANN401
    """The solver with its numbers at the start of training; a falling rate (`invscaling`, `adaptive`) is not told."""
    rate = float(mlp.learning_rate_init)
    if mlp.solver == "adam":
        moments = {"beta_1": float(mlp.beta_1), "beta_2": float(mlp.beta_2), "eps": float(mlp.epsilon)}
        return Named.of("adam", learning_rate=rate, **moments)
    if mlp.solver == "sgd":
        momentum = float(mlp.momentum)
        nesterov = bool(mlp.nesterovs_momentum) and momentum > 0
        return Named.of("sgd", learning_rate=rate, momentum=momentum, nesterov=nesterov)
    return Named("lbfgs")


def precision(mlp: Any, X: object) -> Literal["float32", "float64"]:  # noqa: ANN401
    """scikit-learn computes in the type of X: float32 where X is that, else float64."""
    dtype = mlp.coefs_[0].dtype if is_fitted(mlp) else getattr(X, "dtype", None)
    return "float32" if dtype == np.float32 else "float64"
