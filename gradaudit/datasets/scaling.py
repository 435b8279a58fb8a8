"""Standardising: what `standardize` and `standardize_targets` of the data section do."""

from __future__ import annotations

import numpy as np

from gradaudit.datasets.interface import Array


def standardized(A: Array) -> Array:
    """Each column with mean 0 and standard deviation 1 (of the N rows, as scikit-learn's StandardScaler).

    A constant column becomes 0. Columns are first divided by their largest absolute value, so that nothing
    overflows on the way.
    """
    largest = np.abs(A).max(axis=0)
    A = A / np.where(largest > 0, largest, 1.0)
    constant = A.max(axis=0) == A.min(axis=0)
    centred = A - np.where(constant, A[0], A.mean(axis=0))
    return np.asarray(centred / np.where(constant, 1.0, A.std(axis=0)))
