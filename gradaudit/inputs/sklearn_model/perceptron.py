"""What is known of an MLPClassifier or MLPRegressor: its parameters and, where it is fitted, its arrays, all checked.

An estimator of the running program and one read from a file are asked for their attributes by name, no more, so both
come this way. The bounds are those of scikit-learn's neural_network/_multilayer_perceptron.py (1.2 to 1.9). Since
0.18, the first release with a perceptron, two names changed: the module was `multilayer_perceptron` up to 0.21, and a
regressor's loss `squared_loss` up to 0.24. Other attributes were only added (`n_iter_no_change`, `max_fun`, …).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gradaudit.errors import InputError
from gradaudit.functions.arrays import AnyArray
from gradaudit.inputs.pickles.inert import Objects
from gradaudit.inputs.sklearn_model.tree import attributes_of, class_of
from gradaudit.text.suggest import quoted

_OUTPUTS = ("identity", "logistic", "softmax", "exp")
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, eq=False)
class Fitted:
    """What `fit` left."""

    coefs: tuple[AnyArray, ...]
    """inputs × units, in the type that it was trained in."""
    intercepts: tuple[AnyArray, ...]
    output: str
    """`out_activation_`."""
    loss_curve: tuple[float, ...]
    """Empty for lbfgs."""
    rows_seen: int
    """`t_`: rows times epochs."""
    classes: tuple[object, ...]
    """In the order of the outputs; empty for a regressor."""

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths of all layers, from inputs to outputs."""
        return (self.coefs[0].shape[0], *(coef.shape[1] for coef in self.coefs))


@dataclass(frozen=True, eq=False)
class Perceptron:
    """One estimator; the fields are its parameters by scikit-learn's names."""

    name: str
    """MLPClassifier or MLPRegressor."""
    hidden_layer_sizes: tuple[int, ...]
    activation: str
    solver: str
    loss: str
    alpha: float
    batch_size: int | None
    """None: `auto`."""
    learning_rate_init: float
    momentum: float
    nesterovs_momentum: bool
    beta_1: float
    beta_2: float
    epsilon: float
    max_iter: int
    early_stopping: bool
    validation_fraction: float
    random_state: int | None
    """None where it is not a whole number."""
    fitted: Fitted | None

    @property
    def is_classifier(self) -> bool:
        return self.name == "MLPClassifier"


def perceptron(thing: object) -> Perceptron:
    """The facts of an estimator. Raises InputError for impossible parameters and arrays that make no network."""
    given = _Given(class_of(thing), attributes_of(thing))
    choices = ("identity", "logistic", "tanh", "relu")
    losses = ("log_loss",) if given.owner == "MLPClassifier" else ("squared_error", "poisson")
    return Perceptron(
        name=given.owner,
        hidden_layer_sizes=_hidden_sizes(given.values.get("hidden_layer_sizes")),
        activation=given.choice("activation", choices),
        solver=given.choice("solver", ("lbfgs", "sgd", "adam")),
        loss=given.choice("loss", losses, {"squared_loss": "squared_error"}),
        alpha=given.number("alpha", 0.0),
        batch_size=None if given.values.get("batch_size") == "auto" else given.whole("batch_size", 1),
        learning_rate_init=given.number("learning_rate_init", float(np.nextafter(0.0, 1.0))),
        momentum=given.number("momentum", 0.0, 1.0),
        nesterovs_momentum=bool(given.plain("nesterovs_momentum")),
        beta_1=given.number("beta_1", 0.0, 1.0),
        beta_2=given.number("beta_2", 0.0, 1.0),
        epsilon=given.number("epsilon", float(np.nextafter(0.0, 1.0))),
        max_iter=given.whole("max_iter", 1),
        early_stopping=bool(given.plain("early_stopping")),
        validation_fraction=given.number("validation_fraction", 0.0, 1.0),
        random_state=_seed(given.plain("random_state")),
        fitted=_fitted(given.values) if "coefs_" in given.values else None,
    )


