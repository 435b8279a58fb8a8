from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.formats.charts import WIDE, Contour, Size, contour_chart
from gradaudit.formats.charts.levels import level_lines, levels
from gradaudit.formats.charts.thinning import clipped, simplified, within_budget
from tests.formats.charts.soundness import SIZES, assert_sound, corners, paths, written

GRID = tuple(-1 + k / 7 for k in range(15))
PLACES = st.tuples(st.floats(), st.floats())


def on_grid(f: Callable[[float, float], float | None]) -> tuple[tuple[float | None, ...], ...]:
    """A function's values, in rows over y."""
    return tuple(tuple(f(x, y) for x in GRID) for y in GRID)


def plane(f: Callable[[float, float], float | None], **options: object) -> Contour:
    """A contour chart's data with a path to the centre."""
    path = ((0.9, 0.4), (0.3, 0.1), (0.0, 0.0))
    return Contour("plane", "The sentence.", "x", "y", GRID, GRID, on_grid(f), path, "descent", **options)  # type: ignore[arg-type]


def saddle(x: float, y: float) -> float:
    """Up along x, down along y."""
    return 2 + x * x - y * y


@pytest.mark.parametrize(("a", "b", "level"), [(1.0, 1.0, 0.5), (1.0, 3.0, 0.7), (0.5, 2.0, 0.3)])
def test_the_level_sets_of_a_quadratic_are_ellipses(a: float, b: float, level: float) -> None:
    """One closed line, every point on the ellipse to what a linear interpolation errs by: f″h²/8."""
    (line,) = level_lines(GRID, GRID, on_grid(lambda x, y: a * x * x + b * y * y), level)

    assert line[0] == line[-1]
    assert len(line) > 10
    assert all(abs(a * x * x + b * y * y - level) <= max(2 * a, 2 * b) * (1 / 7) ** 2 / 8 + 1e-12 for x, y in line)


def test_the_level_sets_of_a_linear_function_are_exact() -> None:
    """Where interpolation does not err, neither do the lines, from edge to edge of the grid."""
    (line,) = level_lines(GRID, GRID, on_grid(lambda x, y: x + 2 * y), 0.3)

    assert all(x + 2 * y == pytest.approx(0.3) for x, y in line)
    assert sorted((line[0][1], line[-1][1])) == pytest.approx([-0.35, 0.65])


def test_a_saddle_has_two_branches_on_either_side_of_its_level() -> None:
    """Above it they open along one axis, below it along the other."""
    above, below = (level_lines(GRID, GRID, on_grid(saddle), level) for level in (2.3, 1.7))

    assert (len(above), len(below)) == (2, 2)
    assert all(len({x > 0 for x, _ in line}) == 1 for line in above)
    assert all(len({y > 0 for _, y in line}) == 1 for line in below)


def test_squares_with_an_undefined_corner_are_left_out() -> None:
    """The line stops before the hole, and nothing is made up inside it."""
    hole = on_grid(lambda x, y: None if abs(x) < 0.3 and y > 0 else x * x + y * y)

    lines = level_lines(GRID, GRID, hole, 0.5)

    assert lines
    assert all(not (abs(x) < 0.2 and y > 0.1) for line in lines for x, y in line)


@pytest.mark.parametrize("size", SIZES)
def test_levels_ways_and_the_centre_are_drawn_and_named(size: Size) -> None:
    """Lower levels are darker; some carry their numbers; the key names what is there."""
    chart = contour_chart(plane(saddle, escape=((0, 0), (0.1, -0.8)), escape_label="escape", point_label="rest"), size)

    opacities = [
        float(dict(g.style.attributes)["stroke-opacity"]) for g in chart.groups if g.style.name.startswith("level")
    ]
    assert len(opacities) == 7
    assert opacities == sorted(opacities, reverse=True)
    assert {"descent", "escape", "rest"} <= set(written(chart))
    numbers = {text for _, text in levels(on_grid(saddle), 7)}
    assert len(numbers & set(written(chart))) >= 2
    assert len(paths(chart, "point")) == 2  # in the key and in the plane
    assert_sound(chart)


