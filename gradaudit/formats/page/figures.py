"""The key figures: the few numbers that say how the network is."""

from __future__ import annotations

from dataclasses import replace

from gradaudit.domain.report import ModelReport
from gradaudit.formats.page.descent import progress_of
from gradaudit.formats.page.rate_limits import overstep, rates
from gradaudit.formats.page.signal import dense, main_signal
from gradaudit.formats.page.units import worst_share
from gradaudit.formats.page.view import KeyFigure
from gradaudit.text.numbers import number, percent, share_left, times
from gradaudit.text.wording import layer_name

_RATIO = (0.01, 10.0)
"""Gradient, first layer over last: deep networks that train lie in here (tanh 50 deep 0.05, ReLU and He 0.2)."""
_UPDATE = (1e-4, 0.1)
"""Norm of a step over the norm of the weights: around 1e-3 is usual."""
_LEARNT = 0.1
"""Share of the constant-prediction baseline that the trial run takes away in a network that learns."""
_UNITS = 0.5
"""Share of a layer's units that may be dead or saturated: half of all ReLUs are silent on any one sample anyway."""
_GOOD = "good:"
MOST = 4


def key_figures(report: ModelReport) -> tuple[KeyFigure, ...]:
    """Four of those that were measured, what is out of range before the rest, in their usual order."""
    found = (_ratio(report), _update(report), _rate(report), _learnt(report), _units(report))
    known = [figure for figure in found if figure is not None]
    if report.verdict == "healthy":
        known = [_harmless(figure) for figure in known]
    first = sorted(range(len(known)), key=lambda i: (not known[i].off, i))[:MOST]
    return tuple(known[i] for i in sorted(first))


def _harmless(figure: KeyFigure) -> KeyFigure:
    """Without a range that the value is outside of: nothing came of it."""
    return replace(figure, usual="", off=False) if figure.off else figure


def _ratio(report: ModelReport) -> KeyFigure | None:
    main = main_signal(report)
    rows = dense(report, main[1]) if main is not None else ()
    if main is None or len(rows) < 2:
        return None
    ratio = main[1].error_signal_norm_ratio
    if ratio.median is None and not ratio.non_finite:
        return None
    value = "not finite" if ratio.median is None and ratio.non_finite else number(ratio.median)
    first, last = (layer_name(report.model, rows[k].index) for k in (0, -1))
    return KeyFigure(f"Gradient at {first} / {last}", value, *_held(ratio.median, *_RATIO))


def _update(report: ModelReport) -> KeyFigure | None:
    main = main_signal(report)
    ratios = [row.update_ratio.median for row in dense(report, main[1]) if row.update_ratio] if main else []
    known = [ratio for ratio in ratios if ratio is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    shown = high if high > _UPDATE[1] and low >= _UPDATE[0] else low
    which = "Largest" if shown == high and low != high else "Smallest"
    label = f"{which} first step of a layer, relative to its weights"
    return KeyFigure(label, number(shown), *_held(shown, *_UPDATE))


def _rate(report: ModelReport) -> KeyFigure | None:
    share = next((overstep(rate) for rate in rates(report).values()), None)
    if share is None:
        return None
    label = "Learning rate, relative to the largest stable one"
    return KeyFigure(label, times(share), "steps overshoot above\u00a01×", share > 1)


def _learnt(report: ModelReport) -> KeyFigure | None:
    descent = report.measurements.descent
    if descent is None:
        return None
    final, progress = descent.configured.final, progress_of(report)
    if final.median is None and final.non_finite:
        value, low = "diverged", True
    elif progress is None:
        return None
    else:
        value, low = share_left(progress), progress < _LEARNT
    return KeyFigure("Training loss, share of the baseline", value, f"learns below {percent(1 - _LEARNT)}", low)


def _units(report: ModelReport) -> KeyFigure | None:
    """Whichever of the two troubles is worse."""
    found = [(share, name) for name in ("dead", "saturated") if (share := worst_share(report, name)) is not None]
    if not found:
        return None
    share, name = max(found, key=lambda pair: pair[0])
    what = "Dead or saturated units, worst layer" if share == 0 else f"{name.capitalize()} units, worst layer"
    off = share > _UNITS
    usual = f"{_GOOD} {percent(_UNITS)} or less"
    return KeyFigure(what, percent(share), f"too large; {usual}" if off else usual, off)


def _held(value: float | None, low: float, high: float) -> tuple[str, bool]:
    """The range in words, and whether the value lies outside it."""
    usual = f"{_GOOD} {_unbroken(number(low))}\u00a0to\u00a0{_unbroken(number(high))}"
    if value is None or low <= value <= high:
        return usual, False
    return f"too {'small' if value < low else 'large'}; {usual}", True


def _unbroken(text: str) -> str:
    """With a hyphen at which no line ends: 1e‑4."""
    return text.replace("-", "\u2011")
