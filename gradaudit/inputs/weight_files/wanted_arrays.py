"""The arrays that a model has a place for, with their names in a file of our own and in PyTorch's state dicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.inputs.weight_files.torch_order import joined, made_of, names_of, parted, shape_of
from gradaudit.inputs.weight_files.writing import array_names
from gradaudit.layers.interface import Layer


@dataclass(frozen=True, slots=True)
class Wanted:
    """An array that the model has a place for."""

    row: int
    """Place among the rows that have parameters."""
    parameter: Parameter
    name: str
    """In a file of our own."""
    theirs: tuple[str, ...] = ()
    """In PyTorch's file, which may hold it in two parts."""
    layer: Layer | None = None
    """Whose parameter it is in PyTorch's file."""
    is_turned: bool = False
    """Whether PyTorch has it as outputs × inputs × kernel; here the kernel is in front, and the outputs last."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The names in the file of what it is made of."""
        return self.theirs or (self.name,)

    @property
    def shape(self) -> Shape:
        """The shape of each of those arrays in the file."""
        of, name = self.parameter.shape, self.parameter.name
        due = shape_of(self.layer, name, of) if self.layer else of
        return (due[-1], due[-2], *due[:-2]) if self.is_turned else due

    def made(self, arrays: Sequence[Array]) -> Array:
        """The parameter, from those arrays in a spec's order of axes."""
        return made_of(self.layer, self.parameter.name, arrays) if self.layer else arrays[0]

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

    Modules and rows whose weights have the same names and shapes belong together, in the order of `shapes`; where that
    leaves rows over, the same names and numbers of axes. Rows that all bear their modules' names say it better.
    """
    modules = _modules(rows, shapes, lambda shape: shape)
    if len(modules) < sum(bool(_marks(row, len)) for row in rows):
        modules = _modules(rows, shapes, len)
    for want in wanted:
        layer, module = rows[want.row].layer, modules.get(want.row)
        names = names_of(layer, want.parameter.name)
        if module is None or not names:
            yield want
        else:
            turned = is_turned(layer, want.parameter)
            theirs = tuple(joined(module, name) for name in names)
            yield replace(want, theirs=theirs, is_turned=turned, layer=layer)


def is_turned(layer: Layer, parameter: Parameter) -> bool:
    """Whether PyTorch has the parameter of such a layer as outputs × inputs × kernel."""
    return layer.is_turned_in_torch and len(parameter.shape) > 1


Kind = Callable[[Shape], object]
"""What of a shape tells modules apart."""


def _modules(rows: tuple[ExpandedLayer, ...], shapes: Mapping[str, Shape], kind: Kind) -> dict[int, str]:
    """Place of a row → the module that holds its arrays, with the dot behind it."""
    modules: dict[str, set[tuple[str, object]]] = {}
    for name, shape in shapes.items():
        module, own = parted(name)
        if own.startswith("weight"):
            modules.setdefault(module, set()).add((own, kind(shape)))
    found: dict[int, str] = {}
    marks = [_marks(row, kind) for row in rows]
    for mark in {frozenset(each) for each in marks}:
        places = [k for k, each in enumerate(marks) if each == mark]
        alike = [module for module, each in modules.items() if each == mark]
        named = [f"{rows[k].name}." for k in places]
        levels = {module.partition("|")[0]: module for module in alike}
        same = sorted(named) == sorted(levels) and len(levels) == len(alike)
        found |= dict(zip(places, [levels[name] for name in named] if same else alike, strict=False))
    return found


def _marks(row: ExpandedLayer, kind: Kind) -> set[tuple[str, object]]:
    """The names and shapes of what a module calls its weights."""
    of = row.layer
    pairs = ((name, kind(_theirs(of, each))) for each in row.parameters for name in names_of(of, each.name))
    return {pair for pair in pairs if pair[0].startswith("weight")}


def _theirs(layer: Layer, parameter: Parameter) -> Shape:
    """Its shape in PyTorch's file."""
    shape = parameter.shape
    return (shape[-1], shape[-2], *shape[:-2]) if is_turned(layer, parameter) else shape
