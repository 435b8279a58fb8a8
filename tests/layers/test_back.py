"""The way back through windows: its forms differ in how they get there, and not in what comes out."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from gradaudit.layers.back import Back, ByLines, Gathered, Scattered, back_through
from gradaudit.layers.patches import BLOCK_BYTES
from gradaudit.layers.windows import Padding, windows

SEEDS = 2
CASES = {
    "one axis": ((9,), (3,), (1,), (1,), "same", 1),
    "plain": ((6, 5), (3, 3), (1, 1), (1, 1), "valid", 1),
    "a border": ((6, 5), (3, 2), (1, 1), (1, 1), "same", 1),
    "strides that leave positions unseen": ((8, 7), (3, 2), (3, 2), (1, 1), "valid", 1),
    "dilated, with groups": ((9, 8), (3, 2), (1, 2), (2, 3), 1, 2),
    "a kernel of one column": ((5, 4), (3, 1), (1, 1), (1, 1), "same", 1),
    "a sample that fills no block": ((120, 130), (3, 3), (1, 1), (1, 1), "same", 1),
}


def forms_of(
    size: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: Padding,
    groups: int,
) -> list[Back]:
    """Each form for these windows."""
    most = tuple((side - 1) * gap for side, gap in zip(kernel, dilation, strict=True))
    over = windows(size, kernel, stride, padding, dilation, most)
    return [form(over, groups) for form in (Gathered, ByLines, Scattered)]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("pairs", [1, 2])
def test_every_form_gives_the_same(case, pairs) -> None:
    """∂loss/∂x of two seeds, of one pair and of the two that a Hessian product has."""
    rng, (gathered, *others) = np.random.default_rng(0), forms_of(*case)
    size, kernel, *_, groups = case
    samples, inputs, outputs = 3, 2 * groups, 4 * groups
    dzs = [rng.standard_normal((SEEDS, samples * prod(gathered.windows.outputs), outputs)) for _ in range(pairs)]
    kernels = [rng.standard_normal((SEEDS, *kernel, inputs // groups, outputs)) for _ in range(pairs)]

    expected, *found = [
        form(dzs, kernels, np.full((SEEDS, samples * prod(size), inputs), np.nan)) for form in (gathered, *others)
    ]

    for each in found:
        np.testing.assert_allclose(each, expected, atol=1e-12 * np.abs(expected).max())


def test_a_large_sample_is_more_than_a_block() -> None:
    """Else the case of that name would show nothing."""
    size, kernel, *_ = CASES["a sample that fills no block"]

    assert 8 * 4 * prod(size) * kernel[-1] > BLOCK_BYTES


def test_the_form_follows_the_shapes() -> None:
    """Strides leave little to add up; one axis has no lines; points need no gathering."""

    def chosen(kernel: tuple[int, ...], stride: int = 1, channels: tuple[int, int] = (16, 16)) -> type[Back]:
        over = windows((8,) * len(kernel), kernel, (stride,) * len(kernel), "same", (1,) * len(kernel), kernel)
        return type(back_through(over, 1, channels))

    assert chosen((3, 3)) is ByLines
    assert chosen((3, 3), stride=2, channels=(16, 32)) is Scattered
    assert chosen((3,)) is Gathered
    assert chosen((1, 1)) is Gathered
