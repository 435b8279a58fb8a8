from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.formats.charts import (
    NARROW,
    WIDE,
    Chart,
    ChartSize,
    Lines,
    Point,
    ReferenceLine,
    Series,
    Span,
    Spans,
    line_chart,
    span_chart,
)
from gradaudit.formats.charts.labels import spread, thinned
from gradaudit.formats.charts.scales import LinearScale, LogScale, linear_around


def labels(scale: LinearScale | LogScale, most: int = 6) -> list[str]:
    """What stands at a scale's ticks."""
    return [tick.label for tick in scale.ticks(most)]


def coordinates(chart: Chart) -> list[float]:
    """Every number of every path."""
    paths = [path.d for group in chart.groups for path in group.paths]
    return [float(n) for d in paths for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", d)]


def words(chart: Chart) -> list[str]:
    """Everything that is written in a chart."""
    return [w.text for group in chart.groups for w in group.words]


def relative(d: str) -> str:
    """A marker's outline with its first point moved to the origin, to a pixel."""
    pairs = [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+),(-?[\d.]+)", d)]
    return d[-2:] + str([(round(x - pairs[0][0]), round(y - pairs[0][1])) for x, y in pairs])


def lines(*series: Series, **options: object) -> Lines:
    """A line chart's data with the least that it needs."""
    return Lines("name", "The sentence.", "up", "across", series, **options)  # type: ignore[arg-type]


def points(*values: float | None) -> tuple[Point, ...]:
    """Values at 0, 1, 2, … with a range of a tenth around them."""
    return tuple(Point(i, v, v and 0.9 * v, v and 1.1 * v) for i, v in enumerate(values))


def test_a_log_scale_is_marked_in_powers_of_ten() -> None:
    """Many decades are thinned evenly, with 1 written as 1."""
    assert labels(LogScale(-8.2, 0.3, 0, 1)) == ["1e-8", "1e-6", "1e-4", "1e-2", "1"]


def test_a_log_scale_within_a_few_decades_is_marked_in_plain_numbers() -> None:
    """No exponents where nobody needs them."""
    assert labels(LogScale(-2.0, 2.0, 0, 1)) == ["0.01", "0.1", "1", "10", "100"]
    assert labels(LogScale(-0.2, 0.9, 0, 1)) == ["1", "2", "5"]


def test_a_log_scale_holds_everything_that_a_float_can_be() -> None:
    """From the smallest subnormal to the largest float, no tick overflows."""
    scale = LogScale.around([5e-324, 1.7e308], 0.0, 100.0)

    assert 2 <= len(scale.ticks(6)) <= 6
    assert 0 < scale.place(5e-324) < scale.place(1.0) < scale.place(1.7e308) < 100


def test_a_log_scale_of_one_value_is_a_decade_wide() -> None:
    """What is level looks level, and there is always a tick."""
    scale = LogScale.around([0.3], 0.0, 1.0)

    assert scale.high - scale.low == pytest.approx(1)
    assert labels(scale)


def test_zero_and_infinity_lie_on_the_edges_of_a_log_scale() -> None:
    """They have no place of their own."""
    scale = LogScale.around([0.1, 10], 0.0, 1.0)

    assert (scale.place(0.0), scale.place(math.inf)) == (0.0, 1.0)
    assert not scale.holds(0.0)
    assert not scale.holds(math.inf)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.3, 2.41], ["0", "0.5", "1", "1.5", "2", "2.5"]),
        ([0.031], ["0", "0.01", "0.02", "0.03"]),
        ([-3, 4], ["-2", "0", "2", "4"]),
        ([5e-324], ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ([], ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ([-1e308, 1e308], ["-1e300", "-0.5e300", "0", "0.5e300", "1e300"]),
    ],
)
def test_a_linear_scale_is_marked_at_round_numbers(values: list[float], expected: list[str]) -> None:
    """It starts at zero unless something is below it."""
    assert labels(linear_around(values, 0.0, 1.0)) == expected


def test_labels_are_pushed_apart_in_their_order() -> None:
    """Neighbours keep their distance, and nobody leaves the picture."""
    wanted = (50.0, 10.0, 51.0, 49.0, 200.0)

    placed = spread(wanted, 12, 0, 100)

    assert all(b - a >= 12 - 1e-9 for a, b in pairwise(sorted(placed)))
    assert all(0 <= place <= 100 for place in placed)
    assert sorted(range(5), key=lambda i: placed[i]) == sorted(range(5), key=lambda i: wanted[i])


