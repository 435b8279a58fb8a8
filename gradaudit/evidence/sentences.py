"""Words that several rules share: numbers, layers, and the chain rule's ledger as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from math import exp, isfinite, log, sqrt

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.measurements import LayerSignal, Signal, StageName
from gradaudit.domain.spec import Named
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.text.numbers import number


def setting(case: RuleContext, row: ExpandedLayer, key: str) -> str:
    """The spec path that decides `activation` or `init` of a row: its own, else the model's, else the row's line."""
    own = f"{row.path}.{key}"
    return own if own in case.spec.lines else key if key in case.spec.lines else row.path


def init_setting(case: RuleContext, stage: StageName, row: ExpandedLayer) -> str:
    """The spec path that decides the row's weights at a stage: the file they came from, else its `init`."""
    return "weights" if stage == "fitted" else setting(case, row, "init")


def rows_below(signal: Signal, limit: float) -> tuple[int, ...]:
    """The rows whose gradient, in the median, is under `limit` times the last row's."""
    return _rows(signal, lambda size, last: size < limit * last)


def rows_above(signal: Signal, limit: float) -> tuple[int, ...]:
    """The rows whose gradient, in the median, is over `limit` times the last row's, or not finite."""
    return _rows(signal, lambda size, last: size > limit * last)


def _rows(signal: Signal, test: Callable[[float, float], bool]) -> tuple[int, ...]:
    sizes = [(layer.index, layer.error_signal_rms.typical) for layer in signal.layers]
    return tuple(index for index, size in sizes[:-1] if test(size, sizes[-1][1])) or (sizes[0][0],)


def geometric_mean(gains: list[float]) -> float:
    """What one link multiplies by, on the average of the logarithms; 0 where one link passes nothing."""
    if not gains or min(gains) <= 0:
        return 0.0
    return exp(sum(log(gain) for gain in gains) / len(gains))


def medians(layers: tuple[LayerSignal, ...], field: str) -> list[float]:
    """A gain's medians, one a row that has it; values that are not finite are left out."""
    columns = [getattr(layer, field) for layer in layers]
    return [c.median for c in columns if c is not None and c.median is not None and isfinite(c.median)]


def activation_words(activation: Named) -> str:
    """`sigmoid (derivative at most 0.25)`."""
    bound = ACTIVATIONS[activation.name].bound(activation)
    return f"{activation} (derivative at most {number(bound)})" if bound is not None else f"{activation}"


def chain_cause(case: RuleContext, signal: Signal, *, shrinks: bool) -> str:
    """Who shrinks (or grows) the signal: the activation's derivative or the weights, per link."""
    if not is_plain_chain(case):
        return f"from layer to layer the gradient is multiplied by {number(per_link(case, signal))}"
    activation, weight = link_gains(case, signal)
    hidden = case.linear_maps[0].activation or Named("identity")
    if not activation and not weight and not shrinks:
        return f"{hidden} units and their weights multiply the gradient until it overflows"
    who = dominant_factor(activation, weight, shrinks=shrinks)
    size = "small" if shrinks else "large"
    named = {
        ChainFactor.ACTIVATION: "the activation's derivative",
        ChainFactor.WEIGHTS: f"weights that are too {size}",
        ChainFactor.BOTH: "the activation's derivative and the weights together",
    }
    return (
        f"{named[who]}: each layer multiplies the gradient by {number(activation)} with {activation_words(hidden)} and "
        f"by {number(weight)} with its weights{_path(case, signal)}"
    )


def chain_setting(case: RuleContext, signal: Signal, *, shrinks: bool) -> str:
    """The spec path of the one that shrinks (or grows) the signal: the activation's, or the initializer's."""
    if not is_plain_chain(case):
        return setting(case, case.weighted[0], "init")
    activation, weight = link_gains(case, signal)
    by_weights = dominant_factor(activation, weight, shrinks=shrinks) is ChainFactor.WEIGHTS
    return setting(case, case.linear_maps[0], "init" if by_weights else "activation")


def is_plain_chain(case: RuleContext) -> bool:
    """All that has weights is a linear map with an activation behind it: one link's gain has two factors."""
    return case.weighted == case.linear_maps


def per_link(case: RuleContext, signal: Signal) -> float:
    """What one link multiplies the gradient by, all causes together, on the average of the logarithms; 0 if unknown."""
    return float((signal.error_signal_norm_ratio.median or 0.0) ** (1 / max(1, len(case.weighted) - 1)))


def link_gains(case: RuleContext, signal: Signal) -> tuple[float, float]:
    """What the activation's derivative and the weights multiply by at one link, on the average, width apart."""
    activation = geometric_mean(medians(signal.layers, "activation_gain"))
    weight = geometric_mean(medians(signal.layers, "weight_gain"))
    links = case.linear_maps[1:]
    widths = [sqrt(row.values / row.input_values) for row in links]
    return activation, weight / geometric_mean(widths) if links else weight


def _path(case: RuleContext, signal: Signal) -> str:
    """What norms, skips and pooling add to a link, the change of width apart, as the end of the sentence."""
    paths, links = medians(signal.layers, "path_gain"), case.linear_maps[1:]
    if not paths:
        return ""
    widths = [sqrt(row.values / after.input_values) for row, after in zip(case.linear_maps, links, strict=False)]
    pools = any("pool" in row.kind for row in case.rows)
    gain = geometric_mean(paths) * geometric_mean(widths) ** (len(links) / len(paths))
    return f", {'norms, skips and pooling' if pools else 'norms and skips'} by {number(gain)}"


class ChainFactor(Enum):
    """What multiplies the error at a link of the chain: the activation's derivative, the weights, or both alike."""

    ACTIVATION = auto()
    WEIGHTS = auto()
    BOTH = auto()


def dominant_factor(activation: float, weight: float, *, shrinks: bool) -> ChainFactor:
    """Whose gain at one link pulls more than twice as hard, by their logarithms, or both."""
    sign = -1 if shrinks else 1
    pull_activation = sign * log(activation) if activation > 0 else (1e3 if shrinks else 0.0)
    pull_weight = sign * log(weight) if weight > 0 else (1e3 if shrinks else 0.0)
    if pull_activation > 2 * max(pull_weight, 0.0):
        return ChainFactor.ACTIVATION
    if pull_weight > 2 * max(pull_activation, 0.0):
        return ChainFactor.WEIGHTS
    return ChainFactor.BOTH
