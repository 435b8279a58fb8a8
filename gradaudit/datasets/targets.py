"""Targets: whether they are classes or numbers, which loss that means, and how the loss sees them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradaudit.datasets.interface import Kind, Raw
from gradaudit.datasets.limits import check_size
from gradaudit.datasets.widths import (
    End,
    advice,
    has_class_loss,
    network_end,
    output_activation,
    output_positions,
    place,
)
from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import InputError, Problem, SpecError, shortened
from gradaudit.functions.arrays import AnyArray, Array
from gradaudit.functions.losses import LOSSES
from gradaudit.functions.parameter import Shape
from gradaudit.layers.recurrent import RecurrentSpec

MOST_CLASSES_UNASKED = 20
"""Distinct integers that still read as classes where no loss is named."""


def target_kind(y: AnyArray, spec: ModelSpec) -> Kind:
    """Classes or numbers, by the targets' type, the loss and the number of outputs."""
    if y.dtype.kind == "O":
        return "classes"
    if y.dtype.kind == "f" or (y.ndim > 1 and not output_positions(spec)):
        return "numbers"
    if has_class_loss(spec):
        return "classes"
    distinct, units = len(_values_of(y)), network_end(spec).units
    if units > 1 and units == distinct:
        return "classes"
    return "classes" if spec.loss is None and distinct <= MOST_CLASSES_UNASKED else "numbers"


def with_whole_targets(raw: Raw, spec: ModelSpec) -> Raw:
    """The data, whole numbers for each position of the output as integers: an array of several columns has floats."""
    positions, y = output_positions(spec), raw.y
    is_whole = positions and y.shape[1:] == positions and y.dtype.kind == "f" and np.array_equal(y, np.rint(y))
    return replace(raw, y=y.astype(np.int64)) if is_whole else raw


def completed(spec: ModelSpec, kind: Kind) -> ModelSpec:
    """The spec with `loss` and `output` filled in where it leaves them to the targets."""
    units = network_end(spec).units
    default = "mse" if kind == "numbers" else "binary_cross_entropy" if units == 1 else "cross_entropy"
    loss = spec.loss or Named(default)
    row = LOSSES[loss.name]
    named = output_activation(spec)
    output = spec.output or named or Named(row.native_output if row.for_classes else "identity")
    left_out = {"loss": spec.loss is None, "output": named is None}
    missing = tuple(key for key, absent in left_out.items() if absent and key not in spec.assumed)
    return replace(spec, loss=loss, output=output, assumed=spec.assumed + missing)


def encoded(raw: Raw, kind: Kind, spec: ModelSpec) -> Array:
    """Targets as the loss sees them, rows × outputs.

    Raises SpecError where the last layer does not fit them, InputError where the loss cannot take them.
    """
    T = _one_hot(raw, spec) if kind == "classes" else _numbers(raw, spec)
    loss = spec.loss.name if spec.loss else ""
    if loss == "poisson" and T.min() < 0:
        message = f"loss: poisson takes targets from 0 up, but the smallest is {T.min():g}"
        raise InputError(Problem(message, place(spec, "loss")))
    if has_class_loss(spec) and not 0 <= T.min() <= T.max() <= 1:
        message = f"loss: {loss} takes probabilities, but the targets reach from {T.min():g} to {T.max():g}"
        message += "; give (y + 1) / 2" if np.isin(T, (-1, 1)).all() else ""
        raise InputError(Problem(message, place(spec, "loss")))
    return T


def _values_of(y: AnyArray) -> AnyArray:
    """Its values in rising order; counted as well, since np.unique alone imports masked arrays."""
    return np.unique(y, return_counts=True)[0]


def renumbered(y: AnyArray, kind: Kind) -> str:
    """`, labels 1 to 3 numbered 0 to 2`: what became of integer classes that do not count from 0 up; else empty."""
    classes = _values_of(y) if kind == "classes" and y.dtype.kind == "i" else np.arange(0)
    if np.array_equal(classes, np.arange(len(classes))):
        return ""
    return f", labels {classes[0]} to {classes[-1]} numbered 0 to {len(classes) - 1}"


