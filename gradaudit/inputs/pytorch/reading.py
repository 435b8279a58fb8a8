"""A trace becomes described layers, skips and all; the first call that no spec has a layer for is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from gradaudit.errors import InputError, Location, short_reason
from gradaudit.inputs.channel_order import channels_last
from gradaudit.inputs.described.model import DescribedLayer, Place
from gradaudit.inputs.pytorch import functions
from gradaudit.inputs.pytorch.flow import Flow
from gradaudit.inputs.pytorch.layers import KNOWN
from gradaudit.inputs.pytorch.sequences import RECURRENT
from gradaudit.inputs.pytorch.trace import Step, Trace, Value, values_in

_RESULT = "its forward pass returns"


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """A forward pass as described layers, and what else of it a model is made of."""

    layers: tuple[DescribedLayer, ...]
    inputs: tuple[int, ...]
    """Of one sample, channels last."""
    gives_logarithms: bool
    """It ends in LogSoftmax, which is softmax with the first half of the loss."""
    parameters: tuple[tuple[str, Any], ...]
    """What it computes with, by the layers' paths."""
    sources: Mapping[int, Any]
    """id of a layer's array → the parameter that it was copied from."""
    notes: tuple[str, ...]
    has_fresh_states: bool = True
    """Whether all recurrent weights may be PyTorch's own draw."""


def read_trace(trace: Trace, location: Location | None, path: str) -> ForwardPass:
    """The layers from the input to the output. Raises InputError at the step that is in the way."""
    return _Reading(trace, location, path).whole()


class _Reading(Flow):
    """Goes through the steps in the order in which they were made."""

    def whole(self) -> ForwardPass:
        for step in self.trace.steps:
            self._visit(step)
        if self.trace.error is not None:
            raise self._failure(self.trace.error)
        end = self._end()
        layers = self.trails.layers_to(end)
        inputs = self._inputs(layers)
        gives_logarithms = self.made_by.get(end, ("", ""))[0] == "LogSoftmax"
        parameters, notes = tuple(self.owners.values()), tuple(self._notes())
        fresh = self.states.are_fresh
        return ForwardPass(layers, inputs, gives_logarithms, parameters, self.sources, notes, fresh)

    def _inputs(self, layers: tuple[DescribedLayer, ...]) -> tuple[int, ...]:
        """Of one sample: a vector where all its numbers are flattened first."""
        comes, seen = self.trace.start.shape[1:], self.inputs
        if not layers or layers[0].type == "flatten" or (len(comes) < 2 and not seen):
            return (prod(comes),)
        if layers[0].type == "embedding" or self.trace.start.key in self.states.sequences:
            return comes
        if len(comes) == 1 and seen[0] > 1:
            says = f"it makes an image of {seen[0]} channels of a row of {comes[0]} numbers; give X as images"
            raise Place(self.path, self.location).refusal(says)
        return channels_last(seen or comes)

    def _visit(self, step: Step) -> None:
        led = [value for value in values_in((step.args, tuple(step.kwargs.values()))) if self.is_led(value)]
        if not led:
            functions.note_constant(self, step)
            return
        why = next((self.blocked[value.key] for value in led if value.key in self.blocked), None)
        try:
            if why is not None:
                raise why
            self._step(step, led)
        except InputError as error:
            self.blocked |= {value.key: error for value in values_in(step.output)}

    def _step(self, step: Step, led: list[Value]) -> None:
        if step.module is not None and step.name in RECURRENT:
            self.recurrent(step, led[0])
            return
        if self.cut_out(step, led) or self.turned(step, led[0]):
            return
        if not isinstance(step.output, Value):
            raise self.unknown(step)
        if step.module is None:
            functions.take(self, step, led)
        else:
            self.module(step, step.name, step.module, led[0])

    def _failure(self, error: Exception) -> InputError:
        """Why the forward pass failed: at what is not audited anyway, or by what it raised."""
        if self.blocked:
            return next(iter(self.blocked.values()))
        says = short_reason(error)
        if self.trace.failed_in is not None:
            path, module, line = self.trace.failed_in
            step = Step(type(module).__name__, path, line, module, (), {}, None)
            if step.name not in KNOWN:
                return self.unknown(step)
            return self.place(step).refusal(f"{step.name} failed on what the forward pass gave it: {says}")
        place = Place(self.path, self.location)
        return place.refusal(f"the forward pass cannot be run: {type(error).__name__}: {says}")

    def _end(self) -> str:
        """The value that the forward pass returns."""
        returned = list(values_in(self.trace.end))
        place = Place(self.path, self.location)
        if why := next((self.blocked[value.key] for value in returned if value.key in self.blocked), None):
            raise why
        if len(returned) != 1:
            raise place.refusal(f"{_RESULT} {len(returned)} tensors; a network with one output is audited")
        end = self.origin(returned[0])
        if end not in self.trails:
            raise place.refusal(f"{_RESULT} what is not made from its input")
        return end

    def _notes(self) -> Iterable[str]:
        for step in self.trace.decisions:
            if any(self.is_led(value) for value in values_in(step.args)):
                line = f" (line {step.location.line})" if step.location else ""
                yield f"the forward pass looks at its numbers{line}; the way that it took once is audited"
                return
