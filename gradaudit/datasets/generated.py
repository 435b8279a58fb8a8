"""Data made from a seed: two stand-ins for data that are not at hand, and the classic toy problems.

Same seed, same data. `samples` rows, and X·scale + offset; targets are made before that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import numpy as np
import numpy.typing as npt

from gradaudit.datasets.interface import Kind, Raw
from gradaudit.datasets.limits import asked_samples, check_size
from gradaudit.datasets.scaling import moved
from gradaudit.datasets.widths import network_end, output_positions, place, tells_classes, vocabulary
from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import Problem, SpecError
from gradaudit.functions.arrays import Array

LEAST = 6
"""Pixels of a side, below which the three cannot be told apart."""
NOISE = 0.1


def shapes(spec: ModelSpec, samples: int, rng: np.random.Generator) -> Raw:
    """Images of the input's height and width with values of about 0 to 1, and which figure each shows.

    Raises SpecError where the input is no grey image, or too small a one.
    """
    shape = spec.input_shape
    if len(shape) != 3 or shape[-1] != 1 or min(shape[:2]) < LEAST:
        says = f"data: shapes are grey images; write a first entry of layers such as [16, 16, 1], no side below {LEAST}"
        raise SpecError(Problem(says, place(spec, "layers[0]")))
    y = rng.permutation(np.arange(samples) % 3)
    X = np.stack([_image(rng, int(figure), shape[0], shape[1]) for figure in y])[..., None]
    return Raw(moved(X, spec), y.astype(np.int64), f"shapes, {counted(samples, 'row')}")


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


Classes = npt.NDArray[np.int64]
Rng = np.random.Generator

STAND_INS = ("gaussian", "uniform")
DEFAULT_SAMPLES = {"xor": 4, **dict.fromkeys(STAND_INS, 256)}
"""Rows where the data section names no number; 512 of the others."""


def load(spec: ModelSpec, seed: int) -> Raw:
    """The generated data set that the spec names. Raises SpecError for a size that is none or needs too much."""
    name, rng = spec.data.name, np.random.default_rng(seed)
    samples = asked_samples(spec, DEFAULT_SAMPLES.get(name, 512), max(prod(spec.input_shape), 2))
    if name in STAND_INS:
        return _stand_in(spec, samples, rng)
    if name == "shapes":
        return shapes(spec, samples, rng)
    X, y = TOYS[name](rng, samples, max(network_end(spec).units, 2), spec.inputs)
    return Raw(moved(X, spec), y, f"{name}, {counted(len(X), 'row')}")


def _stand_in(spec: ModelSpec, samples: int, rng: Rng) -> Raw:
    """Rows of N(0, 1) or of U(−1, 1), with targets from a linear teacher of random weights; tokens at random."""
    shape, name = (samples, *spec.input_shape), spec.data.name
    said = f"{name} stand-in data, {counted(samples, 'row')}"
    if (known := vocabulary(spec)) is not None:
        tokens = rng.integers(0, known, shape)
        y, kind = _teacher(spec, rng.standard_normal(known)[tokens][..., None], rng)
        return Raw(tokens.astype(np.float64), y, said, stand_in=True, kind=kind)
    Z = rng.standard_normal(shape) if name == "gaussian" else rng.uniform(-1.0, 1.0, shape)
    spread = 1.0 if name == "gaussian" else np.sqrt(1 / 3)  # the standard deviation of U(−1, 1)
    y, kind = _teacher(spec, Z / spread, rng)
    return Raw(moved(Z, spec), y, said, stand_in=True, kind=kind)


def _teacher(spec: ModelSpec, Z: Array, rng: Rng) -> tuple[npt.NDArray[np.int64] | Array, Kind]:
    """S = Z·W at each position, W ~ N(0, 1/inputs): of variance 1; its largest column (its sign) as class, or S.

    Where the outputs do not stand at the inputs' positions, S is the sum over those, of variance 1 as well. Under
    poisson, whose targets cannot be negative, exp(S): the same teacher through the loss's own link.
    """
    end, inputs, positions = network_end(spec), Z.shape[-1], output_positions(spec)
    where = place(spec, end.key)
    rows = max(Z.size // inputs, inputs)
    check_size(rows, rows * end.units, "the targets of the stand-in data", where)
    S = Z @ rng.standard_normal((inputs, end.units)) / np.sqrt(inputs)
    if S.shape[1:-1] != positions:
        whole = S.sum(axis=tuple(range(1, S.ndim - 1))) / np.sqrt(prod(S.shape[1:-1]))
        S = np.broadcast_to(whole.reshape(len(S), *(1 for _ in positions), -1), (len(S), *positions, end.units))
    if tells_classes(spec):
        return (S[..., 0] > 0).astype(np.int64) if end.units == 1 else S.argmax(axis=-1), "classes"
    return np.exp(S) if spec.loss is not None and spec.loss.name == "poisson" else S, "numbers"


def _xor(rng: Rng, samples: int, classes: int, inputs: int) -> tuple[Array, Classes]:
    """The truth table, repeated in order up to the number of rows."""
    table = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    rows = np.arange(samples) % 4
    return table[rows], np.array([0, 1, 1, 0], dtype=np.int64)[rows]


def _labels(rng: Rng, samples: int, classes: int) -> Classes:
    """As many of each class as goes, in random order."""
    return rng.permutation(np.arange(samples, dtype=np.int64) % classes)


def _polar(radius: Array, angle: Array) -> Array:
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _spirals(rng: Rng, samples: int, classes: int, inputs: int) -> tuple[Array, Classes]:
    """One arm a class, 4 radians long, of radius up to 1, angles shaken by N(0, 0.2²) (Stanford's CS231n)."""
    y = _labels(rng, samples, classes)
    radius = rng.uniform(0.0, 1.0, samples)
    angle = 2 * np.pi * y / classes + 4 * radius + 0.2 * rng.standard_normal(samples)
    return _polar(radius, angle), y


def _moons(rng: Rng, samples: int, classes: int, inputs: int) -> tuple[Array, Classes]:
    """Two half circles that reach into one another, shaken by N(0, 0.1²)."""
    y = _labels(rng, samples, 2)
    X = _polar(np.ones(samples), rng.uniform(0.0, np.pi, samples))
    X[y == 1] = np.array([1.0, 0.5]) - X[y == 1]
    return X + 0.1 * rng.standard_normal(X.shape), y


def _circles(rng: Rng, samples: int, classes: int, inputs: int) -> tuple[Array, Classes]:
    """Two circles around 0 of radius 1 and 1/2, shaken by N(0, 0.1²)."""
    y = _labels(rng, samples, 2)
    X = _polar(np.where(y == 0, 1.0, 0.5), rng.uniform(0.0, 2 * np.pi, samples))
    return X + 0.1 * rng.standard_normal(X.shape), y


def _blobs(rng: Rng, samples: int, classes: int, inputs: int) -> tuple[Array, Classes]:
    """One cloud of standard deviation 1/4 a class, around centres from N(0, 1) that keep apart."""
    centres = _centres(rng, min(classes, samples), inputs)
    y = _labels(rng, samples, classes)
    return centres[y] + 0.25 * rng.standard_normal((samples, inputs)), y


def _centres(rng: Rng, count: int, inputs: int) -> Array:
    """Of ten candidates each time the one farthest from the centres before it (Mitchell 1991)."""
    centres = rng.standard_normal((count, inputs))
    for k in range(1, min(count, 100) if inputs <= 100 else 1):  # in many dimensions they keep apart unasked
        candidates = rng.standard_normal((10, inputs))
        gaps = ((candidates[:, None] - centres[None, :k]) ** 2).sum(axis=2).min(axis=1)
        centres[k] = candidates[gaps.argmax()]
    return centres


TOYS: Mapping[str, Callable[[Rng, int, int, int], tuple[Array, Classes]]] = {
    "xor": _xor,
    "spirals": _spirals,
    "moons": _moons,
    "circles": _circles,
    "blobs": _blobs,
}
"""toy(rng, samples, classes, inputs) → X, y. Only blobs heeds `inputs`, only blobs and spirals `classes`."""

NAMES = (*STAND_INS, *TOYS, "shapes")
