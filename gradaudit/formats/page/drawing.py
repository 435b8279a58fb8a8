"""From what a chart shows to its picture on the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gradaudit.formats.charts import NARROW, WIDE, Chart, ChartSize, Lines
from gradaudit.formats.page.tables import Table
from gradaudit.formats.page.view import Picture

Data = TypeVar("Data")


def seeds_key(chart: Lines, line: str = "Line: median over the seeds") -> str:
    """What the line is, and the band about it where one can be seen."""
    return f"{line}{'; band: smallest to largest seed' if chart.spreads else ''}."


def drawn(
    draw: Callable[[Data, ChartSize], Chart],
    data: Data,
    key: str,
    tables: tuple[Table, ...] = (),
    heading: str = "",
    shows: str = "",
) -> Picture:
    """The chart for wide and for narrow screens, with how to read it, its numbers, and the chapter it stands for."""
    return Picture(draw(data, WIDE), draw(data, NARROW), key, tables, heading, shows)
