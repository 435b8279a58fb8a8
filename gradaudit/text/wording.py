"""The words of the reports: names of numbers and stages, and texts that came from outside, cut to a sane length."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gradaudit.domain.findings import Finding
from gradaudit.domain.measurements import StageName
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Model, ReportedLayer
from gradaudit.text.numbers import NOTHING, count, number, range_of

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain, Scalar

NAME, SENTENCE, PARAGRAPH = 80, 400, 1500
"""Most characters of a name, of a sentence, of a longer text."""

STAGES: Mapping[StageName, str] = {
    "initialised": "before training",
    "fitted": "as fitted",
    "trained": "after the trial run",
}
"""In the order to show them: the model that was given first, what the audit's own run made of it last."""

_LABELS = {
    "measured": "measured",
    "limit": "limit of the rule",
    "error_signal_ratio": "gradient of single units at the first layer over the last",
    "error_signal_norm_ratio": "gradient at first / last layer",
    "time_ratio": "gradient at first / last step",
    "loss_after": "loss after the trial run",
    "trivial_loss": "loss of the constant-prediction baseline",
    "stable_limit": "largest stable learning rate",
    "lambda_max": "largest eigenvalue of the Hessian, λ_max",
    "lambda_min": "smallest eigenvalue of the Hessian, λ_min",
    "residual_max": "residual of λ_max",
    "residual_min": "residual of λ_min",
    "dead_fraction": "dead units at start, worst layer",
    "saturated_fraction": "saturated units at start, worst layer",
    "update_ratio": "first step relative to the weights",
    "progress": "training loss, share of the baseline",
    "gain_per_step": "gain per step back",
    "predicted_gain_per_step": "predicted",
    "memory_steps": "steps back until 1/e is left",
    "sequence_steps": "steps of a sequence",
    "seeds_beyond": "beyond the limit",
    "seeds_affected": "affected",
    "seeds_below": "below the limit",
    "seeds_above": "above the limit",
    "seeds_better": "better with the change",
    "seeds_worse": "worse than at the other rate",
    "seeds_slow": "better at the other rate",
    "seeds_stuck": "no better than a constant prediction",
    "seeds_diverged": "diverged",
    "seeds_at_saddle": "at a saddle point",
    "seeds_resting": "at a plateau",
    "tried": "changes tried",
    "seeds_that_learn": "share of seeds that learn",
}


def label(key: str) -> str:
    """What a number is called, from its field name, as a heading."""
    return sentence(name_of(key))


def name_of(key: str) -> str:
    """What a number is called, from its field name, within a sentence."""
    return _LABELS.get(key) or clip(key.replace("_", " "), NAME)


def sentence(text: str) -> str:
    """With a capital, where it begins with a plain word and not with a name such as rms_norm."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    return text[0].upper() + text[1:] if word.isalpha() and word.islower() else text


def clip(text: str, most: int = NAME) -> str:
    """The text, or its beginning and how long it is where it is longer than that."""
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rstrip()}… ({count(len(text))} characters)"


def plain(value: Plain) -> str:
    """A value of a spec or of the evidence, as it would be written in a spec."""
    if isinstance(value, list):
        return clip(f"[{', '.join(plain(item) for item in value[:100])}]", SENTENCE)
    if isinstance(value, dict):
        return clip(f"{{{', '.join(f'{key}: {plain(item)}' for key, item in value.items())}}}", SENTENCE)
    return _scalar(value)


def _scalar(value: Scalar | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else "a number of more than 20 digits"
    return clip(value, SENTENCE) if isinstance(value, str) else number(value)


def exact(value: Plain) -> str:
    """A value to be put into a spec: numbers with all the digits that they need."""
    if isinstance(value, float) and math.isfinite(value):
        return repr(value).replace("e-0", "e-")
    if value == "":
        return "''"
    if isinstance(value, (dict, list)):
        return clip(json.dumps(value, ensure_ascii=False).replace('"', ""), SENTENCE)
    return plain(value)


def prose(text: str, most: int = SENTENCE) -> str:
    """A text from outside as a sentence: a capital, a full stop, and no more than `most` characters."""
    text = sentence(clip(text.strip(), most))
    return text if not text or text[-1] in ".!?:…" else f"{text}."


def layer_name(model: Model, index: int) -> str:
    """`layer 3`, counted from the input among those with weights, as rules count; of the others the row's name."""
    row = _row(model, index)
    if row is None:
        return f"layer {index + 1}"
    return f"layer {_place(model, index)}" if row.has_weights else clip(row.name, 40)


