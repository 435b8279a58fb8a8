from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.formats.charts import WIDE, ChartSize, Panel, Profile, profile_chart
from tests.formats.charts.soundness import SIZES, assert_sound, corners, paths, written


def sigmoid(label: str, bins: int = 20) -> Panel:
    """A sigmoid's derivative over a bell-shaped histogram."""
    z = [-5 + 10 * (k + 0.5) / bins for k in range(bins)]
    bell = [math.exp(-v * v / 2) for v in z]
    slope = [1 / (1 + math.exp(-v)) * (1 - 1 / (1 + math.exp(-v))) for v in z]
    return Panel(label, -5, 5, tuple(b / sum(bell) for b in bell), tuple(slope))


def profile(*panels: Panel) -> Profile:
    """A profile chart's data."""
    return Profile("why", "The sentence.", "z", panels)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_each_layer_has_a_panel(size: ChartSize, count: int) -> None:
    """With its name, its curve, its bars, and the largest value of its curve."""
    chart = profile_chart(profile(*(sigmoid(f"fc{k}", 10) for k in range(count))), size)

    assert [text for text in written(chart) if text.startswith("fc")] == [f"fc{k}" for k in range(count)]
    assert len(paths(chart, "line")) == len(paths(chart, "bars")) == count + 1  # and the key's
    assert written(chart).count("0.235") == count
    assert_sound(chart)


@pytest.mark.parametrize(("others", "said"), [(0.245, ["0.25", "0.25"]), (0.1, ["0.25", "0.1"])])
def test_panels_of_like_height_have_one_axis(others: float, said: list[str]) -> None:
    """Bins that miss the peak by a little tell no other peak; one much lower keeps its own axis, to be seen at all."""
    peaks = (Panel(f"fc{k}", -2, 2, (0.2,) * 3, (0.0, top, 0.0)) for k, top in enumerate((0.25, others)))

    assert [text for text in written(profile_chart(profile(*peaks), WIDE)) if text.startswith("0.")] == said


def test_curve_and_bars_share_one_axis() -> None:
    """The peak of f′ stands over the peak of a histogram centred at the same z."""
    chart = profile_chart(profile(sigmoid("fc", 21)), WIDE)

    curve = min(corners(paths(chart, "line")[1]), key=lambda p: p[1])
    bars = corners(paths(chart, "bars")[1])
    highest = [x for x, y in bars if y == min(y for _, y in bars)]
    assert (min(highest) + max(highest)) / 2 == pytest.approx(curve[0], abs=0.2)


def test_the_curve_is_broken_where_the_derivative_is_undefined() -> None:
    """A gap is a gap."""
    panel = Panel("relu", -1, 1, (0.2,) * 5, (0.0, 0.0, None, 1.0, 1.0))

    assert len(paths(profile_chart(profile(panel), WIDE), "line")) == 3


def test_many_bins_are_joined_until_they_are_two_hundred_points() -> None:
    """Two panels of four hundred bins each."""
    panel = Panel("fc", 0, 1, (1 / 400,) * 400, (1.0,) * 400)

    chart = profile_chart(profile(panel, panel), WIDE)

    assert len(corners(paths(chart, "line")[1])) == 50


def test_of_many_layers_twelve_are_shown_with_both_ends() -> None:
    """The page says which."""
    chart = profile_chart(profile(*(sigmoid(f"fc{k}") for k in range(100))), WIDE)

    named = [text for text in written(chart) if text.startswith("fc")]
    assert (len(named), named[0], named[-1]) == (12, "fc0", "fc99")
    assert_sound(chart)


def test_bins_without_their_derivative_are_refused() -> None:
    """Tuples of two lengths are the caller's mistake."""
    with pytest.raises(ValueError, match="2 bins and 1"):
        profile_chart(profile(Panel("fc", 0, 1, (0.5, 0.5), (1.0,))), WIDE)


PANELS = st.integers(0, 70).flatmap(
    lambda n: st.builds(
        Panel,
        st.text("ab漢 ", max_size=40),
        st.floats(),
        st.floats(),
        st.tuples(*[st.floats()] * n),
        st.tuples(*[st.none() | st.floats()] * n),
    )
)


@given(st.lists(PANELS, max_size=5), st.text("xyz", max_size=90), st.sampled_from(SIZES))
def test_any_panels_are_sound(panels: list[Panel], heading: str, size: ChartSize) -> None:
    """Empty ones, ranges of nothing or everything, shares that are none."""
    assert_sound(profile_chart(Profile("n", "t", heading, tuple(panels)), size))


def test_panels_share_the_axis_of_z_unless_one_would_be_lost_on_it() -> None:
    """So that a narrow layer looks narrow; one a hundred times as narrow has its own."""
    for width, shared in ((2.0, True), (0.01, False)):
        narrow = Panel("narrow", -width, width, (0.5, 0.5), (0.2, 0.2))
        chart = profile_chart(profile(sigmoid("wide"), narrow), WIDE)
        assert (written(chart).count("-4") == 2) is shared
        assert_sound(chart)
