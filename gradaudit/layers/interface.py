"""What a kind of layer is: its keys, its shapes, its parameters, and the operation that runs it.

Channels (units, features) are the last axis of a shape. What stands in front of them, pixels or time steps, are
positions: a further sample to everything that works unit by unit. So an operation is handed its input as
seeds × (samples·positions) × channels; one that mixes positions knows their shape and folds the axis open, a view.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from gradaudit.functions.named import Named, Plain
from gradaudit.functions.parameter import Parameter, Shape

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[np.float64]

Sort: TypeAlias = Literal[
    "count",
    "repeat",
    "share",
    "positive",
    "flag",
    "memory",
    "sides",
    "padding",
    "text",
    "activation",
    "hidden",
    "initializer",
    "bias",
    "norm",
    "layers",
]
"""What a key's value may be; `inputs.checks.layer_sorts` has the check, the message and the JSON Schema of each."""

REPEAT = "So many of this layer, one after another."
NAME = "What reports call the layer."


def key(sort: Sort, description: str, default: object = MISSING) -> Any:  # noqa: ANN401 - as dataclasses.field
    """A key of a layer as a field of its dataclass; without a default a spec must give it."""
    told = {"sort": sort, "description": description}
    return field(metadata=told) if default is MISSING else field(default=default, metadata=told)


def matrix(inputs: int, units: int) -> Parameter:
    """The weight of a dense layer."""
    return Parameter("weight", (inputs, units), "weight", inputs, units)


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


class Layer(ABC):
    """One entry of a spec's `layers`, a frozen dataclass: its fields are the keys, made by `key`.

    A new kind is one file of this folder and its line in `layers.ALL`; reading, writing, editing, JSON Schema, layout,
    initialisation and files of weights follow from the keys and the parameters.
    """

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    type: ClassVar[str]
    """`type:` in a spec."""
    noun: ClassVar[str]
    """How a message calls it: `a dropout layer`."""
    numbered: ClassVar[Mapping[str, str]] = {}
    """Parameter → the word that a file of weights counts it by (`coefs_0`); others are `<layer>/<parameter>`."""
    torch_names: ClassVar[Mapping[str, str]] = {}
    """Parameter → what PyTorch's module of this kind calls it in a state dict."""
    is_turned_in_torch: ClassVar[bool] = True
    """Whether PyTorch has outputs × inputs × kernel where the array is kernel × inputs × outputs here."""
    is_linear_map: ClassVar[bool] = False
    """Whether it is a LinearMap."""
    width_key: ClassVar[str] = "units"
    """The key that says how many units, or channels, it gives: what texts call them."""
    takes: ClassVar[frozenset[str]] = frozenset()
    """Which of the model's `init` and `bias` speak of it where it is no linear map; a framework's whole default, such
    as `pytorch`, speaks of every layer that has an `init`."""
    own_activation: ClassVar[Named | None] = None
    """The activation that is a part of it where it names no other; None: what it names is a row behind it."""
    reads_tokens: ClassVar[bool] = False
    """Whether its input is whole numbers that stand for words: such a layer is the first."""
    repeat: int
    name: str | None
    activation: Named | None
    """Behind it; None: the model's for a linear map, else none."""

    @abstractmethod
    def output_shape(self, inputs: Shape) -> Shape:
        """Of one sample. Raises ValueError, saying what is wrong, where the input does not fit."""

    def parameters(self, inputs: Shape) -> tuple[Parameter, ...]:
        """In the order of the flat vector; none unless a type says otherwise."""
        return ()

    def kept(self, inputs: Shape) -> int:
        """Numbers that its operation holds of one sample, as each of the arrays of a pass counts them."""
        return prod(self.output_shape(inputs))

    def rounds(self, inputs: Shape) -> int:
        """How many times one after another its operation calls NumPy as often as a dense layer does in all."""
        return 1

    def flops(self, inputs: Shape) -> float:
        """Floating-point operations of one forward pass of one sample, as far as they count beside its activations."""
        return 0.0

    @abstractmethod
    def build(self, binding: Binding) -> Op:
        """The operation that runs it."""

    @property
    def branches(self) -> dict[str, tuple[Layer, ...]]:
        """Of a block: the keys that hold layers, and those layers; most have none."""
        held = ((each.name, getattr(self, each.name)) for each in fields(self) if each.metadata["sort"] == "layers")
        return {name: layers for name, layers in held if layers}

    @property
    def inner(self) -> tuple[Layer, ...]:
        """The layers inside it, whatever key holds them."""
        return tuple(chain.from_iterable(self.branches.values()))

    def plain(self) -> Plain:
        """As it is written in a spec: its type where there is no more to say, else a mapping."""
        said = said_by(self)
        return {"type": self.type, **said} if said else self.type


class LinearMap(Layer):
    """A layer that is a linear map with weights; the model's `activation`, `output`, `init` and `bias` speak of it."""

    __slots__ = ()
    is_linear_map: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"init", "bias"})
    init: Named | None
    bias: Named | Literal[False] | None
    norm: Named | None

    @property
    def width(self) -> int:
        """Its units, or channels."""
        return int(getattr(self, self.width_key))


def said_by(layer: Layer) -> dict[str, Plain]:
    """The keys that differ from their defaults, as a spec writes them."""
    pairs = ((each.name, getattr(layer, each.name), each.default) for each in fields(layer))
    return {name: _plain(value) for name, value, default in pairs if value != default}


def _plain(value: object) -> Plain:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.plain() if isinstance(value, Named | Layer) else value  # type: ignore[return-value]
