"""Charts as plain shapes: coordinates and words, which one template macro turns into SVG."""

from gradaudit.formats.charts.contour import Contour, contour_chart
from gradaudit.formats.charts.heat import Heat, heat_chart
from gradaudit.formats.charts.lines import Lines, Point, Rule, Series, Upright, line_chart
from gradaudit.formats.charts.shapes import NARROW, WIDE, Chart, Size
from gradaudit.formats.charts.spans import Span, Spans, span_chart
from gradaudit.formats.charts.spark import sparkline

__all__ = [
    "NARROW",
    "WIDE",
    "Chart",
    "Contour",
    "Heat",
    "Lines",
    "Point",
    "Rule",
    "Series",
    "Size",
    "Span",
    "Spans",
    "Upright",
    "contour_chart",
    "heat_chart",
    "line_chart",
    "span_chart",
    "sparkline",
]
