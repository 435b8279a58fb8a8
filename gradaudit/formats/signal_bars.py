"""The error signal of every layer as bars of `#`, for text."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gradaudit.measurement import LayerSignal, PerSeed, Signal
from gradaudit.numbers import number
from gradaudit.report import ModelReport

_WIDTH = 40
_ENDS = 8
_NAME = 20


def signal_bars(report: ModelReport, stages: Sequence[str]) -> Iterator[str]:
    """One table for each of the stages that has a signal; the middle of a very deep network is left out."""
    names = {layer.index: layer.name for layer in report.model.layers}
    for name, stage in report.measurements.stages.items():
        if name in stages and stage.signal is not None:
            yield f"  error signal on its way back ({name}, median of {_seeds(stage.signal)}, logarithmic)"
            yield from _rows(stage.signal.layers, names)


def _seeds(signal: Signal) -> str:
    n = len(signal.loss.values)
    return "1 seed" if n == 1 else f"{n} seeds"


def _rows(layers: Sequence[LayerSignal], names: dict[int, str]) -> Iterator[str]:
    logs = [math.log10(median) for layer in layers if (median := layer.error_signal_rms.median)]
    top, span = max(logs, default=0.0), max(max(logs, default=0.0) - min(logs, default=0.0), 1.0)
    rows = [_row(layer, _ascii(names.get(layer.index, "")), top, span) for layer in layers]
    hidden = len(rows) - 2 * _ENDS
    if hidden > 1:
        rows[_ENDS:-_ENDS] = [f"    ... {hidden} more ..."]
    yield from rows


def _row(layer: LayerSignal, name: str, top: float, span: float) -> str:
    median = layer.error_signal_rms.median
    share = 1 - (top - math.log10(median)) / span if median else 0.0
    bar = "#" * (1 + round(share * (_WIDTH - 1))) if median else ""
    return f"    {layer.index:>3} {name:<{_NAME}} {_shown(layer.error_signal_rms):>10} |{bar}"


def _shown(values: PerSeed) -> str:
    if values.median is None:
        return "not finite" if values.non_finite else "undefined"
    return number(values.median)


def _ascii(name: str) -> str:
    """A name that keeps the columns straight: cut, and `?` for what is wider or narrower than a letter."""
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in name)[:_NAME]