def _numbers(raw: Raw, spec: ModelSpec) -> Array:
    y, end = raw.y.astype(np.float64), network_end(spec)
    T = y[..., None] if y.shape[1:] == output_positions(spec) else y
    _check_positions(T.shape[1:-1], spec)
    if T.shape[-1] != end.units:
        message = f"the targets are {counted(T.shape[-1], 'column')} of numbers"
        raise _misfit(spec, end, message, f"write {T.shape[-1]} there{_if_classes(raw.y)}{_if_steps(spec, raw.y)}")
    return T


def _if_steps(spec: ModelSpec, y: AnyArray) -> str:
    """What to do if columns are the steps of a sequence, each with its own target."""
    recurrent = [f"layers[{k}]" for k, layer in enumerate(spec.layers, 1) if isinstance(layer, RecurrentSpec)]
    if not recurrent or y.shape[1:] != spec.positions:
        return ""
    return f" (or return_sequences: true in {recurrent[-1]}, if each step has a target)"


def _check_positions(found: Shape, spec: ModelSpec) -> None:
    """Raise SpecError where the targets do not stand where the outputs do."""
    due = output_positions(spec)
    if found != due:
        sizes = [" × ".join(map(str, sides)) or "one" for sides in (due, found)]
        message = f"the network gives outputs at {sizes[0]} positions a sample, but the targets have {sizes[1]}"
        where, what = _gives_positions(spec, found, due)
        raise SpecError(Problem(message + advice(spec, what), place(spec, where)))


def _gives_positions(spec: ModelSpec, found: Shape, due: Shape) -> tuple[str, str]:
    """The path that gives the outputs their positions, and what to write: the last recurrent layer, else the input."""
    recurrent = [(k, layer) for k, layer in enumerate(spec.layers, 1) if isinstance(layer, RecurrentSpec)]
    if recurrent and not (found and due):
        place, layer = recurrent[-1]
        return f"layers[{place}]", f"write return_sequences: {str(not layer.return_sequences).lower()} there"
    if not found:
        within = "a global pooling" if len(due) == 2 else "a global pooling or a recurrent layer"
        return network_end(spec).path, f"put {{type: flatten}} (or {within}) in front of it, the last dense layer"
    return "layers[0]", "end with a layer that gives what the targets have"


def _if_classes(y: AnyArray) -> str:
    """What to do if a column that was taken for numbers is meant as classes."""
    if y.ndim == 1 and y.dtype.kind == "i":
        return " (or loss: cross_entropy, if these integers are classes)"
    whole = y.ndim == 1 and np.array_equal(y, np.rint(y))
    return " (if they are classes, give them as integers: 1, not 1.0)" if whole else ""


def _one_hot(raw: Raw, spec: ModelSpec) -> Array:
    """0/1 in one column for one output, else a 1 in the column of the row's class."""
    classes, codes = np.unique(raw.y, return_inverse=True)
    end, shape = network_end(spec), raw.y.shape
    _check_positions(shape[1:], spec)
    if len(classes) < 2:
        raise InputError(f"{raw.description}: all targets are of one class, {_shown(classes[0])}")
    if len(classes) > max(end.units, 2):
        some = ", ".join(_shown(value) for value in classes[:3]) + (", …" if len(classes) > 3 else "")
        numbers = " (or loss: mse with 1 unit, if they are numbers)" if raw.y.dtype.kind == "i" else ""
        message = f"the targets have {counted(len(classes), 'class')} ({some})"
        raise _misfit(spec, end, message, f"write {len(classes)} there{numbers}")
    if end.units == 1:
        return codes.reshape(*shape, 1).astype(np.float64)
    check_size(len(raw.y), raw.y.size * end.units, "the one-hot targets", place(spec, end.path))
    T = np.zeros((raw.y.size, end.units))
    T[np.arange(raw.y.size), _columns(raw.y, codes, end.units).ravel()] = 1.0
    return T.reshape(*shape, end.units)


def _columns(y: AnyArray, codes: AnyArray, units: int) -> AnyArray:
    """The class's own number where all of them are outputs' numbers, as Keras and PyTorch do, else its rank."""
    if y.dtype.kind == "i" and y.min() >= 0 and y.max() < units:
        return y
    return codes


def _misfit(spec: ModelSpec, end: End, targets: str, what: str) -> SpecError:
    message = f"{end.path} has {counted(end.units, end.layer.width_key[:-1])}, but {targets}{advice(spec, what)}"
    return SpecError(Problem(message, place(spec, end.key)))


def _shown(value: object) -> str:
    return shortened(repr(value) if isinstance(value, str) else str(value), 30)
