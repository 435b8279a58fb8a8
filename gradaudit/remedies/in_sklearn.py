"""A fix in scikit-learn's own words: the constructor that makes the changed estimator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gradaudit.finding import Change
from gradaudit.nn.losses import LOSSES
from gradaudit.remedies.edit import apply, hidden_layers
from gradaudit.spec import ModelSpec

NAMES = {"sigmoid": "logistic"}
"""scikit-learn's names of activations, where they are not a spec's."""


def line(spec: ModelSpec, changes: Iterable[Change]) -> str:
    """`make_pipeline(StandardScaler(), MLPClassifier(activation='relu'))`; empty where no constructor says it."""
    made = tuple(changes)
    said = [part for change in made for part in _arguments(spec, change, made)]
    if any(part is None for part in said):
        return ""
    estimator = "MLPClassifier" if spec.loss is not None and LOSSES[spec.loss.name].for_classes else "MLPRegressor"
    text = f"{estimator}({', '.join(dict.fromkeys(part for part in said if part))})"
    paths = {change.path for change in made}
    if "data.standardize" in paths:
        text = f"make_pipeline(StandardScaler(), {text})"
    if "data.standardize_targets" in paths:
        text = f"TransformedTargetRegressor({text}, transformer=StandardScaler())"
    return text


def _arguments(spec: ModelSpec, change: Change, made: tuple[Change, ...]) -> Iterator[str | None]:
    """The keyword arguments that say one change; None where there is none."""
    new = change.new
    if change.path == "activation":
        yield f"activation={NAMES.get(str(new), str(new))!r}"
    elif change.path == "optimizer" and isinstance(new, dict):
        yield f"solver={new['name']!r}"
        yield f"learning_rate_init={new['learning_rate']!r}"
    elif change.path == "optimizer.learning_rate":
        yield f"learning_rate_init={new!r}"
    elif change.path == "l2" and not new:
        yield "alpha=0.0"
    elif change.path.startswith("layers["):
        widths = tuple(layer.units for _, layer in hidden_layers(apply(spec, made)) for _ in range(layer.repeat))
        yield f"hidden_layer_sizes={widths!r}"
    elif change.path not in ("data.standardize", "data.standardize_targets"):
        yield None
