"""A fix in scikit-learn's own words: the constructor with the arguments that make it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gradaudit.finding import Change
from gradaudit.nn.losses import LOSSES
from gradaudit.remedies.edit import apply, hidden_layers
from gradaudit.spec import ModelSpec

ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
"""scikit-learn's names of the activations that it knows."""
SOLVERS = ("adam", "sgd")
SCALERS = ("data.standardize", "data.standardize_targets")
"""What is said around the estimator, not in it."""
_SIZES = re.compile(r"layers\[\d+\](\.units|\.repeat)?")
"""Where the number of layers or of units changes; a layer that is taken away has no new value."""


def line(spec: ModelSpec, changes: Iterable[Change]) -> str:
    """`make_pipeline(StandardScaler(), MLPClassifier(activation='relu'))`; empty where no constructor says it.

    Arguments that the fix leaves alone are not among them: the person's own stay.
    """
    made = tuple(changes)
    paths, said = {change.path for change in made}, dict[str, object]()
    for change in made:
        new = {} if change.path in SCALERS else _arguments(spec, change, made)
        if new is None:
            return ""
        said |= new
    estimator = "MLPClassifier" if spec.loss is not None and LOSSES[spec.loss.name].for_classes else "MLPRegressor"
    text = f"{estimator}({', '.join(f'{key}={value!r}' for key, value in said.items())})"
    if "data.standardize" in paths:
        text = f"make_pipeline(StandardScaler(), {text})"
    if "data.standardize_targets" in paths:
        text = f"TransformedTargetRegressor({text}, transformer=StandardScaler())"
    return text


def _arguments(spec: ModelSpec, change: Change, made: tuple[Change, ...]) -> dict[str, object] | None:
    """The keyword arguments that say one change; None where there are none."""
    new = change.new
    match change.path:
        case "activation" if new in ACTIVATIONS:
            return {"activation": ACTIVATIONS[str(new)]}
        case "optimizer" if isinstance(new, dict) and new.keys() == {"name", "learning_rate"}:
            return (
                {"solver": new["name"], "learning_rate_init": new["learning_rate"]} if new["name"] in SOLVERS else None
            )
        case "optimizer.learning_rate":
            return {"learning_rate_init": new}
        case "l2" if new == 0:
            return {"alpha": 0.0}
        case path if _SIZES.fullmatch(path) and (new is None or isinstance(new, int)):
            hidden = hidden_layers(apply(spec, made))
            return {"hidden_layer_sizes": tuple(layer.units for _, layer in hidden for _ in range(layer.repeat))}
    return None
