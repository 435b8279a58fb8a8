"""Small grey images of three figures: a disc, a square and a cross, of any size and place, on a noisy ground."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gradaudit.datasets.interface import Array, Raw
from gradaudit.datasets.widths import place
from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import Problem, SpecError

LEAST = 6
"""Pixels of a side, below which the three cannot be told apart."""
NOISE = 0.1


def load(spec: ModelSpec, samples: int, rng: np.random.Generator) -> Raw:
    """Images of the input's height and width with values of about 0 to 1, and which figure each shows.

    Raises SpecError where the input is no grey image, or too small a one.
    """
    shape = spec.input_shape
    if len(shape) != 3 or shape[-1] != 1 or min(shape[:2]) < LEAST:
        says = f"data: shapes are grey images; write a first entry of layers such as [16, 16, 1], no side below {LEAST}"
        raise SpecError(Problem(says, place(spec, "layers[0]")))
    y = rng.permutation(np.arange(samples) % 3)
    X = np.stack([_image(rng, int(figure), shape[0], shape[1]) for figure in y])[..., None]
    X = X * spec.data.number("scale", 1.0) + spec.data.number("offset", 0.0)
    return Raw(X, y.astype(np.int64), f"shapes, {samples} rows")


def _image(rng: np.random.Generator, figure: int, height: int, width: int) -> Array:
    radius = rng.uniform(2.0, min(height, width) / 3)
    row, column = (rng.uniform(radius, side - 1 - radius) for side in (height, width))
    down, across = np.abs(np.arange(height) - row)[:, None], np.abs(np.arange(width) - column)[None, :]
    lit: npt.NDArray[np.bool_] = (
        down**2 + across**2 <= radius**2,
        np.maximum(down, across) <= 0.85 * radius,
        (np.minimum(down, across) <= 0.3 * radius) & (np.maximum(down, across) <= radius),
    )[figure]
    return lit * rng.uniform(0.6, 1.0) + NOISE * rng.standard_normal((height, width))
