from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from gradaudit.domain.measurements import LayerSignal, Measurements, Signal, Stage
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Model, ModelReport, ReportedLayer, Settings
from gradaudit.formats.signal_bars import signal_bars
from gradaudit.text.columns import columns
from gradaudit.text.text_style import TextStyle

PLAIN = TextStyle()


def table(values: Sequence[float | None], name: str = "", style: TextStyle = PLAIN) -> list[str]:
    """The bars of layers with these error signals, without the heading; layers with weights where they have no name."""
    one = PerSeed.of([1.0])
    rows = tuple(LayerSignal(k, PerSeed.of([value]), one, one) for k, value in enumerate(values))
    layers = tuple(
        ReportedLayer(k, "", name, "flatten" if name else "dense", 1, None, None, None) for k in range(len(values))
    )
    measured = Measurements({"initialised": Stage(signal=Signal(*(one,) * 6, layers=rows))})
    report = ModelReport(Model("m", "m", 1, 1, layers), Settings(), "error", "", (), measured)
    return list(signal_bars(report, ["initialised"], style))[1:]


def bars(values: Sequence[float | None]) -> list[int]:
    """The length of each bar."""
    return [row.count("#") for row in table(values)]


def test_equal_ratios_are_equal_steps() -> None:
    """The scale is logarithmic, from one `#` for the smallest to forty for the largest."""
    assert bars([1e-4, 1e-3, 1e-2, 1e-1]) == [1, 14, 27, 40]


def test_a_level_signal_looks_level() -> None:
    """Differences of less than a decade are not blown up."""
    lengths = bars([0.1, 0.11, 0.12])

    assert min(lengths) > 35


def test_what_is_no_number_has_no_bar() -> None:
    """Zero, overflow and undefined are said in words beside the other layers."""
    rows = table([0.0, math.inf, None, 1.0])

    assert [row.split("|")[0].split()[2:] for row in rows] == [["0"], ["not", "finite"], ["undefined"], ["1"]]
    assert [row.count("#") for row in rows] == [0, 0, 0, 40]


def test_a_network_of_zeros_can_be_shown() -> None:
    """Where no layer has a signal, no bar is drawn."""
    assert bars([0.0, 0.0]) == [0, 0]


def test_a_very_deep_network_is_shortened() -> None:
    """First and last layers are shown, and how many are left out between them."""
    rows = table([1.0] * 50)

    assert len(rows) == 17
    assert rows[8] == "    ... 34 more ..."
    assert rows[9].split()[:2] == ["layer", "43"]


def test_just_deep_enough_is_shown_whole() -> None:
    """A gap is worth it only where it hides more than one layer."""
    assert len(table([1.0] * 17)) == 17
    assert [row.split()[0] for row in table([1.0] * 18)][8] == "..."


def test_names_keep_the_columns_straight() -> None:
    """Long names are cut, wide letters counted as two columns, what would act written out."""
    (row,) = table([1.0], name="層\x1b" + "a" * 50)
    (wide,) = table([1.0], name="層" * 30)

    assert row.startswith("    層\\x1baaaaaaaaaaaaaa          1 |")
    assert wide.startswith(f"    {'層' * 10}          1 |")


def test_blocks_are_drawn_to_an_eighth() -> None:
    """Every layer has at least a sliver, the largest signal forty whole blocks."""
    drawn = [row.split()[-1] for row in table([1e-6, 1e-3, 1.0], style=TextStyle(blocks=True))]

    assert drawn[0] == "▏"
    assert drawn[1].startswith("█" * 19)
    assert drawn[2] == "█" * 40


@pytest.mark.parametrize("width", [40, 50, 70])
@pytest.mark.parametrize("blocks", [True, False])
def test_bars_shrink_with_the_terminal(width: int, blocks: bool) -> None:
    """No row is wider than the terminal, and there is room for a bar in the narrowest."""
    rows = table([1e-6, 1.0], name="a_rather_long_name_of_a_layer", style=TextStyle(width, blocks=blocks))

    assert max(map(columns, rows)) <= width
    assert len(rows[-1].split()[-1].strip("|")) >= 8