@dataclass(frozen=True)
class _Given:
    """An estimator's attributes, asked for one by one."""

    owner: str
    values: Mapping[str, object]

    def plain(self, key: str) -> object:
        """A value, a single number of NumPy's as Python has it."""
        value = self.values.get(key)
        return value.item() if isinstance(value, np.generic) else value

    def choice(self, key: str, known: tuple[str, ...], renamed: Mapping[str, str] | None = None) -> str:
        value = self.plain(key)
        if isinstance(value, str):
            value = (renamed or {}).get(value, value)
        if not isinstance(value, str) or value not in known:
            raise self._wrong(key, f"one of {', '.join(known)}")
        return value

    def number(self, key: str, low: float, high: float = _LARGEST) -> float:
        value = self.plain(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            least = "above 0" if 0.0 < low < 1e-300 else f"from {low:g}"
            raise self._wrong(key, f"a number {least}" + (f" to {high:g}" if high < _LARGEST else ""))
        return float(value)

    def whole(self, key: str, low: int) -> int:
        value = self.plain(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value < 1 << 63:
            raise self._wrong(key, f"a whole number from {low}")
        return value

    def _wrong(self, key: str, wanted: str) -> InputError:
        held = f", not {quoted(self.plain(key))[:80]}" if key in self.values else "; there is none"
        return InputError(f"The {key!r} parameter of {self.owner} must be {wanted}{held}")


def _hidden_sizes(sizes: object) -> tuple[int, ...]:
    listed = list(sizes) if isinstance(sizes, Sequence | np.ndarray) and not isinstance(sizes, str) else [sizes]
    plain = [size.item() if isinstance(size, np.generic) else size for size in listed]
    whole = tuple(size for size in plain if isinstance(size, int) and not isinstance(size, bool) and 0 < size < 1 << 31)
    if len(whole) != len(plain):
        raise InputError(f"hidden_layer_sizes must be whole numbers from 1 up, not {_shown(plain)}")
    return whole


def _shown(sizes: list[object]) -> str:
    text = ", ".join(quoted(size)[:20] for size in sizes[:8]) + (", …" if len(sizes) > 8 else "")
    return text if len(sizes) == 1 else f"({text})"


def _seed(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 32 else None


def _fitted(values: Mapping[str, object]) -> Fitted:
    coefs, intercepts = _arrays(values.get("coefs_"), 2), _arrays(values.get("intercepts_"), 1)
    fit = len(coefs) == len(intercepts) > 0 and all(a.shape[1] == b.shape[0] for a, b in pairwise(coefs))
    if not fit or any(coef.shape[1:] != bias.shape for coef, bias in zip(coefs, intercepts, strict=True)):
        raise InputError("the arrays in coefs_ and intercepts_ do not fit together")
    if not all(array.size for array in coefs):
        raise InputError("an array in coefs_ is empty")
    output = values.get("out_activation_")
    if not isinstance(output, str) or output not in _OUTPUTS:
        raise InputError(f"out_activation_ must be one of {', '.join(_OUTPUTS)}, not {quoted(output)}")
    curve, seen = values.get("loss_curve_"), values.get("t_")
    losses = curve if isinstance(curve, list) else []
    return Fitted(
        coefs,
        intercepts,
        output,
        tuple(float(loss) for loss in losses if isinstance(loss, float | int | np.floating)),
        int(seen) if isinstance(seen, int | np.integer) else 0,
        _classes(values.get("classes_")),
    )


def _arrays(listed: object, dimensions: int) -> tuple[AnyArray, ...]:
    """The arrays of floats in a list; none where one of them is something else."""
    arrays = tuple(listed) if isinstance(listed, list | tuple) else ()
    fit = all(isinstance(a, np.ndarray) and a.dtype.kind == "f" and a.ndim == dimensions for a in arrays)
    return arrays if fit else ()


def _classes(value: object) -> tuple[object, ...]:
    try:
        listed = value.items if isinstance(value, Objects) else value.tolist() if isinstance(value, np.ndarray) else []
    except ValueError:
        raise InputError("a class in classes_ is no text") from None
    known = [label for label in listed if isinstance(label, str | int | float)]
    return tuple(known) if len(known) == len(listed) else ()
