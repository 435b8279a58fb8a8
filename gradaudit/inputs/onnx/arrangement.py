"""How the axes of every tensor of a graph lie, and the layers that a change of them makes."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan, prod

from gradaudit.inputs.channel_order import CHANNELS_FIRST
from gradaudit.inputs.described.last_step import last_of_trail
from gradaudit.inputs.described.model import DescribedLayer, Place
from gradaudit.inputs.described.pads import ZEROS
from gradaudit.inputs.described.trails import Trails
from gradaudit.inputs.onnx.layout import ONE, POSITIONS, Axes, AxisLayout
from gradaudit.inputs.onnx.proto import OnnxNode, Port

IMAGE_LAYERS = ("conv", "max_pool", "avg_pool", ZEROS)
"""What the types of layers begin with that change how many positions there are."""


class Arrangement:
    """Follows the axes from the input on; each method says what a node makes of them, or raises ValueError."""

    def __init__(self, port: Port, trails: Trails) -> None:
        self.trails = trails
        self.layouts = {port.name: AxisLayout.of_input(port.shape or (None, None))}
        self.entry = self.layouts[port.name]
        """The input as the first layer takes it."""
        self.roles: dict[str, str] = {}
        """A capital letter of the entry → which axis it turned out to be."""

    def of(self, tensor: str) -> AxisLayout:
        """The tensor's axes."""
        if tensor not in self.layouts:
            raise ValueError("its input is used in several shapes; such networks are not audited")
        return self.layouts[tensor].renamed(self.roles)

    def take(self, tensor: str, due: Axes) -> AxisLayout:
        """The axes of what a layer is given that takes these; of the model's input they are so from here on."""
        layout = self._settled(self.of(tensor), due)
        if layout.axes != due:
            raise ValueError(f"it takes {AxisLayout(due).words()}, and is given {layout.words()}")
        return layout

    def take_last(self, tensor: str, rank: int | None = None) -> AxisLayout:
        """The axes of what a layer is given that acts on the features of the last one."""
        layout = self.of(tensor)
        layout = self._settled(layout, ("n", *POSITIONS[: len(layout.axes) - 2], "f"))
        if layout.axes[-1:] != ("f",) or len(layout.axes) != (rank or len(layout.axes)):
            due = "rows × features" if rank else "features in the last axis"
            raise ValueError(f"it takes {due}, and is given {layout.words()}")
        return layout

    def _settled(self, layout: AxisLayout, due: Axes) -> AxisLayout:
        if not layout.is_open:
            return layout
        if len(layout.axes) != len(due) or any(len(axis) > 1 for axis in layout.axes):
            raise ValueError(f"it takes {AxisLayout(due).words()}, and is given the input of {layout.words()}")
        self.roles = dict(zip(layout.axes, due, strict=True))
        return layout.renamed(self.roles)

    @property
    def inputs(self) -> tuple[int | None, ...]:
        """The size of each position and of the features; None where the file does not say it."""
        entry = self.entry.renamed(self.roles)
        entry = self._settled(entry, ("n", *POSITIONS[: len(entry.axes) - 2], "f"))
        axes = sorted(axis for axis in "".join(entry.axes) if axis in POSITIONS or axis == "f")
        return tuple(entry.sizes.get(axis) for axis in axes)

    def follow(self, tensor: str, before: AxisLayout, layer: DescribedLayer) -> None:
        """The tensor is what a layer makes of axes like these."""
        units = layer.keys.get("channels", layer.keys.get("units"))
        sizes: dict[str, float] = {"f": units} if isinstance(units, int) else {}
        if layer.type.startswith("global"):
            before = AxisLayout(tuple(ONE if axis in POSITIONS else axis for axis in before.axes), before.sizes)
        elif layer.type.startswith(IMAGE_LAYERS):
            sizes |= dict.fromkeys(before.positions, nan)
        self.layouts[tensor] = before.resized(**sizes)

    def step(self, tensor: str, before: str, layout: AxisLayout, *layers: DescribedLayer) -> None:
        """The tensor has the values that the layers make of another one, in this layout."""
        self.trails.step(tensor, before, *layers)
        self.layouts[tensor] = layout

    def restart(self, tensor: str, before: str, sides: Sequence[float]) -> None:
        """The input is given another shape before anything is done to it: so the network takes it."""
        self.entry = AxisLayout.of_input([None if isnan(side) or side < 0 else int(side) for side in sides])
        self.layouts = {name: layout for name, layout in self.layouts.items() if not layout.is_open}
        self.step(tensor, before, self.entry)

    def reshape(self, tensor: str, before: str, target: Sequence[float], place: Place) -> None:
        """A Reshape to these sides: 0 keeps one, −1 is what is left, NaN is not known."""
        layout = self.of(before)
        if layout.is_open:
            self.restart(tensor, before, _filled(layout, target))
        else:
            self.join(tensor, before, layout.regrouped(target), place)

    def flatten(self, tensor: str, before: str, place: Place) -> None:
        """One axis behind that of the rows."""
        layout = self.of(before)
        if layout.is_open:
            sides = [*layout.sides()]
            self.restart(tensor, before, [sides[0], prod(sides[1:])])
        else:
            axes = (layout.axes[0], "".join(layout.axes[1:]).replace(ONE, ""))
            self.join(tensor, before, AxisLayout(axes, layout.sizes), place)

    def squeeze(self, tensor: str, before: str, places: Sequence[int] | None, place: Place) -> None:
        """Axes of one value are left out; positions that are gone are flattened."""
        layout = self.of(before)
        found = layout.squeezed(places)
        if layout.is_open:
            self.restart(tensor, before, [*found.sides()])
            return
        gone = set(layout.positions) - set(found.positions)
        if gone and found.positions:
            raise ValueError("it takes one of several axes of positions away; such is not audited")
        self.step(tensor, before, found, *([_flat(place, channels_first=False)] if gone else []))

    def unsqueeze(self, tensor: str, before: str, places: Sequence[int]) -> None:
        """Axes of one value are put between."""
        layout = self.of(before)
        found = layout.unsqueezed(places)
        if layout.is_open:
            self.restart(tensor, before, [*found.sides()])
        else:
            self.step(tensor, before, found)

    def join(self, tensor: str, before: str, layout: AxisLayout, place: Place) -> None:
        """What is joined with the features: both directions of a layer, or all positions, which is a flattening."""
        index = next((k for k, axis in enumerate(layout.axes) if "f" in axis and len(axis) > 1), None)
        if index is None:
            self.step(tensor, before, layout)
            return
        axis = layout.axes[index]
        features = layout.size("df" if "d" in axis else "f")
        axis, positions = axis.replace("df", "f"), layout.positions
        if axis not in ("f", f"f{positions}", f"{positions}f"):
            raise ValueError(f"it joins {AxisLayout((axis,)).words()} to one axis, which is not audited")
        layers = [] if axis == "f" else [_flat(place, channels_first=axis.startswith("f"))]
        features *= layout.size(axis.replace("f", ""))
        self.step(tensor, before, layout.with_axis(index, "f").resized(f=features), *layers)

    def cut(self, tensor: str, before: str, axis: int, keeps: bool) -> None:
        """The last step of a sequence, whose axis may be kept."""
        layout = self.of(before)
        if len(layout.positions) != 1 or layout.axes[axis] != layout.positions:
            raise ValueError(f"it takes a part of {layout.words()}; the last step of a recurrent layer is audited")
        found = last_of_trail(self.trails, before)
        if found is None:
            raise ValueError("it takes the last step of what is no recurrent layer's; such is not audited")
        self.step(tensor, found[0], layout.with_axis(axis, ONE if keeps else None).resized(), *found[1])

    def pool(self, tensor: str, before: str, kind: str, places: Sequence[int], keeps: bool, place: Place) -> None:
        """A mean or maximum over all positions."""
        layout = self.of(before)
        gone = "".join(layout.axes[layout.at(axis)] for axis in places)
        if layout.is_open or not gone or set(gone) != set(layout.positions):
            raise ValueError(f"it reduces {layout.words()} over something else than all positions")
        axes = (ONE if axis in gone else axis for axis in layout.axes)
        kept = tuple(axis for axis in axes if keeps or axis != ONE)
        self.step(
            tensor, before, AxisLayout(kept, layout.sizes).resized(), DescribedLayer(f"global_{kind}_pool", place)
        )


