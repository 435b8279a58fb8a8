"""What an unrolled cell is made of: weights, states through time, and the shapes of both.

Arrays are seeds × steps × samples × channels inside, so that one step of a seed lies together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gradaudit.functions.arrays import Array
from gradaudit.layers.operation import Arrays

Steps: TypeAlias = list[Array]
"""A buffer step by step, each seeds × samples × channels, views."""


@dataclass(frozen=True)
class Size:
    """Of one direction through time."""

    seeds: int
    steps: int
    samples: int
    units: int
    dtype: npt.DTypeLike

    def buffer(self, channels: int, steps: int | None = None) -> Array:
        """Zeros, seeds × steps × samples × channels."""
        return np.zeros((self.seeds, steps or self.steps, self.samples, channels), self.dtype)

    def room(self, channels: int) -> Array:
        """For one step, seeds × samples × channels."""
        return np.empty((self.seeds, self.samples, channels), self.dtype)


@dataclass(frozen=True)
class Weights:
    """A direction's parameters in θ, gradient, direction or Hessian product, the seeds in front."""

    W: Array
    """From the inputs, features × gates·units."""
    U: Array
    """From the state before, units × gates·units."""
    b: Array | None
    c: Array | None
    """The bias of a GRU's candidate inside the reset gate's product."""

    @classmethod
    def all(cls, arrays: Arrays, prefix: str) -> tuple[Weights, Weights, Weights, Weights]:
        """In θ, g, v and Hv; `prefix` tells the backward half's."""
        names = [f"{prefix}{name}" for name in ("weight", "recurrent", "bias", "recurrent_bias")]
        theta, g, v, Hv = (
            cls(*(part.get(name) for name in names))  # type: ignore[arg-type]
            for part in (arrays.theta, arrays.g, arrays.v, arrays.Hv)
        )
        return theta, g, v, Hv


class Track:
    """A state through time: a slot for each step, and one in front of the first that stays 0."""

    def __init__(self, size: Size, *, is_reverse: bool) -> None:
        whole = size.buffer(size.units, size.steps + 1)
        early, late = (whole[:, 1:], whole[:, :-1]) if is_reverse else (whole[:, :-1], whole[:, 1:])
        self.earlier, self.later = flat(early), late
        """Before every step, seeds × rows × units; and after it, seeds × steps × samples × units."""
        self.before, self.after = split(early), split(late)


def split(buffer: Array) -> Steps:
    """The steps of a buffer."""
    return [buffer[:, t] for t in range(buffer.shape[1])]


def flat(buffer: Array) -> Array:
    """Seeds × steps × samples × channels as seeds × rows × channels, a view."""
    return buffer.reshape(len(buffer), -1, buffer.shape[-1])


def turned(matrix: Array) -> Array:
    """The transpose of each seed's matrix, a view."""
    return matrix.swapaxes(-1, -2)


def spread(bias: Array) -> Array:
    """A bias, seeds × channels, to stand beside a buffer."""
    return bias[:, None, None, :]


def in_steps(rows: Array, steps: int) -> Array:
    """Seeds (or none) × samples·steps × channels as seeds (or one) × steps × samples × channels, a view."""
    lead = rows.shape[:-2] or (1,)
    return rows.reshape(*lead, -1, steps, rows.shape[-1]).swapaxes(1, 2)
