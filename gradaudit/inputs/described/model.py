"""What a reader of another framework's models finds: described layers, in the words of a spec, whatever they came from.

`to_spec.spec_of` makes the ModelSpec of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from gradaudit.domain.spec import Named, Plain
from gradaudit.errors import InputError, Location, Problem
from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Shape

Value: TypeAlias = "Plain | Named"
"""As a spec writes it; a Named is taken as it is, so that a framework's own optimizer may have what no spec says."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: what messages call it, and the place in the file."""

    what: str
    """`config.layers[3] (dense_2)`, `node 4 (Gemm)`, `net.encoder.0`."""
    location: Location | None = None
    """None for an object of the running program."""

    def problem(self, message: str) -> Problem:
        """The message with what it is about in front."""
        return Problem(f"{self.what}: {message}" if self.what else message, self.location)

    def refusal(self, message: str) -> InputError:
        """The error that says why it is not read."""
        return InputError(self.problem(message))


@dataclass(frozen=True, slots=True, eq=False)
class DescribedLayer:
    """One layer as its reader found it."""

    type: str
    """A type of a spec's layers, or one that is none: `activation`, in a place of its own; `scale`, what the model does
    to its inputs, (x − offset)·scale; `zero_padding`, with so many zeros `before` and `after` the positions of each
    axis, which a convolution or pooling may name, too; `reshape`, to a `shape` with channels last."""
    place: Place
    keys: Mapping[str, Value] = field(default_factory=dict)
    """Of its type in a spec; what is absent or None is not said."""
    weights: Mapping[str, Array] = field(default_factory=dict)
    """Its parameters by name, in our orientation; of a scale `offset` and `scale`."""
    layers: tuple[DescribedLayer, ...] = ()
    """Inside a residual block."""
    shortcut: tuple[DescribedLayer, ...] = ()
    """On the way past them; none: the input itself."""


def scaling(place: Place, offset: Array, scale: Array) -> DescribedLayer:
    """What the model does to its inputs: (x − offset)·scale, each one number, or one an input."""
    return DescribedLayer("input_scaling", place, weights={"offset": offset, "scale": scale})


@dataclass(frozen=True, slots=True, eq=False)
class DescribedModel:
    """A whole model as its reader found it."""

    name: str
    place: Place
    layers: tuple[DescribedLayer, ...]
    """In forward order, each as the source has it: an activation behind its dense layer need not be joined to it."""
    inputs: Shape
    """Of one sample, channels last."""
    framework: str
    settings: Mapping[str, Value] = field(default_factory=dict)
    """Further keys of a spec: activation, output, init, bias, loss, l2, optimizer, batch_size, epochs, precision,
    data."""
    lines: Mapping[str, Location] = field(default_factory=dict)
    """Spec path → its place in the source, for what is no layer."""
    notes: tuple[str, ...] = ()
    leaves_output_open: bool = False
    """Whether the loss may complete an output without activation, as where it is computed from logits."""
