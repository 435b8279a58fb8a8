"""Words that must not lie on one another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gradaudit.formats.charts.scales import Tick
from gradaudit.formats.charts.shapes import ChartSize, Words

_LONGEST = 12
"""Letters of a name under the horizontal axis."""
_SPACE = 4
"""Pixels between two words."""


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> tuple[float, ...]:
    """Places near the wanted ones, in the same order, at least `gap` apart and between `low` and `high`.

    Where they cannot all be that far apart, they share the room evenly.
    """
    if not wanted:
        return ()
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = _pushed_up(_pushed_down([wanted[i] for i in order], gap, low), gap, high)
    places = dict(zip(order, placed, strict=True))
    return tuple(places[i] for i in range(len(wanted)))


def thinned(labels: Sequence[str], room: float, widths: Sequence[float]) -> int:
    """Show every k-th of the labels, evenly spaced over `room` pixels: the smallest such k."""
    if not labels:
        return 1
    step = room / max(len(labels) - 1, 1)
    widest = max(widths) + 8
    return max(1, -int(-widest // step)) if step > 0 else 1


def named(names: Sequence[str], places: Sequence[float], size: ChartSize) -> tuple[Tick, ...]:
    """Names at their places on a horizontal axis, long ones cut, every k-th where all would lie on one another."""
    shown = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in names]
    room = places[-1] - places[0] if places else 0.0
    every = thinned(shown, room, [size.text_width(name) for name in shown])
    return tuple(Tick(places[i], shown[i]) for i in range(0, len(shown), every))


def uncrowded(words: Sequence[Words], size: ChartSize) -> tuple[Words, ...]:
    """Every k-th of the words on a line, with the smallest k at which none touches the next; a zero stays."""
    zero = next((i for i, w in enumerate(words) if w.text == "0"), 0)
    for every in range(1, len(words)):
        shown = tuple(words[zero % every :: every])
        if all(extent(b, size)[0] - extent(a, size)[1] >= _SPACE for a, b in pairwise(shown)):
            return shown
    return tuple(words[:1])


def extent(words: Words, size: ChartSize) -> tuple[float, float]:
    """Where the words begin and end, in pixels."""
    width = size.text_width(words.text)
    left = words.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor] * width
    return left, left + width


def _pushed_down(places: list[float], gap: float, low: float) -> list[float]:
    least = low
    result = []
    for place in places:
        result.append(max(place, least))
        least = result[-1] + gap
    return result


def _pushed_up(places: list[float], gap: float, high: float) -> list[float]:
    most = high
    result = []
    for place in reversed(places):
        result.append(min(place, most))
        most = result[-1] - gap
    return result[::-1]
