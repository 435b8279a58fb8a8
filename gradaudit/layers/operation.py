"""What runs a layer: an operation bound to parameters and a batch, and what probes may read of it.

Channels (units, features) are the last axis of a shape. What stands in front of them, pixels or time steps, are
positions: a further sample to everything that works unit by unit. So an operation is handed its input as
seeds × (samples·positions) × channels; one that mixes positions knows their shape and folds the axis open, a view.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from gradaudit.functions.parameter import Shape

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gradaudit.functions.arrays import Array


@dataclass(frozen=True, slots=True)
class Arrays:
    """One layer's parameters by name, each seeds × shape, as views of θ, gradient, direction and Hessian product."""

    theta: Mapping[str, Array]
    g: Mapping[str, Array]
    v: Mapping[str, Array]
    Hv: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Binding:
    """What an operation is built for: one batch of several seeds."""

    arrays: Arrays
    inputs: Shape
    """Of one sample as it comes in."""
    seeds: int
    samples: int
    is_first: bool
    """Whether no parameters stand before it, so that nobody asks for ∂loss/∂x."""
    dtype: npt.DTypeLike
    """What is computed in."""
    dropout: Sequence[np.random.Generator] | None = None
    """One a seed where dropout is on: in the training run."""
    branches: Mapping[str, Op] = field(default_factory=dict)
    """Of a block: the operation of each of its branches."""

    @property
    def rows(self) -> int:
        """Samples × positions of what comes in."""
        return self.samples * prod(self.inputs[:-1])


@dataclass(frozen=True, slots=True)
class Tap:
    """What probes may read of a layer's inside after a gradient pass; each array is seeds × rows × channels."""

    name: str
    """`z`; of a recurrent cell `forget_gate`, …"""
    z: Array
    """The activation's input."""
    h: Array
    dh: Array
    """∂loss/∂h."""
    delta: Array
    """∂loss/∂z."""
    df: npt.NDArray[Any] | None
    """f′(z); None where it is 1, or where the outputs depend on one another (softmax)."""
    is_candidate: bool = False
    """Whether, among gates, this one has the layer's own activation; the others have a sigmoid."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back in time a recurrent layer's error signal reaches, in one direction."""

    name: str
    """Empty, or `reverse`."""
    profile: Array
    """RMS over samples and units of the total ∂loss/∂h (of an LSTM ∂loss/∂c) at each step, in the order in which the
    layer runs, the loss reaching it through its last step alone: seeds × steps."""
    recurrent: Array
    """Its recurrent weights, seeds × units × gates·units."""


class Op(ABC):
    """A layer bound to parameters and a batch: its way forward, back, and both again along a direction (R-operator).

    Every array has the seeds in front. `R` before a letter is its change along the direction v (Pearlmutter 1994,
    "Fast exact multiplication by the Hessian"); None stands for a tangent that is zero (the data do not move).
    An operation owns the arrays that it returns and writes them anew at each pass. What it returns forward and back
    stays as it is until the next pass, for the R-operator and for the probes; what goes back along the direction may
    be overwritten by the operation that is handed it.
    """

    y: Array
    """The output of the last pass, kept by the chain."""
    dx: Array | None = None
    """∂loss/∂x of the last pass, kept by the chain; None where nobody needs it."""

    @abstractmethod
    def forward(self, x: Array) -> Array:
        """The operation's output y of x: both are seeds × (samples·positions) × channels, each its own."""

    @abstractmethod
    def backward(self, dy: Array) -> Array:
        """∂loss/∂x, of x's shape, from ∂loss/∂y, of y's; writes the gradients of its own parameters."""

    @abstractmethod
    def tangent(self, Rx: Array | None) -> Array | None:
        """R{y}, of y's shape, from R{x}, of x's."""

    @abstractmethod
    def tangent_backward(self, Rdy: Array) -> Array:
        """R{∂loss/∂x} from R{∂loss/∂y}, of the shapes of x and y; writes its share of the Hessian product."""

    @property
    def error(self) -> Array:
        """∂loss/∂x of the last pass; of a recurrent layer ∂loss/∂z of all gates, side by side."""
        assert self.dx is not None
        return self.dx

    def taps(self) -> Iterator[Tap]:
        """What probes may read of its inside; nothing where input and output say it all."""
        return iter(())

    def reaches(self) -> Iterator[Reach]:
        """Of a recurrent layer, each direction's reach after a gradient pass."""
        return iter(())


class LinearOp(Op):
    """The operation of a layer that is a linear map with weights."""

    @abstractmethod
    def pull(self, dz: Array) -> Array:
        """∂loss/∂x where ∂loss/∂z is dz: what the weights alone make of an error signal on its way back.

        From seeds × (samples·positions) × units to seeds × (samples·positions) × inputs.
        """


class Chain(Op):
    """The operations of a network or of a block; the way back ends at the first that has parameters."""

    def __init__(self, ops: Sequence[Op], first: int) -> None:
        self.ops, self.backward_ops = ops, tuple(reversed(ops[first:]))

    def forward(self, x: Array) -> Array:
        for op in self.ops:
            x = op.y = op.forward(x)
        return x

    def backward(self, dy: Array) -> Array:
        for op in self.backward_ops:
            dy = op.dx = op.backward(dy)
        return dy

    def tangent(self, Rx: Array | None) -> Array | None:
        for op in self.ops:
            Rx = op.tangent(Rx)
        return Rx

    def tangent_backward(self, Rdy: Array) -> Array:
        for op in self.backward_ops:
            Rdy = op.tangent_backward(Rdy)
        return Rdy
