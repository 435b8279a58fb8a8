"""What recurrent layers share: their keys and shapes, and how their weights are drawn."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import sqrt
from typing import ClassVar, Literal, TypeAlias

import numpy as np

from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.arrays import Array
from gradaudit.functions.initializers import INITIALIZERS, Rng
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.directions import Recurrent
from gradaudit.layers.interface import NAME, REPEAT, Layer, key, matrix
from gradaudit.layers.operation import Binding, Op
from gradaudit.layers.unrolled import CellType

ForgetBias: TypeAlias = float | Literal["chrono"]
"""A number, or `chrono`: log of what is uniform between 1 and one less than the steps, so that the memories of the
units reach back over all lengths of time (Tallec & Ollivier 2018, arXiv:1804.11188)."""


@dataclass(frozen=True, slots=True)
class GateBias:
    """The biases of all gates side by side; one that is drawn twice has two biases, of which only the sum matters."""

    units: int
    gates: int
    init: Named
    twice: frozenset[int] = frozenset()
    forget: ForgetBias | None = None
    keeps: int = 0
    """The gate that `forget` sets."""
    admits: int | None = None
    """The gate that `chrono` opens as far as it shuts the other; None where one gate does both."""
    steps: int = 2
    """Of a sequence."""

    def __call__(self, rng: Rng) -> Array:
        table = INITIALIZERS[self.init.name]
        parts = []
        for gate in range(self.gates):
            terms = 2 if gate in self.twice else 1
            drawn = [table.draw(rng, matrix(1, self.units), **table.arguments(self.init))[0] for _ in range(terms)]
            parts.append(np.sum(drawn, axis=0))
        if self.forget == "chrono":
            kept = np.log(rng.uniform(1.0, max(self.steps - 1.0, 1.0), self.units))
            parts[self.keeps] = kept
            if self.admits is not None:
                parts[self.admits] = -kept
        elif self.forget is not None:
            parts[self.keeps] = np.full(self.units, float(self.forget))
        return np.concatenate(parts)


DIRECTIONS = ("", "reverse_")


@dataclass(frozen=True, slots=True)
class RecurrentSpec(Layer):
    """A recurrent layer: its state goes from step to step of a sequence."""

    takes: ClassVar[frozenset[str]] = frozenset({"init", "bias"})
    own_activation: ClassVar[Named | None] = Named("tanh")
    gates: ClassVar[int]
    """Blocks of its weights, each drawn by itself."""

    units: int = key("count", "Number of units, of each direction.")
    activation: Named | None = key("hidden", "Of the state (tanh).", None)
    init: Named | None = key("initializer", "Of the input weights, instead of the model's `init`.", None)
    recurrent_init: Named | None = key("initializer", "Of the recurrent weights (orthogonal).", None)
    bias: Named | Literal[False] | None = key("bias", "Of the biases; false for none.", None)
    return_sequences: bool = key("flag", "Whether every step is an output, not the last one alone.", default=False)
    bidirectional: bool = key("flag", "Whether a second half reads the sequence from its end.", default=False)
    repeat: int = key("repeat", REPEAT, 1)
    name: str | None = key("text", NAME, None)

    def output_shape(self, inputs: Shape) -> Shape:
        if len(inputs) != 2:
            raise ValueError(_no_sequence(self.type, inputs))
        width = self.units * (2 if self.bidirectional else 1)
        return (inputs[0], width) if self.return_sequences else (width,)

    @property
    def directions(self) -> tuple[str, ...]:
        """What the names of the parameters of each direction begin with."""
        return DIRECTIONS[: 1 + self.bidirectional]

    @property
    def framework(self) -> str | None:
        """Whose whole default draws it: `pytorch` or `keras`; None where `init` speaks of the input weights alone."""
        return self.init.name if self.init is not None and self.init.name in ("pytorch", "keras") else None

    def parameters(self, inputs: Shape) -> tuple[Parameter, ...]:
        return tuple(each for prefix in self.directions for each in self._of_direction(prefix, inputs))

    def _of_direction(self, prefix: str, inputs: Shape) -> Iterator[Parameter]:
        n, features, wide = self.units, inputs[-1], self.units * self.gates
        weight = Parameter("weight", (features, wide), "weight", features, n, self.gates)
        own = self.recurrent_init or Named("orthogonal")
        recurrent = Parameter("recurrent", (n, wide), "weight", n, n, self.gates, init=own)
        if self.framework == "pytorch":
            weight = replace(weight, init=self._uniform())
        if self.framework == "keras":
            weight = replace(weight, init=Named("glorot_uniform"), fan_out=wide, blocks=1)
        if self.recurrent_init is None:
            recurrent = self._as_framework(recurrent)
        for each in (weight, recurrent, *(self._biases(inputs) if self.bias is not False else ())):
            yield replace(each, name=f"{prefix}{each.name}")

    def _as_framework(self, recurrent: Parameter) -> Parameter:
        """The recurrent weight as the framework draws it; Keras all gates at once."""
        if self.framework == "pytorch":
            return replace(recurrent, init=self._uniform())
        return replace(recurrent, fan_out=recurrent.shape[-1], blocks=1) if self.framework == "keras" else recurrent

    def _uniform(self) -> Named:
        """PyTorch's draw of all of a recurrent layer's parameters."""
        return Named.of("uniform", low=-1 / sqrt(self.units), high=1 / sqrt(self.units))

    def _biases(self, inputs: Shape) -> Iterator[Parameter]:
        yield Parameter("bias", (self.units * self.gates,), "bias", draw=self._gate_bias(inputs))

    def _gate_bias(self, inputs: Shape) -> GateBias:
        written = None if self.bias in (None, False, Named("default")) else self.bias
        has_two = written is None and self.framework == "pytorch"
        drawn = written or (self._uniform() if has_two else Named("zeros"))
        assert isinstance(drawn, Named)
        twice = frozenset(range(self.gates) if has_two else ())
        return GateBias(self.units, self.gates, drawn, twice, self._forgets(), steps=inputs[0])

    def _forgets(self) -> ForgetBias | None:
        """What the gate that keeps the state starts at; None: what the others do."""
        return None

    def flops(self, inputs: Shape) -> float:
        a_step = 2.0 * (inputs[-1] + self.units) * self.units * self.gates
        return a_step * inputs[0] * len(self.directions)

    def kept(self, inputs: Shape) -> int:
        """Each step's gates and state."""
        return inputs[0] * self.units * (self.gates + 1) * len(self.directions)

    def rounds(self, inputs: Shape) -> int:
        """A step is about half of what a dense layer is."""
        return max(1, inputs[0] * len(self.directions) // 2)

    @abstractmethod
    def cell(self) -> CellType:
        """What runs one direction."""

    def build(self, binding: Binding) -> Op:
        activation = self.activation or Named("tanh")
        functions = ACTIVATIONS[activation.name].bind(activation)
        return Recurrent(binding, self.cell(), functions, self.units, self.directions, self.return_sequences)


def _no_sequence(type_: str, inputs: Shape) -> str:
    """What to write where a recurrent layer gets no sequence."""
    if len(inputs) == 1:
        return (
            f"{type_} reads sequences, but its input is {inputs[0]} features without steps; give [steps, features] as "
            "the first entry, or return_sequences: true to the recurrent layer in front"
        )
    height, width, channels = inputs
    says = f"{type_} reads sequences (steps × features), but its input is {' × '.join(map(str, inputs))}, an image"
    way = f"where that is the model's input, write [{height}, {width * channels}] first, its rows as steps"
    return f"{says}; {way}; behind convolutions put {{type: flatten}} and a dense layer instead"
