from __future__ import annotations

from collections.abc import Callable

import pytest

from gradaudit.inputs.checks.geometry import layer_faults
from gradaudit.inputs.checks.names import Fault
from gradaudit.inputs.checks.sizes import data_faults


def of(*layers: object, **keys: object) -> list[Fault]:
    """The faults of these layers."""
    return layer_faults({"layers": list(layers), **keys})


@pytest.mark.parametrize(
    "layers",
    [
        (2, 1),
        (1, {"units": 3, "repeat": 2}, "batch_norm", {"name": "dropout", "rate": 0.5}, 1),
        (4, 8, {"name": "residual", "layers": [16, "layer_norm", 8], "repeat": 50}, 1),
        (4, {"name": "residual", "layers": [4]}, 1),
        (4, {"name": "dropout", "rate": 0.2}, 1),
    ],
)
def test_sound_layers_have_no_fault(layers: tuple[object, ...]) -> None:
    """Repeats, blocks whose widths agree, norms behind dense layers and dropout anywhere are fine."""
    assert of(*layers) == []


def test_a_block_must_give_back_its_width() -> None:
    """Both widths are named, and what to write."""
    (fault,) = of(8, 16, {"name": "residual", "layers": [16, 8]}, 3)

    assert fault.path == ("layers", 2)
    assert "takes 16 values and gives 8" in fault.message
    assert "a dense layer of 16 units" in fault.message


def test_a_block_inside_a_block_is_looked_at() -> None:
    """Widths are followed into nested blocks."""
    (fault,) = of(4, {"name": "residual", "layers": [6, {"name": "residual", "layers": [5]}, 4]}, 1)

    assert fault.path == ("layers", 1, "layers", 1)


@pytest.mark.parametrize("layers", [(8, "batch_norm", 3), (8, {"name": "residual", "layers": ["layer_norm", 8]}, 3)])
def test_a_norm_may_be_the_first_layer(layers: tuple[object, ...]) -> None:
    """Of the raw inputs, inside a block too."""
    assert not list(of(*layers))


def test_an_activation_needs_weights_before_it() -> None:
    """Of raw inputs nobody asks for one."""
    (fault,) = of(8, {"type": "dropout", "rate": 0.1, "activation": "relu"}, 3)
    assert "an activation before any layer with weights" in fault.message


def test_a_model_needs_a_dense_layer() -> None:
    """Dropout alone is no network."""
    (fault,) = of(3, {"name": "dropout", "rate": 0.5})
    assert fault.message.startswith("no dense layer")


@pytest.mark.parametrize("first", [{"units": 3}, "batch_norm"])
def test_the_first_entry_is_a_number(first: object) -> None:
    """The inputs are not a layer."""
    (fault,) = of(first, 3)
    assert fault.path == ("layers", 0)


def test_a_huge_layer_is_refused_with_what_it_would_need() -> None:
    """A width of 10⁹ is told in bytes, at the layer that takes most."""
    (fault,) = of(8, 10**9, 10)

    assert fault.path == ("layers", 2)
    assert fault.message.startswith(
        "10,000,000,000 weights here would need 80 GB in float64, all layers together 144 GB"
    )


def test_repeats_count_without_being_written_out() -> None:
    """Nested repeats multiply; the product is refused before anything is expanded."""
    block = {"name": "residual", "repeat": 1_000, "layers": [{"units": 3, "repeat": 1_000}]}
    for _ in range(8):
        block = {"name": "residual", "repeat": 1_000, "layers": [block]}

    assert any("at most 1,000 are audited" in fault.message for fault in of(3, block, 1))


@pytest.mark.parametrize(("repeat", "too_many"), [(999, False), (1_000, True)])
def test_a_thousand_rows_are_the_limit(repeat: int, *, too_many: bool) -> None:
    """The last row that is let through is the thousandth."""
    assert bool(of(2, {"units": 2, "repeat": repeat}, 1)) is too_many


def test_a_norm_is_a_row_of_its_own() -> None:
    """`norm:` doubles the rows of its layer."""
    assert of(2, {"units": 2, "repeat": 500, "norm": "batch_norm"}, 1)
    assert not of(2, {"units": 2, "repeat": 500}, 1)


def test_few_weights_on_many_values_are_refused_too() -> None:
    """A wide input with one unit behind it needs memory for the batch."""
    (fault,) = of(10**7, 1)
    assert "10,000,001 values for each of 256 rows, 20.5 GB in float64" in fault.message
    assert "write audit: {samples: 24}" in fault.message
    assert not of(10**7, 1, audit={"samples": 24})


def test_what_is_too_wide_is_told_how_wide_it_may_be() -> None:
    """The number that is shown is let through."""
    (fault,) = of([1000, 1000, 3], "flatten", 100, audit={"samples": 1})
    assert "write at most 66 here" in fault.message
    assert not of([1000, 1000, 3], "flatten", 66, audit={"samples": 1})


def test_the_batch_counts_as_the_spec_says_it() -> None:
    """More samples for the probes, or drawn for one training step, mean more memory."""
    assert not of(2, 10_000, 1)
    assert of(2, 10_000, 1, audit={"samples": 10**6})
    assert of(2, 10_000, 1, data={"name": "moons", "samples": 10**6})
    assert not of(2, 10_000, 1, data={"name": "moons", "samples": 10**6}, batch_size=32)


def test_drawn_data_must_fit_into_memory() -> None:
    """Rows times inputs are bounded before they are drawn."""
    (fault,) = data_faults({"layers": [1000, 1], "data": {"name": "gaussian", "samples": 10**6}})

    assert fault.path == ("data", "samples")
    assert "would need 8 GB" in fault.message
    assert fault.message.endswith("write samples: 250000")


def test_what_cannot_be_read_is_stepped_over() -> None:
    """A fault of the schema's hides no other, and makes none."""
    assert of(2, None, {"units": "x"}, {"name": "residual", "layers": None}, "batch_norm", 1) == []


def test_unreadable_lists_are_left_to_the_schema(faults: Callable[[str], list[str]]) -> None:
    """Too few entries are one message."""
    for layers in ("[]", "[8]"):
        assert faults(f"layers: {layers}") == [
            "1:9: layers: a model needs the number of inputs and at least one layer, such as [2, 8, 1]"
        ]