def _flat(place: Place, *, channels_first: bool) -> DescribedLayer:
    return DescribedLayer("flatten", place, {CHANNELS_FIRST: channels_first})


def _filled(layout: AxisLayout, target: Sequence[float]) -> list[float]:
    """The sides of a shape of an input, rows aside: 0 is what there was, −1 what is left."""
    sides = [*layout.sides()]
    found = [sides[k] if side == 0 and k < len(sides) else side for k, side in enumerate(target)]
    missing = [k for k, side in enumerate(found) if k and (side < 0 or isnan(side))]
    if len(missing) == 1:
        found[missing[0]] = prod(sides[1:]) / prod(side for k, side in enumerate(found) if k not in (0, missing[0]))
    return found


def taken(node: OnnxNode, layer: DescribedLayer, before: str, to: Arrangement) -> AxisLayout:
    """The axes of what the node's layer is given. Raises ValueError where it is given others than it takes."""
    if node.op in ("Gemm", "MatMul"):
        return to.take_last(before, 2 if node.op == "Gemm" else None)
    if node.op == "LayerNormalization":
        layout = to.take_last(before)
        if layout.at(node.number("axis", -1)) != len(layout.axes) - 1:
            raise ValueError("a normalisation over other axes than the last is not audited")
        return layout
    if node.op in ("RNN", "LSTM", "GRU"):
        return _of_recurrent(node, layer, before, to)
    if layer.type == "embedding":
        layout = to.take(before, ("n", "0"))
        return AxisLayout(("n", "0", "f"), layout.sizes)
    if layer.type in ("dropout", "input_scaling"):
        return to.of(before)
    axes = int(layer.type[-2]) if layer.type[-1] == "d" else len(to.of(before).axes) - 2
    return to.take(before, ("n", "f", *POSITIONS[:axes]))


def _of_recurrent(node: OnnxNode, layer: DescribedLayer, before: str, to: Arrangement) -> AxisLayout:
    """Of its output: steps × directions × rows × units, or rows first."""
    rows_first = bool(node.number("layout", 0))
    layout = to.take(before, ("n", "0", "f") if rows_first else ("0", "n", "f"))
    axes = ("n", "0", "d", "f") if rows_first else ("0", "d", "n", "f")
    return AxisLayout(axes, {**layout.sizes, "d": 2 if layer.keys.get("bidirectional") else 1})
