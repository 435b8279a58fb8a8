"""What a spec says of windows (`kernel_size: [3, 5]`, `padding: same`), as one number an axis, or why it cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from gradaudit.functions.parameter import Shape
from gradaudit.layers.windows import Windows

Sides: TypeAlias = int | tuple[int, ...]
"""A number for all axes, or one an axis."""
Padding: TypeAlias = Literal["valid", "same"] | Sides
TAKES = {1: "steps × channels, such as [20, 8]", 2: "height × width × channels, such as [28, 28, 1]"}
"""What a layer with so many axes takes."""


def sides(value: Sides, axes: int, key: str) -> Shape:
    """One number an axis. Raises ValueError where there are more or fewer."""
    found = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(found) != axes:
        due = "one number" if axes == 1 else f"one number, or {axes}"
        raise ValueError(f"{key} has {len(found)} numbers; write {due}")
    return found


def positions(inputs: Shape, axes: int, type_: str) -> Shape:
    """The positions of a map. Raises ValueError where it has more or fewer axes than the layer."""
    if len(inputs) == axes + 1:
        return inputs[:-1]
    if len(inputs) == 1:
        says = f"{inputs[0]} values without positions come in"
        way = "give the input its shape in the first entry of layers, and put flatten behind the last layer with it"
    else:
        says = f"{by(inputs)} values come in"
        way = f"write {type_[:-2]}{len(inputs) - 1}d" if len(inputs) < 4 else "give each sample fewer axes"
    raise ValueError(f"{type_} takes {TAKES[axes]}, but {says}; {way}")


def padded(value: Padding, sizes: Shape, reach: Shape, stride: Shape) -> tuple[Shape, Shape]:
    """Positions in front and behind, one an axis; `same` as Keras pads, the odd one at the end."""
    if value == "valid":
        return (0,) * len(sizes), (0,) * len(sizes)
    if value != "same":
        around = sides(value, len(sizes), "padding")
        return around, around
    of = zip(sizes, reach, stride, strict=True)
    whole = [max((-(-size // step) - 1) * step + width - size, 0) for size, width, step in of]
    return tuple(pad // 2 for pad in whole), tuple(pad - pad // 2 for pad in whole)


def windows(
    inputs: Shape, kernel: Shape, stride: Shape, padding: Padding, dilation: Shape, most_padding: Shape
) -> Windows:
    """The windows over maps with these positions.

    Raises ValueError where the padding exceeds `most_padding`, or a window the map.
    """
    bare = Windows(inputs, kernel, stride, dilation, inputs, inputs)
    before, after = padded(padding, inputs, bare.reach, stride)
    if any(pad > most for pad, most in zip(before, most_padding, strict=True)):
        most = by(most_padding) if len(set(most_padding)) > 1 else str(most_padding[0])
        raise ValueError(f"padding: {by(before)} is too much for a window of {by(bare.reach)}; write at most {most}")
    found = Windows(inputs, kernel, stride, dilation, before, after)
    if any(width > size for width, size in zip(found.reach, found.padded, strict=True)):
        says = f"its window of {by(found.reach)} is larger than the map of {by(found.padded)} that is left here"
        raise ValueError(f"{says}; take a smaller one, pad (padding: same), or shrink the map less before it")
    return found


def by(numbers: Sequence[int]) -> str:
    """`3 × 3`."""
    return " × ".join(map(str, numbers))
