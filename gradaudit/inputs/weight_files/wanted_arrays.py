"""The arrays that a model has a place for, with their names in a file of our own and in PyTorch's state dicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.inputs.weight_files.writing import array_names


@dataclass(frozen=True, slots=True)
class Wanted:
    """An array that the model has a place for."""

    row: int
    """Place among the rows that have parameters."""
    parameter: Parameter
    name: str
    """In a file of our own."""
    theirs: str = ""
    """In PyTorch's file."""
    is_turned: bool = False
    """Whether PyTorch has it as outputs × inputs × kernel; here the kernel is in front, and the outputs last."""

    @property
    def is_required(self) -> bool:
        """Whether a file must hold it: what starts at a fixed number may be left out."""
        return self.parameter.start is None and not self.parameter.may_be_absent


def wanted_arrays(rows: tuple[ExpandedLayer, ...]) -> list[Wanted]:
    """The arrays in row order."""
    names = array_names(rows)
    return [Wanted(k, each, names[row.index, each.name]) for k, row in enumerate(rows) for each in row.parameters]


def with_torch_names(
    wanted: list[Wanted], rows: tuple[ExpandedLayer, ...], shapes: Mapping[str, Shape]
) -> Iterator[Wanted]:
    """The arrays with their names in a state dict.

    Modules and rows whose weights have the same names and numbers of axes belong together, in the order of `shapes`;
    rows that all bear their modules' names say it better.
    """
    modules = _modules(rows, shapes)
    for want in wanted:
        row, module = rows[want.row], modules.get(want.row)
        own = row.layer.torch_names.get(want.parameter.name)
        if module is None or own is None:
            yield want
        else:
            turned = row.layer.is_turned_in_torch and len(want.parameter.shape) > 1
            yield replace(want, theirs=f"{module}{own}", is_turned=turned)


def _modules(rows: tuple[ExpandedLayer, ...], shapes: Mapping[str, Shape]) -> dict[int, str]:
    """Place of a row → the module that holds its arrays, with the dot behind it."""
    modules: dict[str, set[tuple[str, int]]] = {}
    for name, shape in shapes.items():
        module, own = parted(name)
        if own.startswith("weight"):
            modules.setdefault(module, set()).add((own, len(shape)))
    found: dict[int, str] = {}
    marks = [_marks(row) for row in rows]
    for mark in {frozenset(each) for each in marks}:
        places = [k for k, each in enumerate(marks) if each == mark]
        alike = [module for module, each in modules.items() if each == mark]
        named = [f"{rows[k].name}." for k in places]
        found |= dict(zip(places, named if sorted(named) == sorted(alike) else alike, strict=False))
    return found


def _marks(row: ExpandedLayer) -> set[tuple[str, int]]:
    """The names and numbers of axes of what a module calls its weights."""
    pairs = ((row.layer.torch_names.get(each.name, ""), len(each.shape)) for each in row.parameters)
    return {pair for pair in pairs if pair[0].startswith("weight")}


def parted(name: str) -> tuple[str, str]:
    """`net.0.weight` → `net.0.` and `weight`."""
    module, dot, own = name.rpartition(".")
    return f"{module}{dot}", own
