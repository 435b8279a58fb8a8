from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.formats.charts import WIDE, ChartSize, Heat, heat_chart
from gradaudit.formats.charts.labels import evenly
from gradaudit.formats.charts.shades import INFINITE, MOST, UNDEFINED, ZERO, shades_of
from tests.formats.charts.soundness import SIZES, assert_sound, paths, written


def heat(*rows: tuple[float | None, ...], names: tuple[str, ...] = ()) -> Heat:
    """A heat map of those rows."""
    columns = names or tuple(f"fc{j + 1}" for j in range(len(rows[0]) if rows else 0))
    return Heat("heat", "The sentence.", "layer", "seed", columns, tuple(str(i) for i in range(len(rows))), rows)


def boxes(d: str) -> list[tuple[float, float]]:
    """The left edge and the width of each rectangle of a path."""
    return [(float(x), float(across)) for x, across in re.findall(r"M(-?[\d.]+),-?[\d.]+h(-?[\d.]+)", d)]


def cells(size: ChartSize, data: Heat) -> dict[str, list[tuple[float, float]]]:
    """The boxes under the key, by their shade's class."""
    found: dict[str, list[tuple[float, float]]] = {}
    for group in heat_chart(data, size).groups:
        if group.style.name.startswith("heat heat-"):
            found.setdefault(group.style.name, []).extend(b for p in group.paths for b in boxes(p.d))
    return found


@pytest.mark.parametrize("size", SIZES)
def test_higher_values_have_darker_shades(size: ChartSize) -> None:
    """Six decades take the six shades in order, the limits at powers of ten and written down."""
    chart = heat_chart(heat(tuple(3 * 10.0**-k for k in range(6))), size)

    assert {"1e-5", "0.1"} <= set(written(chart))
    shades = shades_of(3 * 10.0**-k for k in range(6))
    assert [shades.kind(3 * 10.0**-k) for k in range(6)] == [5, 4, 3, 2, 1, 0]
    assert_sound(chart)


def test_neighbours_of_one_shade_are_one_box() -> None:
    """A row of equal values is drawn once."""
    chart = heat_chart(heat((1.0,) * 20, (1.0,) * 20), WIDE)

    drawn = [p for k in range(MOST) for p in paths(chart, f"heat-{k}")]
    legend = len([p for k in range(MOST) for p in paths(heat_chart(heat((1.0,)), WIDE), f"heat-{k}")]) - 1
    assert len(drawn) == legend + 2


@pytest.mark.parametrize("size", SIZES)
def test_what_is_no_number_has_a_sign_of_its_own(size: ChartSize) -> None:
    """Zero, infinity and undefined are told apart by shape, and the key names only those that occur."""
    every = heat_chart(heat((1.0, 0.0, math.inf, None)), size)
    none = heat_chart(heat((1.0, 2.0)), size)

    assert {ZERO, INFINITE, UNDEFINED} <= set(written(every))
    assert not {ZERO, INFINITE, UNDEFINED} & set(written(none))
    assert not paths(none, "heat-sign")
    assert_sound(every)


def test_a_large_map_is_thinned_with_both_ends_kept() -> None:
    """A hundred layers and eight seeds: 200 cells at most, from the first layer to the last."""
    names = tuple(str(j) for j in range(100))
    chart = heat_chart(heat(*(tuple(10.0**j for j in range(100)),) * 8, names=names), WIDE)

    assert "0" in written(chart)
    assert sum(len(found) for found in cells(WIDE, heat(*((1.0, 9.0) * 50,) * 8)).values()) <= 200 + MOST
    assert evenly(100, 25)[0] == 0
    assert evenly(100, 25)[-1] == 99
    assert_sound(chart)


def test_a_table_with_a_hole_is_refused() -> None:
    """Rows of other lengths than the columns are the caller's mistake."""
    with pytest.raises(ValueError, match="1 × 2"):
        heat_chart(Heat("n", "t", "x", "y", ("a", "b"), ("0",), ((1.0,),)), WIDE)


@given(
    st.integers(0, 30).flatmap(
        lambda n: st.lists(st.tuples(*[st.none() | st.floats()] * n), max_size=25),
    ),
    st.text("ab漢 ", max_size=40),
    st.sampled_from(SIZES),
)
def test_any_values_make_a_sound_map(rows: list[tuple[float | None, ...]], name: str, size: ChartSize) -> None:
    """NaN, negative, subnormal and huge values included."""
    names = tuple(f"{name}{j}" for j in range(len(rows[0]) if rows else 3))
    labels = tuple(f"{name}{i}" for i in range(len(rows)))

    assert_sound(heat_chart(Heat("n", "t", "layer", "seed", names, labels, tuple(rows)), size))


@given(st.lists(st.floats(min_value=5e-324, allow_infinity=False), min_size=1, max_size=20))
def test_shades_rise_with_the_values(values: list[float]) -> None:
    """No higher value is lighter than a lower one, and there are at most six."""
    shades = shades_of(values)
    kinds = [shades.kind(v) for v in sorted(values)]

    assert kinds == sorted(kinds, key=int)
    assert all(isinstance(k, int) and 0 <= k < MOST for k in kinds)
    assert 2 <= len(shades.limits) <= MOST + 1
