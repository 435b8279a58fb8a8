"""The network's two ends: the width that the inputs must have, and the one that the targets must fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from gradaudit.datasets.arrays import OWN
from gradaudit.datasets.interface import Raw
from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import ModelSpec, Named, linear_maps
from gradaudit.errors import Location, Problem, SpecError
from gradaudit.functions.losses import LOSSES
from gradaudit.functions.parameter import Shape
from gradaudit.layers import EmbeddingSpec
from gradaudit.layers.interface import LinearMap


@dataclass(frozen=True)
class End:
    """The last layer that is a linear map, and where the spec has it."""

    path: str
    layer: LinearMap

    @property
    def key(self) -> str:
        """The path of what says its number of units."""
        return f"{self.path}.{self.layer.width_key}"

    @property
    def units(self) -> int:
        """The network's number of outputs."""
        return self.layer.width


def place(spec: ModelSpec, path: str) -> Location | None:
    """The place of a spec path, or the source where nothing better is known."""
    return spec.locate(path) or (Location(spec.source) if spec.source else None)


def network_end(spec: ModelSpec) -> End:
    """The last dense layer in forward order, residual blocks opened. Raises SpecError where there is none."""
    found = [*linear_maps(spec.layers)]
    if not found:
        raise SpecError(Problem("layers: there is no dense layer, so there is nothing to train", place(spec, "layers")))
    return End(*found[-1])


def output_activation(spec: ModelSpec) -> Named | None:
    """The last dense layer's activation, where the spec says it in either of its two places."""
    return network_end(spec).layer.activation or spec.output


def has_class_loss(spec: ModelSpec) -> bool:
    """Whether the spec names a loss over classes."""
    return spec.loss is not None and LOSSES[spec.loss.name].for_classes


def tells_classes(spec: ModelSpec) -> bool:
    """Whether the network tells classes apart, by its loss or by its output."""
    output = output_activation(spec)
    return has_class_loss(spec) or (output is not None and output.name in ("softmax", "sigmoid"))


def output_positions(spec: ModelSpec) -> Shape:
    """The positions of one sample's output: the steps of a sequence whose every step is an output."""
    *_, last = flatten(expand(spec))
    return last.shape[:-1]


def vocabulary(spec: ModelSpec) -> int | None:
    """How many different tokens the network reads; None where it reads numbers."""
    first = spec.layers[0]
    return first.vocabulary if isinstance(first, EmbeddingSpec) else None


def shaped(spec: ModelSpec, raw: Raw) -> Raw:
    """The data with inputs of the network's shape: columns folded into positions, channels in front put last.

    Raises SpecError where the sizes do not agree.
    """
    due, found = spec.input_shape, raw.X.shape[1:]
    if due == found:
        return raw
    if spec.positions and found[0] == due[-1] and found[1:] == due[:-1]:  # as PyTorch has them
        turned = np.ascontiguousarray(np.moveaxis(raw.X, 1, -1))
        return replace(raw, X=turned, description=f"{raw.description}, channels first as stored")
    if spec.positions and (len(found) == 1 or _without_ones(found) == _without_ones(due)) and prod(due) == prod(found):
        return replace(raw, X=raw.X.reshape(len(raw.X), *due))
    if spec.positions or len(found) > 1:
        sizes = [" × ".join(map(str, sides)) for sides in (due, found)]
        told = f"layers[0] says that an input is {sizes[0]}, but the data have inputs of {sizes[1]}"
        if sorted(due) == sorted(found):
            raise SpecError(Problem(f"{told}; transpose X to rows × {sizes[0]}", place(spec, "data")))
        raise SpecError(Problem(told + advice(spec, f"write {[*found]} there"), place(spec, "layers[0]")))
    _check_columns(spec, raw)
    return raw


def check_tokens(spec: ModelSpec, raw: Raw) -> None:
    """Raise SpecError, at the vocabulary, for the first input that is none of its tokens."""
    known = vocabulary(spec)
    if known is None:
        return
    is_token = (raw.X >= 0) & (np.rint(raw.X) == raw.X)
    wrong = ~is_token | (known <= raw.X)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        what = f"write a vocabulary of {raw.X.max() + 1:.0f}" if is_token.all() else "give whole numbers from 0 up"
        told = f"tokens are whole numbers from 0 to {known - 1}, but X[{', '.join(map(str, at))}] is {raw.X[at]:g}"
        raise SpecError(
            Problem(f"layers[1].vocabulary: {told}{advice(spec, what)}", place(spec, "layers[1].vocabulary"))
        )


def _without_ones(shape: Shape) -> Shape:
    """Grey images are stored with an axis for their one channel, or without."""
    return tuple(side for side in shape if side > 1)


def _check_columns(spec: ModelSpec, raw: Raw) -> None:
    columns = raw.X.shape[1]
    if spec.inputs != columns:
        name = raw.description.rpartition(", ")[0]
        data = name if name == OWN else f"the data ({name})"
        message = (
            f"layers[0] says {counted(spec.inputs, 'input')}, but {data} have "
            f"{counted(columns, 'column')}" + advice(spec, f"write {columns} there")
        )
        raise SpecError(Problem(message, place(spec, "layers[0]")))


def advice(spec: ModelSpec, what: str) -> str:
    """What to write, for a model that lives in a spec; a framework's model is not written but made."""
    return "" if spec.framework else f"; {what}"