def tick_names(model: Model, indices: Sequence[int]) -> tuple[str, ...]:
    """What stands under an axis of layers: 1, 2, max_pool2d_0."""
    return tuple(layer_name(model, index).removeprefix("layer ") for index in indices)


def activation_of(model: Model, index: int) -> str:
    """The activation of a row."""
    row = _row(model, index)
    return clip(row.activation, 40) if row and row.activation else NOTHING


def unit_word(model: Model, index: int) -> str:
    """What the units of a row are called: `units`, `channels`."""
    row = _row(model, index)
    return row.unit_word if row is not None else "units"


def has_weights(model: Model, index: int) -> bool:
    """Whether a row has weights, as rows that the model does not know are taken to."""
    row = _row(model, index)
    return row is None or row.has_weights


def layer_names(model: Model, indices: Sequence[int]) -> str:
    """`layer 1`; `layers 1 and 3`; `layers 1 to 8`; names beside where some have no weights."""
    names = list(dict.fromkeys(layer_name(model, i) for i in sorted(indices)))
    counted = [int(name.removeprefix("layer ")) for name in names if name.startswith("layer ")]
    others = [name for name in names if not name.startswith("layer ")]
    said = [_counted(counted)] if counted else []
    return ", ".join((*said, *others[:2], *(["…"] if len(others) > 2 else [])))


def _counted(places: Sequence[int]) -> str:
    if len(places) == 1:
        return f"layer {places[0]}"
    if len(places) > 2 and places[-1] - places[0] == len(places) - 1:
        return f"layers {places[0]} to {places[-1]}"
    if len(places) > 4:
        return f"{len(places)} layers from {places[0]} to {places[-1]}"
    return f"layers {', '.join(map(str, places[:-1]))} and {places[-1]}"


def where(finding: Finding, model: Model) -> str:
    """model.yaml:2:13 · layers 1 to 9."""
    place = str(finding.location) if finding.location else finding.path
    parts = (clip(place, 120), layer_names(model, finding.layers), _later(finding))
    return " · ".join(part for part in parts if part)


def where_in_short(finding: Finding, model: Model) -> str:
    """line 2 · layers 1 to 9."""
    place = f"line {finding.location.line}" if finding.location and finding.location.line else ""
    return " · ".join(part for part in (place, layer_names(model, finding.layers), _later(finding)) if part)


def _later(finding: Finding) -> str:
    """The stage, where it is not the fresh network, of which nearly all findings speak."""
    return STAGES[finding.stage] if finding.stage and finding.stage != "initialised" else ""


def over_seeds(values: PerSeed | None) -> str:
    """The range over the seeds, for a table: 0.1 to 0.3, `all alike`, `one value`, or a dash where none is finite."""
    if values is None or not values.finite:
        return NOTHING
    return range_of(values) or ("all alike" if len(values.finite) > 1 else "one value")


def spread_over(values: PerSeed | None) -> tuple[float | None, float | None, float | None]:
    """Median, lowest and highest seed for a chart; `inf` where no seed was finite and some were infinite."""
    if values is None:
        return None, None, None
    if values.median is None and values.non_finite:
        return math.inf, None, None
    return values.median, values.min, values.max


def evenly(n: int, most: int) -> tuple[int, ...]:
    """At most `most` of the indices 0 … n−1, evenly spaced, both ends among them."""
    if n <= max(most, 2):
        return tuple(range(n))
    most = max(most, 2)
    return tuple(round(i * (n - 1) / (most - 1)) for i in range(most))


def _place(model: Model, index: int) -> int:
    return 1 + [row.index for row in model.layers if row.has_weights].index(index)


def _row(model: Model, index: int) -> ReportedLayer | None:
    return next((row for row in model.layers if row.index == index), None)
