"""Adaptive pooling: the windows that PyTorch chooses, or a refusal where they are of several sizes."""

from __future__ import annotations

from typing import Any

import pytest

from gradaudit.errors import InputError
from gradaudit.inputs.described.model import Place

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
from gradaudit.inputs.pytorch.images import adaptive  # noqa: E402 - its modules are PyTorch's

nn = torch.nn
pytestmark = pytest.mark.torch
MAPS = (3, 8, 6)


@pytest.mark.parametrize(
    ("asked", "size"), [((4, 3), 2), (2, [4, 3]), ((8, 2), [1, 3]), ((None, 3), [1, 2]), ((2, 1), [4, 6])]
)
@pytest.mark.parametrize("kind", ["avg", "max"])
def test_windows_of_one_size_are_those_of_a_plain_pooling(kind: str, asked: Any, size: Any) -> None:
    """Which PyTorch says with its own numbers."""
    module = {"avg": nn.AdaptiveAvgPool2d, "max": nn.AdaptiveMaxPool2d}[kind](asked)
    plain = {"avg": nn.AvgPool2d, "max": nn.MaxPool2d}[kind](size)
    (layer,) = adaptive(module, MAPS, Place("net"))
    assert (layer.type, layer.keys) == (f"{kind}_pool2d", {"size": size})
    X = torch.randn(2, *MAPS)
    torch.testing.assert_close(module(X), plain(X))


def test_as_many_positions_as_there_are_need_no_pooling() -> None:
    """And one position is a global one."""
    assert adaptive(nn.AdaptiveAvgPool2d((8, 6)), MAPS, Place("net")) == ()
    (layer,) = adaptive(nn.AdaptiveMaxPool2d(1), MAPS, Place("net"))
    assert layer.type == "global_max_pool"


def test_windows_of_several_sizes_are_refused() -> None:
    """8 positions make no 3 of one size."""
    with pytest.raises(InputError, match="it pools 8 × 6 to 3 × 3 positions in windows of several sizes"):
        adaptive(nn.AdaptiveAvgPool2d(3), MAPS, Place("net"))
