"""Residual blocks whose shortcut has layers of its own."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.errors import SpecError
from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.network import build, initial
from tests.layers.differences import assert_differences_agree

STEM = "{type: conv2d, channels: 4, kernel_size: 3, padding: same}"
CONV = "{type: conv2d, channels: 6, kernel_size: 3, padding: same, activation: identity}"
PROJECTION = "{type: conv2d, channels: 6, kernel_size: 1, stride: 2, norm: batch_norm}"
BLOCK = (
    "{type: residual, activation: softplus, "
    f"layers: [{{type: conv2d, channels: 6, kernel_size: 3, padding: same, stride: 2, norm: layer_norm}}, {CONV}], "
    f"shortcut: [{PROJECTION}]}}"
)


def network(layers: str):
    """A small ResNet."""
    return build(from_text(f"layers: {layers}\nloss: mse\nactivation: tanh", "m.yaml"))


@pytest.mark.parametrize("layers", [f"{STEM}, {BLOCK}, global_avg_pool", f"{BLOCK}, flatten"])
def test_central_differences_agree(layers):
    """Loss and gradient along a random direction, the block behind others and as the first."""
    net, rng = network(f"[[8, 8, 2], {layers}, 3]"), np.random.default_rng(0)
    bp = Backprop(net, rng.standard_normal((3, 8, 8, 2)), rng.standard_normal((3, 3)), 2)
    assert_differences_agree(bp, np.stack([initial(net, rng) for _ in "12"]), rng.standard_normal(bp.v.shape), 1e-5)


def test_rows_of_a_shortcut_stand_behind_those_that_it_passes():
    """A linear map there has no activation; what follows both ways is what stands behind the block."""
    net = network(f"[[8, 8, 2], {STEM}, {BLOCK}, global_avg_pool, 3]")
    told = [(row.path, row.shape, str(row.activation)) for row in net.linear_maps]
    assert told == [
        ("layers[1]", (8, 8, 4), "tanh"),
        ("layers[2].layers[0]", (4, 4, 6), "tanh"),
        ("layers[2].layers[1]", (4, 4, 6), "identity"),
        ("layers[2].shortcut[0]", (4, 4, 6), "identity"),
        ("layers[4]", (3,), "identity"),
    ]
    first, one, two, projection, last = (row.index for row in net.linear_maps)
    assert {index: row.index for index, row in net.following.items()} == {
        first: one, one: two, two: last, projection: last
    }  # fmt: skip


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (f"layers: [{CONV}]", "takes 8 × 8 × 2 values and gives 8 × 8 × 6, so the two cannot be added"),
        (f"layers: [{CONV}], shortcut: [{PROJECTION}]", "layers give 8 × 8 × 6 values, its shortcut 4 × 4 × 6"),
        (f"layers: [{CONV}], shortcut: [{{type: convd}}]", "'convd' is no type of layer"),
    ],
)
def test_ways_that_cannot_be_added_are_told(block, message):
    """At the block's line, with what to write."""
    with pytest.raises(SpecError) as told:
        from_text(f"layers: [[8, 8, 2], {{type: residual, {block}}}, global_avg_pool, 2]", "m.yaml")
    assert message in str(told.value)


def test_a_repeated_block_projects_once():
    """Its copies take the shape that the first one gave; a thousand of a thousand are not walked one by one."""
    way = "shortcut: [{type: conv2d, channels: 6, kernel_size: 1}]"
    block = f"{{type: residual, repeat: 3, layers: [{CONV}], {way}}}"
    shapes = [row.input_shape for row in network(f"[[8, 8, 2], {block}, global_avg_pool, 3]").linear_maps]
    assert shapes == [(8, 8, 2)] * 2 + [(8, 8, 6)] * 4 + [(6,)]
    for _ in range(6):
        block = f"{{type: residual, repeat: 1000, layers: [{block}], {way}}}"
    with pytest.raises(SpecError, match="layers; at most 1,000 are audited"):
        from_text(f"layers: [[8, 8, 2], {block}, global_avg_pool, 2]", "m.yaml")
