"""Lines with fewer points: without those that a straight piece passes close by, and clipped to the picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from gradaudit.formats.charts.levels import Place, length

_FINEST, _COARSEST = 0.3, 4.0
"""Pixels by which a thinned line may pass beside the points that it had."""


def simplified(line: Sequence[Place], tolerance: float) -> list[Place]:
    """The line without the points that lie closer to it than `tolerance` (Douglas and Peucker, 1973)."""
    kept, spans = {0, len(line) - 1}, [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        away = ((_distance(line[k], line[first], line[last]), k) for k in range(first + 1, last))
        farthest, k = max(away, default=(0.0, first))
        if farthest > tolerance:
            kept.add(k)
            spans += [(first, k), (k, last)]
    return [line[k] for k in sorted(kept)]


def within_budget(lines: Sequence[Sequence[Place]], most: int) -> list[list[Place]]:
    """The lines, an empty one for each left out, with at most so many points together.

    They are simplified as far as nobody sees it, then the shortest are left out.
    """
    tolerance = _FINEST
    thin = [simplified(line, tolerance) for line in lines]
    while sum(map(len, thin)) > most and tolerance < _COARSEST:
        tolerance *= 1.4
        thin = [simplified(line, tolerance) for line in lines]
    order, total = sorted(range(len(thin)), key=lambda k: -length(thin[k])), 0
    for k in order:
        total += len(thin[k])
        if total > most:
            thin[k] = []
    return thin


def clipped(points: Sequence[Place]) -> list[list[Place]]:
    """The stretches of a line inside the unit square (Liang and Barsky, 1984); broken where a point is not finite."""
    runs: list[list[Place]] = []
    for start, end in pairwise(points):
        piece = _inside(start, end)
        if piece is None:
            continue
        if runs and runs[-1][-1] == piece[0]:
            runs[-1].append(piece[1])
        else:
            runs.append(list(piece))
    return runs


def _inside(start: Place, end: Place) -> tuple[Place, Place] | None:
    if not all(map(math.isfinite, (*start, *end))):
        return None
    enter, leave = 0.0, 1.0
    for distance, room in _walls(start, end):
        if distance == 0 and room < 0:
            return None
        if distance < 0:
            enter = max(enter, room / distance)
        elif distance > 0:
            leave = min(leave, room / distance)
    if enter > leave:
        return None
    return _between(start, end, enter), _between(start, end, leave)


def _walls(start: Place, end: Place) -> Iterator[tuple[float, float]]:
    """For each side of the square: how far the piece goes towards it, and how far it may."""
    for a, b in zip(start, end, strict=True):
        yield a - b, a
        yield b - a, 1 - a


def _between(start: Place, end: Place, share: float) -> Place:
    if share in {0.0, 1.0}:
        return end if share else start
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _distance(point: Place, start: Place, end: Place) -> float:
    """Of a point from a straight piece."""
    across, down = end[0] - start[0], end[1] - start[1]
    square = across * across + down * down
    if square == 0:
        return math.dist(point, start)
    along = ((point[0] - start[0]) * across + (point[1] - start[1]) * down) / square
    share = min(max(along, 0.0), 1.0)
    return math.dist(point, (start[0] + share * across, start[1] + share * down))
