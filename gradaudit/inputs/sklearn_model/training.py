"""How an MLP of scikit-learn is trained: its batch, its optimizer, the numbers it computes with."""

from __future__ import annotations

from math import ceil
from typing import Literal

import numpy as np

from gradaudit.domain.spec import Named
from gradaudit.inputs.sklearn_model.data import number_of_rows
from gradaudit.inputs.sklearn_model.perceptron import Perceptron

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
