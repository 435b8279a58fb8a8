from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.formats.charts import WIDE, Chart, ChartSize, Stems, stem_chart
from tests.formats.charts.soundness import SIZES, assert_sound, corners, paths, written

SPECTRUM = ((-0.8, 0.01), (-0.1, 0.2), (0.05, 0.6), (9.0, 0.001))


def drawn(stems: tuple[tuple[float, float], ...], size: ChartSize) -> Chart:
    """The chart of those stems."""
    return stem_chart(Stems("spectrum", "The sentence.", "eigenvalue", "weight", stems), size)


@pytest.mark.parametrize("size", SIZES)
def test_the_two_sides_of_zero_differ_in_hue_and_marker(size: ChartSize) -> None:
    """Squares on the left of the zero line, circles on its right, as the key says."""
    chart = drawn(SPECTRUM, size)

    negative = [g for g in chart.groups if g.style.name == "mark hue-1"]
    positive = [g for g in chart.groups if g.style.name == "mark hue-0"]
    assert [len(g.paths) for g in negative] == [len(g.paths) for g in positive] == [1, 2]  # the key's, and the stems'
    assert all("a" not in p.d for g in negative for p in g.paths)
    assert all("a" in p.d for g in positive for p in g.paths)
    assert {"negative", "positive", "0"} <= set(written(chart))
    (zero,) = paths(chart, "zero")
    at = corners(zero)[0][0]
    left, right = (
        [corners(p.d)[0][0] for g in chart.groups if g.style.name == f"stem hue-{hue}" for p in g.paths]
        for hue in (1, 0)
    )
    assert max(left) < at < min(right)
    assert_sound(chart)


def test_a_side_without_stems_is_not_in_the_key() -> None:
    """And an eigenvalue of exactly zero is not called positive."""
    assert "negative" not in written(drawn(((1.0, 1.0),), WIDE))
    assert "zero or positive" in written(drawn(((0.0, 1.0),), WIDE))


def test_heavier_stems_are_higher() -> None:
    """Each decade of weight is as high as the next."""
    chart = drawn(((1.0, 1.0), (2.0, 0.1), (3.0, 0.01)), WIDE)

    tops = [corners(d)[1][1] for d in paths(chart, "stem")]
    assert tops == sorted(tops)
    assert tops[1] - tops[0] == pytest.approx(tops[2] - tops[1], abs=0.11)


def test_of_many_stems_the_outermost_and_the_heaviest_are_drawn() -> None:
    """A thousand are thinned to a hundred."""
    many = tuple((float(k), 1e-6 if k in {0, 999} else (k % 10 + 1) / 20) for k in range(1000))

    chart = drawn(many, WIDE)

    stems = paths(chart, "stem")
    assert len(stems) == 100
    places = [corners(d)[0][0] for d in stems]
    assert places == sorted(places)
    assert places[0] < 70
    assert places[-1] > 660


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=30), st.sampled_from(SIZES))
def test_any_stems_are_sound(stems: list[tuple[float, float]], size: ChartSize) -> None:
    """Weights of nothing, less than nothing, and more than one."""
    assert_sound(drawn(tuple(stems), size))