def test_too_many_labels_share_the_room() -> None:
    """Where there is no room for the gap, the gap shrinks."""
    assert spread((5.0,) * 5, 50, 0, 100) == pytest.approx((0, 25, 50, 75, 100))


def test_names_under_an_axis_are_thinned_until_they_fit() -> None:
    """Every k-th name, with the smallest k that leaves a space between neighbours."""
    assert thinned(["a"] * 11, 400, [20.0] * 11) == 1
    assert thinned(["a"] * 11, 400, [60.0] * 11) == 2


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("logarithmic", [True, False])
def test_a_line_chart_stays_inside_its_canvas(size: ChartSize, *, logarithmic: bool) -> None:
    """Whatever the values are, every coordinate is a finite number within the picture."""
    wild = Series("wild", points(1e-300, 0.0, None, math.inf, 1e300, 2.0))
    names = tuple("x" * 40 for _ in range(6))

    data = lines(wild, Series("", ()), names=names, rules=(ReferenceLine(1.0, "rule"),), logarithmic=logarithmic)
    chart = line_chart(data, size)

    assert coordinates(chart)
    assert all(-size.width <= n <= size.width for n in coordinates(chart))
    for group in chart.groups:
        for w in group.words:
            left = {"start": 0, "middle": 0.5, "end": 1}[w.anchor] * size.text_width(w.text)
            assert w.x - left >= -0.1
            assert w.x - left + size.text_width(w.text) <= size.width + 0.1
            assert 0 <= w.y <= size.height


@given(st.lists(st.none() | st.floats(allow_nan=False), max_size=12), st.booleans(), st.floats(min_value=0))
def test_any_values_make_a_picture(values: list[float | None], logarithmic: bool, ceiling: float) -> None:
    """Every float, in any order and at any distance from any other, finds a place or is left out."""
    chart = line_chart(lines(Series("s", points(*values)), logarithmic=logarithmic, ceiling=ceiling), WIDE)

    assert all(-WIDE.width <= n <= WIDE.width for n in coordinates(chart))
    assert len(words(chart)) < 40


def test_a_line_is_broken_where_there_is_no_value() -> None:
    """A gap in the numbers is a gap in the picture."""
    chart = line_chart(lines(Series("s", points(1.0, 2.0, None, 3.0, 4.0))), WIDE)

    (drawn,) = [group for group in chart.groups if group.style.name.startswith("line")]
    assert len(drawn.paths) == 2


def test_a_value_beyond_the_ceiling_leaves_an_open_marker_and_an_arrow() -> None:
    """A run that diverges is seen to diverge."""
    chart = line_chart(lines(Series("lost", points(1.0, 2.0, math.inf), marked=False), ceiling=4.0), WIDE)

    assert any("hollow" in group.style.name for group in chart.groups)
    assert "lost ↑" in words(chart)


def test_series_are_told_apart_by_dash_and_marker_and_not_by_colour_alone() -> None:
    """Four series have four dashes and four markers."""
    chart = line_chart(lines(*(Series(str(hue), points(1.0, 2.0), hue) for hue in range(4))), WIDE)

    drawn = [dict(g.style.attributes) for g in chart.groups if g.style.name.startswith("line")]
    shapes = [relative(g.paths[0].d) for g in chart.groups if g.style.name.startswith("mark")]
    assert len({attributes.get("stroke-dasharray", "") for attributes in drawn}) == 4
    assert len(shapes) == len(set(shapes)) == 4


def test_seeds_that_agree_have_no_band() -> None:
    """A band is drawn only where there is something between its edges."""
    flat = Series("s", (Point(0, 1.0, 1.0, 1.0), Point(1, 2.0, 2.0, 2.0)))

    assert not any("band" in group.style.name for group in line_chart(lines(flat), WIDE).groups)
    assert any("band" in group.style.name for group in line_chart(lines(Series("s", points(1.0, 2.0))), WIDE).groups)


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("level", [1e-12, 0.1, 1e9, None])
def test_a_span_chart_holds_its_rows_and_its_level(size: ChartSize, level: float | None) -> None:
    """The configured rate may lie anywhere; everything stays in the picture."""
    rows = (Span("stable limit", 3.0, 1.0, 9.0, "3"), Span("recommended", 1.0, 1.0, 1.0, "1", 2))

    chart = span_chart(Spans("rate", "The sentence.", "rate", rows, level, "configured", 3.0, "beyond"), size)

    assert {"stable limit", "recommended", "3", "1"} <= set(words(chart))
    assert ("configured" in words(chart)) == (level is not None)
    assert all(-size.width <= n <= size.width for n in coordinates(chart))
