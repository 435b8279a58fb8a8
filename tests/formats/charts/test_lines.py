from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.formats.charts import NARROW, WIDE, ChartSize, Lines, Point, Series, Upright, line_chart
from gradaudit.formats.charts.scales import engineering
from gradaudit.formats.charts.uprights import flags
from tests.formats.charts.soundness import SIZES, assert_sound, corners, paths, written

ANY = st.floats(allow_nan=False)


def loss_against_rate(**options: object) -> Lines:
    """A falling and then rising line over five decades of the rate."""
    line = Series("loss", tuple(Point(10.0**k, abs(k + 2) + 0.1) for k in range(-5, 1)))
    return Lines("rates", "The sentence.", "loss", "rate", (line,), logarithmic_x=True, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
def test_equal_factors_are_equally_far_apart_on_a_logarithmic_axis(size: ChartSize) -> None:
    """Each decade takes the same room, and the ticks are those of a vertical logarithmic axis."""
    chart = line_chart(loss_against_rate(), size)

    (line,) = paths(chart, "line")
    gaps = [b[0] - a[0] for a, b in zip(corners(line), corners(line)[1:], strict=False)]
    assert gaps == pytest.approx([gaps[0]] * 5, abs=0.11)
    assert {"1e-4", "1e-2", "1"} <= set(written(chart))
    assert_sound(chart)


@pytest.mark.parametrize("size", SIZES)
def test_uprights_and_zone_are_drawn_and_named(size: ChartSize) -> None:
    """Three levels close to one another keep their labels apart; the tint runs from its start to the edge."""
    uprights = (Upright(0.01, "configured 0.01"), Upright(0.02, "recommended 0.02"), Upright(0.5, "stable limit 0.5"))
    chart = line_chart(loss_against_rate(uprights=uprights, zone_from=0.5, zone_label="beyond the limit"), size)

    assert {u.label for u in uprights} | {"beyond the limit"} <= set(written(chart))
    assert len(paths(chart, "upright")) == 3
    assert len(paths(chart, "zone")) == 1
    assert_sound(chart)


@given(
    st.lists(st.tuples(ANY, st.none() | ANY), max_size=8),
    st.lists(st.tuples(ANY, st.text("ab漢 ", max_size=60)), max_size=4),
    st.none() | ANY,
    st.text("ab漢 ", max_size=70),
    st.booleans(),
    st.sampled_from(SIZES),
)
def test_any_line_with_any_uprights_is_sound(
    points: list[tuple[float, float | None]],
    uprights: list[tuple[float, str]],
    zone: float | None,
    label: str,
    logarithmic: bool,
    size: ChartSize,
) -> None:
    """Rates of zero, infinity or less than nothing have no place on a logarithmic axis, and are left out."""
    series = Series("s", tuple(Point(x, y) for x, y in points))
    marks = tuple(Upright(x, label) for x, label in uprights)
    data = Lines(
        "n",
        "t",
        "loss (log scale)",
        "rate",
        (series,),
        logarithmic_x=logarithmic,
        uprights=marks,
        zone_from=zone,
        zone_label=label,
    )

    assert_sound(line_chart(data, size))


@given(st.lists(st.tuples(st.floats(0, 344), st.text("abc", min_size=1, max_size=70)), max_size=4))
def test_no_label_lies_on_another_or_under_a_line_of_another(wanted: list[tuple[float, str]]) -> None:
    """What reaches up past a lower row finds no letters in its way."""
    found = flags(wanted, NARROW)

    assert sorted(f.at for f in found) == sorted(at for at, _ in wanted)
    for a, b in combinations(found, 2):
        assert a.row != b.row or a.right < b.left or b.right < a.left
        upper, lower = (a, b) if a.row > b.row else (b, a)
        assert not (upper.row > lower.row and upper.hoisted and lower.left <= upper.at <= lower.right)


def test_a_lone_label_stands_over_its_line() -> None:
    """Nothing is moved without need."""
    (flag,) = flags([(300.0, "limit")], WIDE)

    assert (flag.left + flag.right) / 2 == pytest.approx(300)
    assert flag.row == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.0, 5e-8, 1e-7), ["0", "50e-9", "100e-9"]),
        ((-2e6, 0.0, 2e6), ["-2e6", "0", "2e6"]),
        ((0.0, 0.25, 0.5), ["0", "0.25", "0.5"]),
        ((0.0, 20000.0), ["0", "20000"]),
        ((0.0,), ["0"]),
        ((), []),
    ],
)
def test_numbers_far_from_one_share_an_exponent(values: tuple[float, ...], expected: list[str]) -> None:
    """A multiple of three, so that the digits before it can be compared at a glance."""
    assert engineering(values) == expected


@given(st.floats(1e-290, 1e290), st.integers(-5, 5), st.sampled_from((1, 2, 2.5, 5)))
def test_engineering_numbers_can_be_read_back(size: float, first: int, multiple: float) -> None:
    """Every label is the value, to within a thousandth of the step."""
    step = multiple * 10.0 ** math.floor(math.log10(size))
    values = [k * step for k in range(first, first + 6)]

    assert [float(text) for text in engineering(values)] == pytest.approx(values, abs=1e-3 * step)


def ending_at(x: float) -> Lines:
    """A long line, and one that ends before it."""
    long = Series("long", (Point(0, 1.0), Point(100, 2.0)))
    return Lines("run", "The sentence.", "loss", "steps", (long, Series("short", (Point(0, 3.0), Point(x, 4.0)))))


@pytest.mark.parametrize("size", SIZES)
def test_a_line_that_ends_early_is_named_where_it_ends(size: ChartSize) -> None:
    """A name at the far right would say that it went on."""
    places = {}
    for x in (20.0, 90.0):
        chart = line_chart(ending_at(x), size)
        places[x] = next(w.x for group in chart.groups for w in group.words if w.text == "short")
        assert_sound(chart)
    assert places[20.0] < size.width / 2 < places[90.0]


def test_a_line_that_leaves_the_picture_is_named_where_it_leaves() -> None:
    """And not where it would have ended."""
    lost = Series("lost", (Point(0, 1.0), Point(10, math.inf), Point(100, math.inf)))
    long = Series("long", (Point(0, 1.0), Point(100, 2.0)))
    chart = line_chart(Lines("run", "The sentence.", "loss", "steps", (long, lost)), WIDE)
    (at,) = [w.x for group in chart.groups for w in group.words if w.text.startswith("lost")]
    assert at < WIDE.width / 2


def test_a_band_is_spoken_of_where_it_can_be_seen() -> None:
    """Not where it is thinner than its line, nor where it is but one point wide."""
    for apart, points, seen in ((0.5, 3, True), (0.001, 3, False), (0.5, 1, False)):
        line = tuple(Point(k, 2.0, 2.0, 2.0 + (apart if k < points else 0)) for k in range(4))
        chart = Lines(
            "run",
            "The sentence.",
            "loss",
            "steps",
            (
                Series(
                    "s",
                    (*line, Point(4, 0.0)),
                ),
            ),
        )
        assert chart.spreads is seen
