"""A fix in scikit-learn's own words: the person's own estimator with the arguments that make it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import ModelSpec, WrittenEstimator
from gradaudit.editing.spec_changes import apply, hidden_layers

ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
"""scikit-learn's names of the activations that it knows."""
SOLVERS = ("adam", "sgd")
SCALERS = ("data.standardize", "data.standardize_targets")
"""What is said around the estimator, not in it: of the inputs, of the targets."""
_STEP_NAMES = ("standardscaler", *(f"standardscaler-{k}" for k in range(2, 100)))
"""Of a new step; the first that is free."""
_SIZES = re.compile(r"layers\[\d+\](\.units|\.repeat)?")
"""Where the number of layers or of units changes; a layer that is taken away has no new value."""


def estimator_line(spec: ModelSpec, changes: Iterable[Change]) -> str:
    """The person's own estimator with the changes, `Pipeline([('mlp', MLPClassifier(activation='relu'))])`.

    Empty where no constructor says them.
    """
    own, made = spec.estimator, tuple(changes)
    if own is None:
        return ""
    paths, said = {change.path for change in made}, dict(own.arguments)
    for change in made:
        new = {} if change.path in SCALERS else _arguments(spec, change, made)
        if new is None:
            return ""
        said |= {key: repr(value) for key, value in new.items()}
    network = f"{own.network}({', '.join(f'{key}={value}' for key, value in said.items())})"
    return f"{own.before}{_scaled(network, paths, own)}{own.after}"


def _scaled(network: str, paths: Iterable[str], own: WrittenEstimator) -> str:
    """The network, or its step of a pipeline, with the scalers of its inputs and its targets."""
    inputs, targets = (key in paths for key in SCALERS)
    before = ""
    if inputs and own.step:  # a step of its own before the network's
        name = next(name for name in _STEP_NAMES if repr(name) not in own.before + own.after)
        before = f"({name!r}, StandardScaler()), "
    elif inputs:
        network = f"make_pipeline(StandardScaler(), {network})"
    if targets:
        network = f"TransformedTargetRegressor({network}, transformer=StandardScaler())"
    return f"{before}{own.step}{network}"


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
        case "optimizer.learning_rate" | "epochs":
            return {"max_iter" if change.path == "epochs" else "learning_rate_init": new}
        case "l2" if new == 0:
            return {"alpha": 0.0}
        case path if _SIZES.fullmatch(path) and (new is None or isinstance(new, int)):
            hidden = hidden_layers(apply(spec, made))
            return {"hidden_layer_sizes": tuple(layer.width for _, layer in hidden for _ in range(layer.repeat))}
    return None
