"""Zeros around a map that are no layer of a spec's: those that stand before a convolution become its padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import starmap

from gradaudit.functions.parameter import Shape
from gradaudit.inputs.described.model import DescribedLayer, Place, Value
from gradaudit.layers.windows import by, padded, sides

ZEROS = "zero_padding"
"""Type of a described layer that puts zeros around a map: so many `before` and `after` the positions of each axis."""
_ELSEWHERE = "zeros around a map are audited right in front of a convolution, which takes them as its padding"


def around(before: Sequence[int], after: Sequence[int]) -> dict[str, Value]:
    """The keys of a layer that has so many zeros in front and behind, one number an axis."""
    return {"before": [*before], "after": [*after]}


@dataclass
class Pads:
    """The zeros that wait for a convolution, while layers are read one after another."""

    place: Place | None = None
    """Of the layer that put them there; None: there are none."""
    around: tuple[Shape, Shape] = ((), ())
    """In front and behind, one an axis."""

    def put(self, layer: DescribedLayer) -> None:
        """A layer of zeros. Raises InputError right behind another one."""
        if self.place is not None:
            raise self.place.refusal(_ELSEWHERE)
        self.place, self.around = layer.place, _given(layer)

    def check_taken(self) -> None:
        """Raise InputError for zeros that no convolution has taken."""
        if self.place is not None:
            raise self.place.refusal(_ELSEWHERE)

    def folded(self, layer: DescribedLayer, shape: Shape) -> DescribedLayer:
        """The layer with one padding for what was put before it and what it says itself.

        `shape` is that of the map before the zeros. Raises InputError where a spec has no such padding.
        """
        if self.place is None and "before" not in layer.keys:
            return layer
        if self.place is not None and not layer.type.startswith("conv"):
            self.check_taken()
        axes = int(layer.type[-2])
        waiting, place = self.around if self.place else ((0,) * axes,) * 2, self.place or layer.place
        self.place = None
        if len(shape) != axes + 1 or len(waiting[0]) != axes:
            return layer  # told when the layer's own input is checked
        return replace(layer, keys={**layer.keys, "padding": _padding(layer, shape[:-1], waiting, place)})


def _given(layer: DescribedLayer) -> tuple[Shape, Shape]:
    """The zeros in front and behind that the layer names, one an axis."""
    before, after = layer.keys["before"], layer.keys["after"]
    assert isinstance(before, list)
    assert isinstance(after, list)
    return tuple(before), tuple(after)  # type: ignore[arg-type]  # readers put whole numbers there


def _padding(layer: DescribedLayer, sizes: Shape, waiting: tuple[Shape, Shape], place: Place) -> Value:
    """The padding as a spec says it: as many in front as behind, or `same` where that is what it comes to."""
    axes, keys = len(sizes), layer.keys
    kernel = _sides(keys.get("kernel_size", keys.get("size")), axes)
    stride = _sides(keys.get("stride") or (1 if "kernel_size" in keys else keys.get("size")), axes)
    gaps = _sides(keys.get("dilation") or 1, axes)
    reach = tuple((side - 1) * gap + 1 for side, gap in zip(kernel, gaps, strict=True))
    whole = tuple(starmap(lambda *each: sum(each), zip(sizes, *waiting, strict=True)))
    own = _given(layer) if "before" in keys else padded(keys.get("padding") or "valid", whole, reach, stride)  # type: ignore[arg-type]
    before, after = (tuple(map(sum, zip(*pair, strict=True))) for pair in zip(waiting, own, strict=True))
    if before == after:
        return before[0] if len(set(before)) == 1 else [*before]
    if (before, after) == padded("same", sizes, reach, stride):
        return "same"
    says = f"its zeros, {by(before)} in front and {by(after)} behind, are no padding that is audited"
    raise place.refusal(f"{says}: as many in front as behind are, and those of 'same'")


def _sides(value: Value | None, axes: int) -> Shape:
    return sides(tuple(value) if isinstance(value, list) else value, axes, "its window")  # type: ignore[arg-type]
