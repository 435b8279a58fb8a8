"""Data in place of those that a network was made for, as far as the steps before it tell what it sees.

A step that scales knows the range or the spread of what leaves it: the stand-in has the same. What stands between it
and the network is taken to keep that; without such a step inputs are N(0, 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from gradaudit.domain.spec import Named

Attributes = Mapping[str, Any]
GAUSSIAN = Named("gaussian")


def stand_in(steps: Sequence[tuple[str, Attributes]]) -> Named:
    """A data section for a network behind these steps of scikit-learn's: class and attributes of each, in order."""
    known = ((_AFTER[kind], attributes) for kind, attributes in reversed(steps) if kind in _AFTER)
    after, attributes = next(known, (None, {}))
    try:
        with np.errstate(all="ignore"):  # what is no number then is left out
            return after(attributes) if after else GAUSSIAN
    except (TypeError, ValueError, ArithmeticError):  # the attributes of a file may be anything
        return GAUSSIAN


def _drawn(name: str, scale: float, offset: float) -> Named:
    """Defaults stay unsaid, and so does what is no number."""
    given = {"scale": (scale, 1.0), "offset": (offset, 0.0)}
    said = {key: float(value) for key, (value, usual) in given.items() if np.isfinite(value) and value != usual}
    return Named.of(name, **said)


def _between(low: float, high: float) -> Named:
    return _drawn("uniform", (high - low) / 2, (high + low) / 2)


def _standardised(step: Attributes) -> Named:
    """Mean 0 and standard deviation 1; left out by one half, the mean in units of the spread stays."""
    mean, spread = step.get("mean_"), step.get("scale_")
    if step.get("with_mean", True) or mean is None or spread is None or np.shape(mean) != np.shape(spread):
        return GAUSSIAN
    return _drawn("gaussian", 1.0, float(np.mean(np.asarray(mean) / np.asarray(spread))))


def _robust(step: Attributes) -> Named:
    """The distance of the quartiles (or the quantiles asked for) is 1, which in a normal distribution is 1.35·σ."""
    if step.get("unit_variance", False) or not step.get("with_scaling", True):
        return GAUSSIAN
    low, high = step.get("quantile_range", (25.0, 75.0))
    return _drawn("gaussian", 1 / (NormalDist().inv_cdf(high / 100) - NormalDist().inv_cdf(low / 100)), 0.0)


def _components(step: Attributes) -> Named:
    """Uncorrelated, whitened or of the mean of their variances."""
    variances = step.get("explained_variance_")
    if step.get("whiten", False) or variances is None:
        return GAUSSIAN
    return _drawn("gaussian", float(np.sqrt(np.mean(variances))), 0.0)


_AFTER: Mapping[str, Callable[[Attributes], Named]] = {
    "StandardScaler": _standardised,
    "MinMaxScaler": lambda step: _between(*step.get("feature_range", (0.0, 1.0))),
    "MaxAbsScaler": lambda step: _between(-1.0, 1.0),
    "RobustScaler": _robust,
    "PowerTransformer": lambda step: GAUSSIAN,
    "QuantileTransformer": lambda step: GAUSSIAN if step.get("output_distribution") == "normal" else _between(0.0, 1.0),
    "PCA": _components,
}
"""Class → what its output looks like."""
