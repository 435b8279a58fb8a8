"""Graphs of tensors as chains with residual blocks."""

from __future__ import annotations

import pytest

from gradaudit.errors import InputError, Location
from gradaudit.inputs.described.model import DescribedLayer, Place
from gradaudit.inputs.described.trails import Trails

HERE = Place("sum", Location("m.x"))


def layer(rate):
    """A layer that is told by its rate."""
    return DescribedLayer("dropout", HERE, {"rate": rate})


def rates(layers):
    """The layers by their rates, blocks as lists."""
    return [rates(each.layers) if each.type == "residual" else each.keys["rate"] for each in layers]


def test_blocks_stand_in_one_another():
    """a + f(a) in either order, with a sum inside."""
    trails = Trails("x")
    trails.step("a", "x", layer(1))
    trails.step("b", "a", layer(2), layer(3))
    trails.step("c", "b", layer(4))
    trails.add("d", ("c", "b"), HERE)
    trails.add("e", ("a", "d"), HERE)
    trails.step("y", "e")

    assert rates(trails.layers_to("y")) == [1, [2, 3, [4]]]
    assert "y" in trails
    assert "z" not in trails


def test_two_ways_from_one_tensor_are_a_block_with_a_shortcut():
    """The shorter one is the shortcut."""
    trails = Trails("x")
    trails.step("a", "x", layer(1))
    trails.step("b", "a", layer(2))
    trails.step("c", "a", layer(3), layer(4))
    trails.add("y", ("c", "b"), HERE)

    first, block = trails.layers_to("y")
    assert first == layer(1) or first.keys == layer(1).keys
    assert [len(way) for way in (block.layers, block.shortcut)] == [2, 1]


@pytest.mark.parametrize("branches", [("a", "a"), ("b", "nobody"), ("a", "same")])
def test_other_sums_are_refused(branches):
    """One and the same tensor, and what nobody made."""
    trails = Trails("x")
    trails.step("a", "x", layer(1))
    trails.step("b", "a", layer(2))
    trails.step("same", "a")

    with pytest.raises(InputError, match=r"sum: it adds (a tensor to itself|two tensors that are not made from one)"):
        trails.add("y", branches, HERE)
