"""The order of the values behind a flatten: PyTorch's maps have their channels in front, a spec's last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Shape
from gradaudit.inputs.channel_order import Turning
from gradaudit.inputs.described.last_step import added
from gradaudit.layers.gru import GruSpec
from gradaudit.layers.interface import Layer
from gradaudit.layers.recurrent import RecurrentSpec

Rows = tuple[Mapping[str, Array], ...]
_MAPS = ("conv", "max_pool", "avg_pool")
"""What the types begin with that take channels in front in PyTorch; recurrent layers have features last there, too."""


def channels_last_rows(rows: Sequence[ExpandedLayer], given: Rows) -> Rows:
    """The arrays of the rows that have parameters, in a spec's order, from those in PyTorch's."""
    return tuple(_turned(rows, iter(given)))


def _turned(rows: Sequence[ExpandedLayer], given: Iterator[Mapping[str, Array]]) -> Iterator[Mapping[str, Array]]:
    turning, of_maps = Turning(), False
    for row in rows:
        of_maps |= row.kind.startswith(_MAPS)
        of_maps &= row.kind not in ("rnn", "lstm", "gru")
        if row.kind == "flatten" and of_maps:
            turning.flattened(row.input_shape)
        if row.parameters:
            yield turning.turned(row.kind, next(given))


_NAME = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh)(_l\d{1,6})(_reverse)?")
_SOURCES = {
    "weight": ("weight_ih",),
    "recurrent": ("weight_hh",),
    "bias": ("bias_ih", "bias_hh"),
    "recurrent_bias": ("bias_hh",),
}
"""Parameter → the arrays that it is made of."""
_REVERSE = "reverse_"


def parted(name: str) -> tuple[str, str]:
    """`net.0.weight` → `net.0.` and `weight`; `lstm.weight_ih_l0` → `lstm.|_l0` and `weight_ih`."""
    module, dot, own = name.rpartition(".")
    if found := _NAME.fullmatch(own):
        return f"{module}{dot}|{found[2]}", f"{found[1]}{found[3] or ''}"
    return f"{module}{dot}", own


def joined(module: str, own: str) -> str:
    """The name of an array of the module, as the file has it."""
    prefix, bar, level = module.partition("|")
    base = own.removesuffix("_reverse")
    return f"{prefix}{base}{level}{own.removeprefix(base)}" if bar else f"{module}{own}"


def names_of(layer: Layer, parameter: str) -> tuple[str, ...]:
    """What the module of such a layer calls the arrays that the parameter is made of; none where PyTorch has none."""
    if not isinstance(layer, RecurrentSpec):
        return (layer.torch_names[parameter],) if parameter in layer.torch_names else ()
    sources = _SOURCES[parameter.removeprefix(_REVERSE)]
    return tuple(f"{name}_reverse" if parameter.startswith(_REVERSE) else name for name in sources)


def shape_of(layer: Layer, parameter: str, shape: Shape) -> Shape:
    """The shape of each of those arrays, in a spec's order of axes: biases are those of all gates."""
    is_bias = parameter.endswith("bias")
    return (layer.units * layer.gates,) if is_bias and isinstance(layer, RecurrentSpec) else shape


def made_of(layer: Layer, parameter: str, arrays: Sequence[Array]) -> Array:
    """The parameter, from those arrays."""
    base = parameter.removeprefix(_REVERSE)
    if not isinstance(layer, RecurrentSpec) or not base.endswith("bias"):
        return arrays[0]
    apart = layer.units if isinstance(layer, GruSpec) and layer.reset_after else 0
    return added(arrays[0], arrays[-1], apart)[base]
