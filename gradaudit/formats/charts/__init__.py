"""Charts as plain shapes: coordinates and words, which one template macro turns into SVG."""

from gradaudit.formats.charts.lines import Lines, Point, ReferenceLine, Series, Upright, line_chart
from gradaudit.formats.charts.profile import Panel, Profile, profile_chart
from gradaudit.formats.charts.shapes import NARROW, WIDE, Chart, ChartSize
from gradaudit.formats.charts.spans import Span, Spans, span_chart
from gradaudit.formats.charts.stems import Stems, stem_chart

__all__ = [
    "NARROW",
    "WIDE",
    "Chart",
    "ChartSize",
    "Lines",
    "Panel",
    "Point",
    "Profile",
    "ReferenceLine",
    "Series",
    "Span",
    "Spans",
    "Stems",
    "Upright",
    "line_chart",
    "profile_chart",
    "span_chart",
    "stem_chart",
]
