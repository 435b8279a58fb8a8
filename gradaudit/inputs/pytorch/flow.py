"""What is known of a forward pass while it is read step by step: how each tensor came about, as layers on a trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradaudit.errors import InputError, Location
from gradaudit.inputs.channel_order import CHANNELS_FIRST
from gradaudit.inputs.described.last_step import OTHERWISE, last_of_trail, last_step
from gradaudit.inputs.described.model import DescribedLayer, Place
from gradaudit.inputs.described.trails import Trails
from gradaudit.inputs.pytorch.final_states import Final, States, are_equal, final_of
from gradaudit.inputs.pytorch.layers import KNOWN, KNOWN_FUNCTIONS, LAYERS, MIXES, RESHAPES
from gradaudit.inputs.pytorch.sequences import is_fresh, recurrent
from gradaudit.inputs.pytorch.trace import Step, Trace, Value, values_in

_PARTS = ("__getitem__", "select", "squeeze", "chunk", "split", "unbind", "narrow", "contiguous")
_ORDERS = ("view", "reshape", "flatten", "permute", "transpose", "swapaxes", "movedim", "mT")
CUTS = frozenset((*_PARTS, *_ORDERS, "cat", "concat", "concatenate", "hstack"))
"""Functions that hand on a part of a tensor, or another order of it."""


@dataclass(eq=False)
class Flow:
    """The values that the input led to so far; a step that is a layer is appended to the trail of its input."""

    trace: Trace
    location: Location | None
    path: str
    same: dict[str, str] = field(default_factory=dict)
    """A value → the one that has the same numbers."""
    blocked: dict[str, InputError] = field(default_factory=dict)
    """A value → why what leads to it is not audited."""
    constants: dict[str, tuple[Any, bool]] = field(default_factory=dict)
    """A value made of parameters alone → the parameter, and whether it is transposed."""
    computed: set[str] = field(default_factory=set)
    """Values that are made of parameters in another way."""
    owners: dict[int, tuple[str, Any]] = field(default_factory=dict)
    """id of a parameter → the path of the layer that it belongs to, and itself."""
    sources: dict[int, Any] = field(default_factory=dict)
    """id of a layer's array → the parameter that it was copied from."""
    made_by: dict[str, tuple[str, str]] = field(default_factory=dict)
    """A value → the activation that made it, and of what: `x · sigmoid(x)` is one of its own."""

    states: States = field(default_factory=States)
    """What the recurrent modules gave."""
    inputs: tuple[int, ...] = ()
    """Of one row, channels first, where its numbers are first given this shape; empty: as they come."""

    def __post_init__(self) -> None:
        self.trails = Trails(self.trace.start.key)

    def place(self, step: Step) -> Place:
        return Place(step.path, step.location or self.location)

    def origin(self, value: Value) -> str:
        return self.same.get(value.key, value.key)

    def is_led(self, value: Value) -> bool:
        """Whether the input has a part in it."""
        return self.origin(value) in self.trails or value.key in self.blocked or value.key in self.states.pending

    def module(self, step: Step, kind: str, module: Any, before: Value) -> None:  # noqa: ANN401 - torch has no types here
        """The step is what a module of torch.nn does."""
        if kind in RESHAPES:
            self.reshape(step, before)
        elif kind not in LAYERS:
            raise self.unknown(step, type(module).__name__)
        else:
            place = self.place(step)
            self.own(module.parameters(), place)
            layers = LAYERS[kind](module, self.shape_for(kind, before, place), place)
            for layer in layers:
                if layer.weights:
                    self.copied(layer, module.weight, getattr(module, "bias", None))
            self.append(step, before, *layers, kind=kind)
            if kind == "Embedding":
                self.states.sequences.add(step.output.key)

    def shape_for(self, kind: str, before: Value, place: Place) -> tuple[int, ...]:
        """What a layer that acts on the last axis sees of a sequence: one step. Raises InputError for others."""
        if kind == "Linear" and before.key == self.trace.start.key and len(before.shape) == 3:
            self.states.sequences.add(before.key)
        if not self.states.is_sequence(before):
            return before.shape
        if kind in MIXES:
            says = f"{kind} takes channels before steps, but this is rows × steps × features"
            raise place.refusal(f"{says}; transpose(1, 2) it first")
        return (before.shape[0], before.shape[-1])

    def recurrent(self, step: Step, before: Value) -> None:
        """The step is a recurrent module's: it gives every step, and its final states."""
        place, module = self.place(step), step.module
        states = [value for value in values_in((step.args[1:], tuple(step.kwargs.values()))) if value is not before]
        if any(self.is_led(value) or value.tensor.any() for value in states):
            raise place.refusal("an initial state other than zeros is not audited")
        if len(before.shape) != 3:
            raise place.refusal(f"it is given {len(before.shape)} axes; rows × steps × features are audited")
        self.own(module.parameters(), place)
        layers = recurrent(step.name, module, place)
        output, state = step.output
        hidden = state[0] if isinstance(state, tuple) else state
        self.trails.step(output.key, self.origin(before), *layers)
        self.made_by[output.key] = step.name, self.origin(before)
        final = Final(final_of(hidden, 1 + module.bidirectional), self.origin(before), last_step(layers))
        self.states.keep(state, final)
        self.states.sequences |= {before.key, output.key}
        self.states.are_fresh &= is_fresh(step.name, module)

    def cut_out(self, step: Step, led: list[Value]) -> bool:
        """Whether the step gives the last step of a sequence, or a part of a final state, which is then on a trail."""
        final = next((self.states.pending[value.key] for value in led if value.key in self.states.pending), None)
        output = step.output
        if final is None:
            return self._last_step(step, led[0])
        if isinstance(output, Value) and are_equal(output.tensor, final.tensor):
            self.trails.step(output.key, final.before, *final.layers)
        elif step.name in CUTS:
            self.states.keep(output, final)
        else:
            raise self.place(step).refusal(OTHERWISE)
        return True

    def _last_step(self, step: Step, before: Value) -> bool:
        output = step.output
        cuts = self.states.is_sequence(before) and isinstance(output, Value) and step.name in CUTS
        if not cuts or not are_equal(output.tensor, before.tensor[:, -1]) or before.shape[1] < 2:
            return False
        found = last_of_trail(self.trails, self.origin(before))
        if found is None:
            return False
        self.trails.step(output.key, found[0], *found[1])
        return True

    def turned(self, step: Step, before: Value) -> bool:
        """Whether the step exchanges steps and features of a sequence, for a convolution behind an embedding."""
        output = step.output
        if not isinstance(output, Value) or len(before.shape) != 3 or step.name not in CUTS:
            return False
        if output.shape == before.shape or not are_equal(output.tensor, before.tensor.transpose(1, 2)):
            return False
        if before.key == self.trace.start.key:
            return False
        self.same[output.key] = self.origin(before)
        if before.key not in self.states.sequences:
            self.states.sequences.add(output.key)
        return True

    def copied(self, layer: DescribedLayer, *parameters: Any) -> None:  # noqa: ANN401
        """The layer's arrays come from these parameters, in their order."""
        self.sources |= {id(array): p for array, p in zip(layer.weights.values(), parameters, strict=False)}

    def append(self, step: Step, before: Value, *layers: DescribedLayer, kind: str = "") -> None:
        """The step's result is what the layers make of the value."""
        self.trails.step(step.output.key, self.origin(before), *layers)
        self.states.carry(before, step.output)
        if layers:
            self.made_by[step.output.key] = kind, self.origin(before)
        else:
            self.same[step.output.key] = self.origin(before)

    def reshape(self, step: Step, before: Value) -> None:
        """Note a tensor with the same numbers, each row's in their order, in another shape."""
        shape, rows = step.output.shape, before.shape[:1]
        if not step.keeps_numbers or (shape[:1] != rows and int(np.prod(before.shape[1:])) != 1):
            sizes = " to ".join(str(tuple(value.shape)) for value in (before, step.output))
            raise self.place(step).refusal(f"it makes something else of the rows than a vector each ({sizes})")
        if len(before.shape) > 2 and len(shape) == 2:
            first = not self.states.is_sequence(before)
            flat = DescribedLayer("flatten", self.place(step), {CHANNELS_FIRST: first})
            self.trails.step(step.output.key, self.origin(before), flat)
            return
        if self.origin(before) == self.trace.start.key and len(shape) > 2:
            self.inputs = shape[1:]  # the rows are made images of
        self.same[step.output.key] = self.origin(before)

    def own(self, parameters: Iterable[Any], place: Place) -> None:
        """The layer has these parameters for itself. Raises InputError where another one has them too."""
        for parameter in parameters:
            before, _ = self.owners.get(id(parameter), ("", None))
            if before:
                says = "it is used twice" if before == place.what else f"it shares weights with {before}"
                raise place.refusal(f"{says}; layers that share weights are not audited")
            self.owners[id(parameter)] = place.what, parameter

    def unknown(self, step: Step, name: str = "") -> InputError:
        """The refusal of what a spec has no layer for."""
        where, known = self.place(step), KNOWN
        if step.module is None:
            where, known = replace(where, what=step.path.removesuffix(f": {step.name}")), KNOWN_FUNCTIONS
        name = name or step.name
        hint = ": its slope is learned, LeakyReLU's is fixed" if name.lower() == "prelu" else ""
        return where.refusal(f"{name} is not audited{hint}; known are {', '.join(known)}")
