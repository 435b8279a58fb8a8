"""Level lines of a function known on a grid: marching squares, with linear interpolation along the grid's edges."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

Place: TypeAlias = tuple[float, float]
Values: TypeAlias = Sequence[Sequence[float | None]]
Edge: TypeAlias = tuple[str, int, int]
"""h or v, and the row and column of the edge's lower left end."""

_LARGEST = 1e300
"""Larger values are taken for this one, so that differences are finite."""


def levels(values: Values, most: int) -> tuple[tuple[float, str], ...]:
    """At most so many levels with equal shares of the grid between them, and how each is written, rising.

    Rounded to as few digits as keep them apart; none where all values are equal.
    """
    finite = sorted(v for row in bounded(values) for v in row if v is not None)
    distinct = sorted(set(finite))
    if len(distinct) < 2:
        return ()
    exact = [finite[k * (len(finite) - 1) // (most + 1)] for k in range(1, most + 1)]
    wanted = sorted({v for v in exact if distinct[0] < v < distinct[-1]} or {distinct[0] / 2 + distinct[1] / 2})
    for digits in range(2, 17):
        texts = [f"{v:.{digits}g}" for v in wanted]
        inside = all(distinct[0] < float(text) < distinct[-1] for text in texts)
        if inside and len(set(texts)) == len(texts):
            return tuple((float(text), _plain(text)) for text in texts)
    return ()


def level_lines(x: Sequence[float], y: Sequence[float], values: Values, level: float) -> list[list[Place]]:
    """The places where the function has that value, joined; a closed line ends where it began.

    The values are `bounded`; a square of the grid with an undefined corner is left out.
    """
    places: dict[Edge, Place] = {}
    beside: dict[Edge, list[Edge]] = {}
    for i, j in ((i, j) for i in range(len(y) - 1) for j in range(len(x) - 1)):
        for a, b in _segments(values, i, j, level):
            for edge in (a, b):
                places.setdefault(edge, _crossing(x, y, values, edge, level))
            beside.setdefault(a, []).append(b)
            beside.setdefault(b, []).append(a)
    return [[places[edge] for edge in chain] for chain in _chains(beside)]


def bounded(values: Values) -> tuple[tuple[float | None, ...], ...]:
    """None for what is not finite, and nothing so large that differences overflow."""
    return tuple(tuple(_finite(value) for value in row) for row in values)


def _finite(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return min(max(value, -_LARGEST), _LARGEST)


def _segments(values: Values, i: int, j: int, level: float) -> Iterator[tuple[Edge, Edge]]:
    """The pieces of the level line in one square; where two diagonals compete, its middle decides."""
    corners = (values[i][j], values[i][j + 1], values[i + 1][j + 1], values[i + 1][j])
    known = [v for v in corners if v is not None]
    above = [v >= level for v in known]
    if len(known) < 4 or all(above) or not any(above):
        return
    edges: tuple[Edge, ...] = (("h", i, j), ("v", i, j + 1), ("h", i + 1, j), ("v", i, j))
    crossed = [edge for k, edge in enumerate(edges) if above[k] != above[(k + 1) % 4]]
    if len(crossed) == 2:
        yield crossed[0], crossed[1]
    elif crossed:
        bottom, right, top, left = crossed
        middle = sum(v / 4 for v in known) >= level
        yield (bottom, right) if middle == above[0] else (bottom, left)
        yield (top, left) if middle == above[0] else (top, right)


def _crossing(x: Sequence[float], y: Sequence[float], values: Values, edge: Edge, level: float) -> Place:
    way, i, j = edge
    di, dj = (0, 1) if way == "h" else (1, 0)
    start, end = values[i][j] or 0.0, values[i + di][j + dj] or 0.0
    share = (level - start) / (end - start)
    # A mean of the ends, and not start + share × difference, because differences of large ends overflow.
    return x[j] * (1 - share) + x[j + dj] * share, y[i] * (1 - share) + y[i + di] * share


def _chains(beside: dict[Edge, list[Edge]]) -> Iterator[list[Edge]]:
    """Each edge is in two segments at most: first the chains with two ends, then the rings."""
    left = dict(beside)
    for start in [*(edge for edge, others in beside.items() if len(others) == 1), *beside]:
        if start not in left:
            continue
        chain, here = [start], start
        left.pop(start)
        while (following := next((edge for edge in beside[here] if edge in left), None)) is not None:
            chain.append(following)
            left.pop(following)
            here = following
        closed = len(chain) > 2 and start in beside[here]
        yield [*chain, start] if closed else chain


def length(line: Sequence[Place]) -> float:
    """The sum of its pieces."""
    return sum(math.dist(a, b) for a, b in pairwise(line))


def _plain(text: str) -> str:
    """12300 for 1.23e+04, 1.2e-7 for 1.2e-07."""
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{float(text):.0f}" if 0 <= int(exponent) < 5 else f"{mantissa}e{int(exponent)}"
