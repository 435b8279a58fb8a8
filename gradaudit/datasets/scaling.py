"""Scaling: what `standardize` and `standardize_targets` of the data section do, and what a model does to its inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradaudit.datasets.interface import Raw
from gradaudit.domain.spec import ModelSpec, Scaling
from gradaudit.errors import InputError
from gradaudit.functions.arrays import Array

_COLUMNS = 64


def standardized(A: Array) -> Array:
    """Each column of rows × … × columns with mean 0 and standard deviation 1 (of N, as scikit-learn's StandardScaler).

    A constant column becomes 0. Columns are first divided by their largest absolute value, so that nothing
    overflows on the way. Takes the memory of the result and of a few columns.
    """
    if A.ndim > 2:  # each channel, over samples and positions
        return standardized(A.reshape(-1, A.shape[-1])).reshape(A.shape)
    scaled = np.empty_like(A, dtype=np.result_type(A, np.float32))  # whole numbers too become fractions
    for start in range(0, A.shape[1], _COLUMNS):
        block = slice(start, start + _COLUMNS)
        scaled[:, block] = _standardized(A[:, block])
    return scaled


def _standardized(A: Array) -> Array:
    largest = np.abs(A).max(axis=0)
    A = A / np.where(largest > 0, largest, 1.0)
    constant = A.max(axis=0) == A.min(axis=0)
    centred = A - np.where(constant, A[0], A.mean(axis=0))
    return np.asarray(centred / np.where(constant, 1.0, A.std(axis=0)))


def scaled_as_by_model(raw: Raw, scalings: tuple[Scaling, ...]) -> Raw:
    """The rows as the model's first layer sees them. Raises InputError where they overflow on the way."""
    X = raw.X
    with np.errstate(all="ignore"):
        for scaling in scalings:
            X = (X - scaling.offset) * scaling.scale
    if not np.isfinite(X).all():
        raise InputError(f"{raw.description}: the model's own scaling of its inputs makes them infinite")
    return replace(raw, X=X, description=f"{raw.description}, scaled as by the model") if scalings else raw


def moved(X: Array, spec: ModelSpec) -> Array:
    """X·scale + offset, as the data section of generated data says."""
    return X * spec.data.number("scale", 1.0) + spec.data.number("offset", 0.0)
