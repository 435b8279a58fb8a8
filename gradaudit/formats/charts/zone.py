"""The part of a chart where values are bad: tinted from somewhere on the horizontal axis to its end."""

from __future__ import annotations

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.shapes import Path, ShapeGroup, Words, box


def zone(frame: Frame, left: float, label: str, *, y: float) -> tuple[ShapeGroup, ...]:
    """Tinted from the pixel `left` to the right edge; its label ends there, at the height `y`."""
    size = frame.size
    shown = size.cut(label, size.width)
    words = (Words(max(frame.right, size.text_width(shown)), y, shown, "end"),) if shown else ()
    tint = Path(box(left, frame.top, frame.right, frame.bottom))
    return (ShapeGroup(palette.ZONE, (tint,)), ShapeGroup(palette.ZONE_LABEL, words=words))
