"""What is known of a forward pass while it is read step by step: how each tensor came about, as layers on a trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gradaudit.errors import InputError, Location
from gradaudit.inputs.channel_order import CHANNELS_FIRST
from gradaudit.inputs.described.model import DescribedLayer, Place
from gradaudit.inputs.described.trails import Trails
from gradaudit.inputs.pytorch.modules import KNOWN, KNOWN_FUNCTIONS, LAYERS, RESHAPES
from gradaudit.inputs.pytorch.trace import Step, Trace, Value


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
        return self.origin(value) in self.trails or value.key in self.blocked

    def module(self, step: Step, kind: str, module: Any, before: Value) -> None:  # noqa: ANN401 - torch has no types here
        """The step is what a module of torch.nn does."""
        if kind in RESHAPES:
            self.reshape(step, before)
        elif kind not in LAYERS:
            raise self.unknown(step, type(module).__name__)
        else:
            place = self.place(step)
            self.own(module.parameters(), place)
            layers = LAYERS[kind](module, before.shape, place)
            for layer in layers:
                if layer.weights:
                    self.copied(layer, module.weight, module.bias)
            self.append(step, before, *layers, kind=kind)

    def copied(self, layer: DescribedLayer, *parameters: Any) -> None:  # noqa: ANN401
        """The layer's arrays come from these parameters, in their order."""
        self.sources |= {id(array): p for array, p in zip(layer.weights.values(), parameters, strict=False)}

    def append(self, step: Step, before: Value, *layers: DescribedLayer, kind: str = "") -> None:
        """The step's result is what the layers make of the value."""
        self.trails.step(step.output.key, self.origin(before), *layers)
        if layers:
            self.made_by[step.output.key] = kind, self.origin(before)
        else:
            self.same[step.output.key] = self.origin(before)

    def reshape(self, step: Step, before: Value) -> None:
        """The same numbers, each row's in their order, in another shape."""
        shape, rows = step.output.shape, before.shape[:1]
        if not step.keeps_numbers or (shape[:1] != rows and int(np.prod(before.shape[1:])) != 1):
            sizes = " to ".join(str(tuple(value.shape)) for value in (before, step.output))
            raise self.place(step).refusal(f"it makes something else of the rows than a vector each ({sizes})")
        if len(before.shape) > 2 and len(shape) == 2:
            flat = DescribedLayer("flatten", self.place(step), {CHANNELS_FIRST: True})
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
        return where.refusal(f"{name or step.name} is not audited; known are {', '.join(known)}")
