"""Words that must not lie on one another."""

from __future__ import annotations

from collections.abc import Sequence


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
