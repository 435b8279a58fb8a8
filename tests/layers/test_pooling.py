"""Pooling and flattening against PyTorch's autograd."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.layers import GlobalMaxPoolSpec, MaxPool1dSpec
from gradaudit.layers.operation import Arrays, Binding

FIRST = "{type: conv2d, channels: 4, kernel_size: 3}"
NETWORKS = [
    f"[[9, 8, 2], {FIRST}, max_pool2d, flatten, 3]",
    f"[[9, 8, 2], {FIRST}, {{type: max_pool2d, size: 3, stride: 2, padding: 1}}, flatten, 3]",
    f"[[9, 8, 2], {FIRST}, {{type: max_pool2d, size: [2, 3], stride: 1, padding: same}}, flatten, 3]",
    f"[[9, 8, 2], {FIRST}, {{type: avg_pool2d, size: 3, stride: [1, 2], padding: 1}}, flatten, 3]",
    f"[[9, 8, 2], {FIRST}, {{type: avg_pool2d, size: 2, padding: same}}, flatten, 3]",
    f"[[9, 8, 2], {FIRST}, global_avg_pool, 3]",
    f"[[9, 8, 2], {FIRST}, global_max_pool, 3]",
    "[[9, 8, 2], max_pool2d, {type: conv2d, channels: 4, kernel_size: 1}, avg_pool2d, 3]",
    "[[9, 2], {type: conv1d, channels: 4, kernel_size: 2}, max_pool1d, {type: avg_pool1d, stride: 1}, flatten, 3]",
    "[[9, 2], flatten, 5, 3]",
]


@pytest.mark.torch
@pytest.mark.parametrize("layers", NETWORKS)
def test_pytorch_agrees(layers):
    """Loss, gradient and Hessian product."""
    pytest.importorskip("torch", reason="compares with PyTorch")
    from tests.layers.images import assert_pytorch_agrees

    assert_pytorch_agrees(layers)


def run(layer, x):
    """The layer's operation on one seed and one sample of steps × 1 channel: (output, ∂loss/∂x of ones)."""
    op = layer.build(Binding(Arrays({}, {}, {}, {}), (len(x), 1), 1, 1, False, np.float64))
    y = op.forward(np.array(x, float)[None, :, None])
    return y.ravel(), op.backward(np.ones_like(y)).ravel()


def test_of_equals_the_first_is_taken():
    """As in PyTorch, where a ReLU makes many zeros equal."""
    for layer, x in ((MaxPool1dSpec(3), [0, 2, 2]), (GlobalMaxPoolSpec(), [0, 2, 2])):
        np.testing.assert_array_equal(run(layer, x)[1], [0, 1, 0])


def test_what_is_no_number_goes_on():
    """A maximum must not hide a NaN from the rules."""
    for layer in (MaxPool1dSpec(3), GlobalMaxPoolSpec()):
        assert np.isnan(run(layer, [1, np.nan, 2])[0]).all()