@pytest.mark.parametrize("size", SIZES)
def test_level_lines_have_at_most_two_hundred_points(size: Size) -> None:
    """On a chessboard, the worst of all grids, too."""
    for f in (saddle, lambda x, y: float(round(7 * x + 7 * y) % 2), lambda x, y: math.sin(9 * x) * math.cos(8 * y)):
        chart = contour_chart(plane(f), size)

        drawn = [len(corners(d)) for k in range(7) for d in paths(chart, f"level-{k}")]
        assert 0 < sum(drawn) <= 200
        assert_sound(chart)


@given(
    st.lists(st.none() | st.floats(), min_size=16, max_size=16),
    st.lists(PLACES, max_size=5),
    st.lists(PLACES, max_size=5),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4, unique=True).map(sorted),
    st.sampled_from(SIZES),
)
def test_any_plane_is_sound(
    values: list[float | None],
    path: list[tuple[float, float]],
    escape: list[tuple[float, float]],
    grid: list[float],
    size: Size,
) -> None:
    """Values, places and grids of any float."""
    rows = tuple(tuple(values[k : k + 4]) for k in range(0, 16, 4))
    places = tuple(grid)
    data = Contour("n", "t", "x", "y", places, places, rows, tuple(path), "p", tuple(escape), "e", "0")

    assert_sound(contour_chart(data, size))


@pytest.mark.parametrize("size", SIZES)
def test_an_empty_or_level_plane_has_no_level_lines(size: Size) -> None:
    """There is no height to tell; the way is still drawn."""
    for data in (plane(lambda x, y: 3.0), plane(lambda x, y: None), Contour("n", "t", "x", "y", (), (), (), (), "")):
        chart = contour_chart(data, size)

        assert not paths(chart, "level")
        assert_sound(chart)


@pytest.mark.parametrize(("x", "rows"), [((0.0, 1.0), ((1.0,),)), ((1.0, 0.0), ((1.0, 2.0),)), ((0.0,), ())])
def test_a_grid_that_is_none_is_refused(x: tuple[float, ...], rows: tuple[tuple[float, ...], ...]) -> None:
    """Rows of other lengths, and places that do not rise, are the caller's mistake."""
    with pytest.raises(ValueError, match="grid"):
        contour_chart(Contour("n", "t", "x", "y", x, (0.0,), rows, (), ""), WIDE)


def test_levels_are_written_with_as_many_digits_as_tell_them_apart() -> None:
    """A plane that is level to six digits still has numbers of its own."""
    found = levels([[2.3 + 1e-7 * k for k in range(20)]], 4)

    assert len({text for _, text in found}) == len(found) == 4
    assert all(float(text) == level for level, text in found)


def test_a_way_is_cut_where_it_leaves_the_picture() -> None:
    """It comes back as a stretch of its own."""
    runs = clipped([(0.5, 0.5), (0.5, 2.0), (0.75, 2.0), (0.75, 0.5), (math.nan, 0.0), (0.2, 0.2)])

    assert runs == [[(0.5, 0.5), (0.5, 1.0)], [(0.75, 1.0), (0.75, 0.5)]]


@given(st.lists(st.tuples(st.floats(0, 700), st.floats(0, 300)), min_size=2, max_size=40), st.floats(0.1, 20))
def test_a_simplified_line_passes_close_to_every_point_that_it_had(
    line: list[tuple[float, float]], tolerance: float
) -> None:
    """And it keeps its ends."""
    thin = simplified(line, tolerance)

    assert (thin[0], thin[-1]) == (line[0], line[-1])
    for point in line:
        nearest = min(_distance(point, a, b) for a, b in pairwise(thin))
        assert nearest <= tolerance + 1e-6


def test_the_longest_lines_are_kept() -> None:
    """Where simplifying does not suffice."""
    zigzag = [(10.0 * k, 100.0 * (k % 2)) for k in range(10)]
    tiny = [(0.0, 0.0), (9.0, 9.0), (18.0, 0.0)]

    assert within_budget([tiny, zigzag], 11) == [[], zigzag]


def _distance(p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    """Of a point from a piece: its ends, and the foot of the perpendicular."""
    return min(math.dist(p, (a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1]))) for s in (0.0, 1.0, _foot(p, a, b)))


def _foot(p: tuple[float, float], a: tuple[float, float], b: tuple[float, float]) -> float:
    square = math.dist(a, b) ** 2
    dot = (p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])
    return min(max(dot / square, 0.0), 1.0) if square else 0.0
