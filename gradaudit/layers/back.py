"""The way back through a convolution: ∂loss/∂x from ∂loss/∂z and the kernel, in whichever form is cheapest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import prod

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Shape
from gradaudit.layers.patches import BLOCK_BYTES, Patches
from gradaudit.layers.windows import Pad, Windows, maps_of

RUN = 40
"""What beginning one more run of channels costs that is added to a map, in numbers that are gathered (measured)."""


class Back(ABC):
    """Σ over pairs of ∂loss/∂z (seeds × rows × channels out) and kernels (seeds × *kernel × channels in × out)."""

    def __init__(self, windows: Windows, groups: int) -> None:
        self.windows, self.groups = windows, groups

    @abstractmethod
    def __call__(self, dzs: Sequence[Array], kernels: Sequence[Array], out: Array) -> Array:
        """Written to `out`, seeds × rows × channels in."""

    def split(self, W: Array) -> Array:
        """Seeds × places of a window × channels in of a group × groups × channels out of a group, a view."""
        return W.reshape(len(W), prod(self.windows.kernel), -1, self.groups, W.shape[-1] // self.groups)


class Gathered(Back):
    """A convolution of ∂loss/∂z with the turned kernel."""

    def __init__(self, windows: Windows, groups: int) -> None:
        super().__init__(windows, groups)
        self.patches = Patches(windows.back(), groups)
        self.spreads = tuple(Pad(self.patches.windows, windows.stride) for _ in "12")

    def __call__(self, dzs: Sequence[Array], kernels: Sequence[Array], out: Array) -> Array:
        maps = [spread(maps_of(dz, self._shape(dz))) for spread, dz in zip(self.spreads, dzs, strict=False)]
        return self.patches.multiply(maps, np.concatenate([self._turn(W) for W in kernels], axis=2), out)

    def _shape(self, dz: Array) -> Shape:
        return (*self.windows.outputs, dz.shape[-1])

    def _turn(self, W: Array) -> Array:
        """Seeds × groups × kernel·channels out × channels in."""
        turned = self.split(W)[:, ::-1].transpose(0, 3, 1, 4, 2)
        return turned.reshape(*turned.shape[:2], -1, turned.shape[-1])


class ByLines(Back):
    """Patches along all axes but the first, times all lines of the kernel at once; each part is added to its line.

    What a window sees is gathered once and not once for each of its lines, and the product is wide where few channels
    come in: half to nine tenths of the time that the turned kernel takes (measured).
    """

    def __init__(self, windows: Windows, groups: int) -> None:
        super().__init__(windows, groups)
        of, axes = windows.back(), len(windows.inputs)
        shape = (windows.outputs[0], *of.inputs[1:])
        across = Windows(shape, (1, *of.kernel[1:]), (1,) * axes, of.dilation, (0, *of.before[1:]), (0, *of.after[1:]))
        self.patches = Patches(across, groups)
        self.spreads = tuple(Pad(across, (1, *windows.stride[1:])) for _ in "12")

    def __call__(self, dzs: Sequence[Array], kernels: Sequence[Array], out: Array) -> Array:
        shape = (*self.windows.outputs, dzs[0].shape[-1])
        maps = [spread(maps_of(dz, shape)) for spread, dz in zip(self.spreads, dzs, strict=False)]
        kernel = np.concatenate([self._turn(W) for W in kernels], axis=-1)
        target = out.reshape(len(out), -1, *self.windows.inputs, out.shape[-1])
        together = self._samples_at_once(kernel)
        for seed, matrix in enumerate(kernel):
            for first in range(0, target.shape[1], together):
                some = slice(first, first + together)
                target[seed, some] = self._added([each[seed : seed + 1, some] for each in maps], matrix)
        return out

    def _samples_at_once(self, kernel: Array) -> int:
        """As many as fill a block with their patches."""
        a_row = kernel[0, :, 0].nbytes
        return max(1, int(BLOCK_BYTES / (prod(self.patches.windows.outputs) * a_row)))

    def _turn(self, W: Array) -> Array:
        """Seeds × groups × places along the first axis·channels in × the other places, turned·channels out."""
        first, groups = self.windows.kernel[0], self.groups
        parts = W.reshape(len(W), first, -1, W.shape[-2], groups, W.shape[-1] // groups)[:, :, ::-1]
        turned = parts.transpose(0, 4, 1, 3, 2, 5)
        return turned.reshape(len(W), groups, first * W.shape[-2], -1)

    def _added(self, maps: Sequence[Array], kernel: Array) -> Array:
        """∂loss/∂x of some samples of one seed, samples × *positions × channels in."""
        of, samples = self.windows, maps[0].shape[1]
        places, line = of.kernel[0], of.inputs[1:]
        whole = np.zeros((self.groups, kernel.shape[1] // places, samples, of.padded[0], *line), kernel.dtype)
        for _, some, lines, block in self.patches.blocks(maps):
            product = np.matmul(kernel, block[0].swapaxes(-1, -2))
            parts = product.reshape(self.groups, places, -1, some.stop - some.start, lines.stop - lines.start, *line)
            for place in range(places):
                target = whole[:, :, some, self._seen(place, lines)]
                np.add(target, parts[:, place], out=target)
        inside = whole[:, :, :, of.before[0] : of.before[0] + of.inputs[0]]
        return np.moveaxis(inside.reshape(-1, *inside.shape[2:]), 0, -1)

    def _seen(self, place: int, lines: slice) -> slice:
        """Where these lines of z see x at a place of their window along the first axis."""
        step, gap = self.windows.stride[0], self.windows.dilation[0]
        return slice(lines.start * step + place * gap, (lines.stop - 1) * step + place * gap + 1, step)


class Scattered(Back):
    """∂loss/∂z times the transposed kernel, its places added to where they were seen: for strides and few channels."""

    def __init__(self, windows: Windows, groups: int) -> None:
        super().__init__(windows, groups)
        self.inside, self._maps = Pad(windows).inside, np.empty(0)

    def __call__(self, dzs: Sequence[Array], kernels: Sequence[Array], out: Array) -> Array:
        transposed = np.concatenate([self._transpose(W) for W in kernels], axis=2)
        maps = out.reshape(len(out), -1, *self.windows.inputs, out.shape[-1])
        places, samples = prod(self.windows.outputs), maps.shape[1]
        together = max(1, int(BLOCK_BYTES / (places * transposed[0, :, 0].nbytes)))
        for seed, kernel in enumerate(transposed):
            for first in range(0, samples, together):
                some = slice(first, min(first + together, samples))
                dz = [each[seed, some.start * places : some.stop * places] for each in dzs]
                maps[seed, some] = self._added(self._by_group(dz) @ kernel, out.shape[-1])
        return out

    def _by_group(self, dzs: Sequence[Array]) -> Array:
        """Rows × channels out as groups × rows × channels out of a group, side by side."""
        split = [dz.reshape(len(dz), self.groups, -1) for dz in dzs]
        return (split[0] if len(split) == 1 else np.concatenate(split, axis=-1)).swapaxes(0, 1)

    def _transpose(self, W: Array) -> Array:
        """Seeds × groups × channels out × kernel·channels in."""
        transposed = self.split(W).transpose(0, 3, 4, 1, 2)
        return transposed.reshape(*transposed.shape[:3], -1)

    def _added(self, patches: Array, channels: int) -> Array:
        """Groups × rows × kernel·channels in, each place of a window added to the map where it was seen."""
        of = self.windows
        samples = patches.shape[1] // prod(of.outputs)
        parts = patches.reshape(self.groups, samples, *of.outputs, prod(of.kernel), -1)
        shape = (samples, *of.padded, channels)
        if self._maps.shape != shape or self._maps.dtype != patches.dtype:
            self._maps = np.empty(shape, patches.dtype)
        self._maps[...] = 0
        for place, offset in enumerate(of.offsets):
            target = of.at(self._maps, offset)
            target = target.reshape(*target.shape[:-1], self.groups, -1)
            np.add(target, np.moveaxis(parts[..., place, :], 0, -2), out=target)
        return np.asarray(self._maps[self.inside])


def back_through(windows: Windows, groups: int, channels: tuple[int, int]) -> Back:
    """The cheapest way for so many channels in and out; where some windows see zeros alone, `Scattered`."""
    if any(pad >= width for pad, width in zip(windows.before, windows.reach, strict=True)):
        return Scattered(windows, groups)
    gathered = prod(windows.inputs) * channels[1]
    scattered = prod(windows.outputs) * (channels[0] + RUN)
    if scattered < gathered:
        return Scattered(windows, groups)
    has_lines = len(windows.kernel) > 1 and windows.kernel[0] > 1
    return (ByLines if has_lines else Gathered)(windows, groups)
