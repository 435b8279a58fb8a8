"""The gradient of every layer as bars, for text: in blocks where a terminal shows them, else of `#`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gradaudit.domain.findings import Severity
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import ModelReport
from gradaudit.text.columns import columns, padded, wrapped
from gradaudit.text.numbers import number
from gradaudit.text.printable import printable
from gradaudit.text.text_style import COLORS, TextStyle
from gradaudit.text.wording import STAGES, layer_name

_BAR, _SHORTEST = 40, 8
_ENDS = 8
_NAME = 20
_REST = 18
"""Columns of a row beside its name and its bar."""
_PLAIN = "36"
_EIGHTHS = " ▏▎▍▌▋▊▉"

_Shown: TypeAlias = tuple[int, PerSeed]
"""A layer's index and its gradient."""


def signal_bars(report: ModelReport, stages: Sequence[str], style: TextStyle) -> Iterator[str]:
    """One table for each of the stages that has a signal; the middle of a very deep network is left out."""
    for name, stage in report.measurements.stages.items():
        if name in stages and stage.signal is not None:
            seeds = counted(len(stage.signal.loss.values), "seed")
            title = f"gradient across the layers ({STAGES[name]}, norm over units, median of {seeds}, log scale)"
            yield from wrapped(title, style.width, "  ", "  ")
            shown = [(layer.index, report.model.error_signal_norm(layer)) for layer in stage.signal.layers]
            names = {index: printable(layer_name(report.model, index)) for index, _ in shown}
            yield from _Bars.of(shown, names, _blamed(report, name), style).rows(shown)


def _blamed(report: ModelReport, stage: str) -> dict[int, Severity]:
    """The layers whose signal findings of this stage name, each with the worst severity."""
    from gradaudit.rules.manuals import PICTURES  # and with it, NumPy

    found = [finding for finding in report.counted if finding.stage == stage and PICTURES.get(finding.rule) == "signal"]
    pairs = [(index, finding.severity) for finding in found for index in finding.layers]
    return {index: max(severity for i, severity in pairs if i == index) for index, _ in pairs}


@dataclass(frozen=True, slots=True)
class _Bars:
    """What all rows of one table share."""

    names: Mapping[int, str]
    blamed: Mapping[int, Severity]
    style: TextStyle
    top: float
    """log10 of the largest signal."""
    span: float
    """How many decades the bars stand for."""
    name: int
    bar: int
    """Columns of the names and of the longest bar."""

    @classmethod
    def of(
        cls, signals: Sequence[_Shown], names: Mapping[int, str], blamed: Mapping[int, Severity], style: TextStyle
    ) -> _Bars:
        logs = [math.log10(median) for _, values in signals if (median := values.median)]
        top = max(logs, default=0.0)
        widest = max((columns(names.get(index, "")) for index, _ in signals), default=0)
        name = min(widest, _NAME, max(style.width - _REST - _SHORTEST, _SHORTEST))
        bar = max(min(_BAR, style.width - _REST - name), _SHORTEST)
        return cls(names, blamed, style, top, max(top - min(logs, default=0.0), 1.0), name, bar)

    def rows(self, layers: Sequence[_Shown]) -> Iterator[str]:
        """A row a layer."""
        hidden = len(layers) - 2 * _ENDS
        if hidden <= 1:
            yield from map(self._row, layers)
            return
        yield from map(self._row, layers[:_ENDS])
        yield f"    ... {hidden} more ..."
        yield from map(self._row, layers[-_ENDS:])

    def _row(self, shown: _Shown) -> str:
        index, values = shown
        name = padded(self.names.get(index, ""), self.name)
        bar = self.style.paint(self._drawn(values.median), self._color(index))
        edge = " " if self.style.blocks else "|"
        return f"    {name} {_written(values):>10} {edge}{bar}".rstrip()

    def _drawn(self, median: float | None) -> str:
        if not median:
            return ""
        share = 1 - (self.top - math.log10(median)) / self.span
        if not self.style.blocks:
            return "#" * (1 + round(share * (self.bar - 1)))
        whole, eighths = divmod(1 + round(share * (8 * self.bar - 1)), 8)
        return "█" * whole + _EIGHTHS[eighths].strip()

    def _color(self, index: int) -> str:
        return COLORS[self.blamed[index]] if index in self.blamed else _PLAIN


def _written(values: PerSeed) -> str:
    if values.median is None:
        return "not finite" if values.non_finite else "undefined"
    return number(values.median)
