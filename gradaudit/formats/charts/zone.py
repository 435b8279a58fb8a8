"""The part of a chart where values are bad: tinted from somewhere on the horizontal axis to its end."""

from __future__ import annotations

from gradaudit.formats.charts import palette
from gradaudit.formats.charts.frame import Frame
from gradaudit.formats.charts.shapes import Group, Path, Words, box


def zone(frame: Frame, left: float, label: str, *, y: float) -> tuple[Group, ...]:
    """Tinted from the pixel `left` to the right edge; its label ends there, at the height `y`."""
    size = frame.size
    shown = size.cut(label, size.width)
    words = (Words(max(frame.right, size.text_width(shown)), y, shown, "end"),) if shown else ()
    tint = Path(box(left, frame.top, frame.right, frame.bottom))
    return (Group(palette.ZONE, (tint,)), Group(palette.ZONE_LABEL, words=words))
