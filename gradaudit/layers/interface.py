"""What a kind of layer is: its keys, its shapes, its parameters, and what builds the operation that runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from itertools import chain
from math import prod
from typing import Any, ClassVar, Literal, TypeAlias

from gradaudit.functions.named import Named, Plain
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.operation import Binding, Op

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
"""What a key's value may be; `inputs.checks.key_sorts` has the check, the message and the JSON Schema of each."""

REPEAT = "So many of this layer, one after another."
NAME = "What reports call the layer."


def key(sort: Sort, description: str, default: object = MISSING) -> Any:  # noqa: ANN401 - as dataclasses.field
    """A key of a layer as a field of its dataclass; without a default a spec must give it."""
    told = {"sort": sort, "description": description}
    return field(metadata=told) if default is MISSING else field(default=default, metadata=told)


def matrix(inputs: int, units: int) -> Parameter:
    """The weight of a dense layer."""
    return Parameter("weight", (inputs, units), "weight", inputs, units)


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
