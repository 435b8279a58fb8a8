"""A model of another framework on its way into a spec: what its readers call the links that they find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gradaudit.errors import InputError, Location, Problem
from gradaudit.spec import NORM_EPS, Plain

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link stands: what messages call it, and the place in the file."""

    what: str
    """`config.layers[3] (dense_2)`, `node 4 (Gemm)`."""
    location: Location

    def refusal(self, message: str) -> InputError:
        """The error that says why it is not read."""
        return InputError(Problem(f"{self.what}: {message}" if self.what else message, self.location))


@dataclass(frozen=True, slots=True, eq=False)
class NormLink:
    """A normalisation; what is None was not in the source."""

    place: Place
    kind: Literal["batch_norm", "layer_norm"]
    eps: float = NORM_EPS
    scale: Array | None = None
    shift: Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DenseLink:
    """A linear map, with the norm and the activation that belong to it."""

    place: Place
    units: int
    name: str = ""
    init: Plain = None
    bias: Plain = None
    """An initializer; False: no biases; None: what `init` brings."""
    kernel: Array | None = None
    """Inputs × units."""
    intercept: Array | None = None
    norm: NormLink | None = None
    activation: Plain = None


@dataclass(frozen=True, slots=True, eq=False)
class ActivationLink:
    """An activation by its name in a spec, with its parameters."""

    place: Place
    activation: Plain


@dataclass(frozen=True, slots=True, eq=False)
class DropoutLink:
    """Dropout."""

    place: Place
    rate: float


@dataclass(frozen=True, slots=True, eq=False)
class FlattenLink:
    """Makes a vector of each row of the input; no layer of its own."""

    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class ScaleLink:
    """(x − offset)·scale of the inputs, with one number or one an input."""

    place: Place
    offset: Array
    scale: Array


@dataclass(frozen=True, slots=True, eq=False)
class ResidualLink:
    """The sum of its input and of what its links make of it."""

    place: Place
    links: tuple[Link, ...]


Link: TypeAlias = DenseLink | NormLink | ActivationLink | DropoutLink | FlattenLink | ScaleLink | ResidualLink
