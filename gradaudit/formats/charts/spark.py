"""The sparkline: the shape of a sequence, without axes, for a row of a table."""

from __future__ import annotations

from collections.abc import Sequence

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.scales import LinearScale, LogScale
from gradaudit.formats.charts.shapes import Chart, ChartSize, Path, ShapeGroup, circle, polyline

_SIZE = ChartSize(96, 28)


def sparkline(title: str, values: Sequence[float]) -> Chart:
    """Positive values on a logarithmic scale of at least two decades, so that what is level looks level."""
    positive = [(i, v) for i, v in enumerate(values) if v > 0]
    x = LinearScale(0, max(len(values) - 1, 1), 4, _SIZE.width - 4)
    y = LogScale.around([v for _, v in positive], _SIZE.height - 4, 4, least=2)
    points = [(x.place(i), y.place(v)) for i, v in positive]
    dot = (ShapeGroup(palette.mark(0), (Path(circle(*points[0], 3)),)),) if points else ()
    return Chart("spark", title, _SIZE, (ShapeGroup(palette.line(0), (Path(polyline(points)),)), *dot))
