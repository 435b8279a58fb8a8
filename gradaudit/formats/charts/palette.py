"""The look of every kind of shape: the light palette as SVG attributes, and a class for the screen's style sheet.

WeasyPrint ignores style sheets inside an SVG, so that the attributes alone must make the printed picture; on a screen
the class overrides them, which is how dark mode works. Hues are Okabe and Ito's, told apart by dash and marker too.
"""

from __future__ import annotations

from dataclasses import dataclass

FONT = "Report Sans, DejaVu Sans, sans-serif"
_HUES = ("#0072B2", "#B34A00", "#007A55", "#A0487A")
"""Blue, vermilion, green, purple; the last three darker than Okabe and Ito's, to be legible as text on white."""
_DASHES = ("", "6 4", "2 3", "8 3 2 3")


@dataclass(frozen=True, slots=True)
class Style:
    """A class name and the attributes that stand for it where there is no style sheet."""

    name: str
    attributes: tuple[tuple[str, str], ...]


def _style(name: str, **attributes: str) -> Style:
    return Style(name, tuple((key.replace("_", "-"), value) for key, value in attributes.items()))


def _text(name: str, fill: str, **attributes: str) -> Style:
    return _style(name, fill=fill, **attributes)


GRID = _style("grid", stroke="#E3E6EB", stroke_width="1", fill="none")
AXIS = _style("axis", stroke="#8A93A0", stroke_width="1", fill="none")
TICK = _text("tick", "#59626F")
HEADING = _text("tick heading", "#59626F")
RULE = _style("rule", stroke="#59626F", stroke_width="1.25", stroke_dasharray="3 3", fill="none")
RULE_LABEL = _text("rule-label", "#59626F")
UPRIGHT = _style("rule upright", stroke="#59626F", stroke_width="1.5", stroke_dasharray="1.5 3", fill="none")
QUIET = _style("quiet", stroke="#8A93A0", stroke_width="1.25", stroke_dasharray="4 3", fill="none")
QUIET_LABEL = _text("quiet-label", "#59626F")
QUIET_HOLLOW = _style("hollow quiet-hollow", fill="#FFFFFF", stroke="#8A93A0", stroke_width="1.25")
ZONE = _style("zone", fill="#B34A00", fill_opacity="0.08", stroke="none")
ZONE_LABEL = _text("zone-label", "#B34A00")
ZERO = _style("axis zero", stroke="#8A93A0", stroke_width="1.5", fill="none")
BARS = _style("bars", fill="#8A93A0", fill_opacity="0.55", stroke="none")
PANEL = _text("panel", "#1B2129", font_weight="bold")
LINK = _style("axis link", stroke="#B5BCC6", stroke_width="0.75", fill="none")


def line(hue: int) -> Style:
    """A series' line; each hue has its own dash."""
    dash = {"stroke_dasharray": _DASHES[hue % 4]} if _DASHES[hue % 4] else {}
    return _style(
        f"line hue-{hue % 4}",
        stroke=_HUES[hue % 4],
        stroke_width="2.25",
        stroke_linejoin="round",
        stroke_linecap="round",
        fill="none",
        **dash,
    )


def band(hue: int) -> Style:
    """The range over the seeds behind a series' line."""
    return _style(f"band hue-{hue % 4}", fill=_HUES[hue % 4], fill_opacity="0.16", stroke="none")


def mark(hue: int) -> Style:
    """A series' filled markers."""
    return _style(f"mark hue-{hue % 4}", fill=_HUES[hue % 4], stroke="#FFFFFF", stroke_width="1")


def hollow(hue: int) -> Style:
    """A marker for a value that lies outside the picture: outlined, not filled."""
    return _style(f"hollow hue-{hue % 4}", fill="#FFFFFF", stroke=_HUES[hue % 4], stroke_width="1.5")


def whisker(hue: int) -> Style:
    """A range without a line through it."""
    return _style(
        f"whisker hue-{hue % 4}",
        stroke=_HUES[hue % 4],
        stroke_width="5",
        stroke_opacity="0.3",
        stroke_linecap="round",
        fill="none",
    )


def stem(hue: int) -> Style:
    """The line from the axis up to a marker."""
    return _style(f"stem hue-{hue % 4}", stroke=_HUES[hue % 4], stroke_width="1.75", fill="none")


def label(hue: int) -> Style:
    """Words in a series' colour."""
    return _text(f"label hue-{hue % 4}", _HUES[hue % 4], font_weight="bold")
