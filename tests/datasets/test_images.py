"""Images: how they are stored, folded and turned, and the generated figures."""

from __future__ import annotations

import numpy as np
import pytest

from gradaudit.datasets import prepare
from gradaudit.errors import SpecError
from gradaudit.inputs.yaml_spec.file import from_text

RNG = np.random.default_rng(0)
IMAGES = RNG.standard_normal((6, 5, 4, 3))
LABELS = np.arange(6) % 2
COLOUR = "layers: [[5, 4, 3], {type: conv2d, channels: 2, kernel_size: 3}, flatten, 2]\nloss: cross_entropy"
GREY = "layers: [[5, 4, 1], {type: conv2d, channels: 2, kernel_size: 3}, flatten, 2]\nloss: cross_entropy"


def read(text: str, X):
    """The data of a spec with these images."""
    return prepare(from_text(text, "m.yaml"), 0, X, LABELS)[1]


def test_channels_in_front_are_recognised_and_told():
    """As PyTorch stores them."""
    found = read(COLOUR, np.moveaxis(IMAGES, -1, 1))
    np.testing.assert_array_equal(found.X, IMAGES)
    assert found.description.endswith("channels first as stored")


def test_columns_are_folded_and_grey_images_may_lack_their_channel():
    """In row order, channels last."""
    np.testing.assert_array_equal(read(COLOUR, IMAGES.reshape(6, 60)).X, IMAGES)
    for shape in ((6, 5, 4), (6, 1, 5, 4), (6, 20)):
        np.testing.assert_array_equal(read(GREY, IMAGES[..., :1].reshape(shape)).X, IMAGES[..., :1])


@pytest.mark.parametrize("shape", [(6, 4, 5, 3), (6, 5, 12), (6, 60, 1, 1)])
def test_another_order_of_axes_is_an_error(shape):
    """As many numbers, but nobody knows which is which."""
    with pytest.raises(SpecError, match="an input is 5 × 4 × 3, but the data have inputs of"):
        read(COLOUR, IMAGES.reshape(shape))


def test_channels_are_standardised_over_samples_and_positions():
    """Each with mean 0 and standard deviation 1."""
    X = read(COLOUR + "\ndata: {name: gaussian, standardize: true}", 5 + IMAGES * [1, 10, 100]).X
    np.testing.assert_allclose(X.mean(axis=(0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=(0, 1, 2)), 1)


@pytest.mark.parametrize("first", ["64", "[8, 8]", "[8, 8, 1]"])
def test_digits_take_three_shapes(first):
    """The same pixels."""
    spec = from_text(f"layers: [{first}, flatten, 10]\ndata: digits\n", "m.yaml")
    X = prepare(spec, 0)[1].X
    assert X.shape[1:] == spec.input_shape
    assert X[0].ravel()[2] == 5


def shapes(first: str):
    """The generated figures for inputs of this shape."""
    return prepare(from_text(f"layers: [{first}, flatten, 3]\ndata: {{name: shapes, samples: 300}}", "m.yaml"), 0)[1]


def test_figures_differ_and_return_with_their_seed():
    """As many of each; a disc fills more of its box than a cross, and no corner of it as a square does."""
    data = shapes("[16, 12, 1]")
    np.testing.assert_array_equal(data.X, shapes("[16, 12, 1]").X)
    assert data.X.shape == (300, 16, 12, 1)
    np.testing.assert_array_equal(data.T.sum(axis=0), 100)
    lit = (data.X > 0.4).sum(axis=(1, 2, 3))
    assert lit[data.T[:, 2] == 1].mean() < 0.8 * lit[data.T[:, 0] == 1].mean()


@pytest.mark.parametrize("first", ["64", "[8, 8, 3]", "[5, 8, 1]"])
def test_figures_need_a_grey_image(first):
    """At the line of the shape."""
    with pytest.raises(SpecError, match=r"m.yaml:1.*shapes are grey images; write a first entry of layers such as"):
        shapes(first)
