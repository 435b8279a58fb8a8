"""Products of patches: the one form that all ways through a convolution have.

A patch is one window's values in a row, *kernel × channels. Those of a whole batch would not fit into a core's cache,
so they are gathered block by block into one small buffer and multiplied there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Shape
from gradaudit.layers.windows import Pad, Windows, maps_of

FEW_CHANNELS = 4
"""Below it, patches are gathered place by place of the window, and not row by row (measured: 2 to 6 times as fast)."""
BLOCK_BYTES = 8e5
"""Of patches at a time: about a core's cache (measured: 300 kB to 4 MB are alike, all at once takes twice as long)."""


class Patches:
    """The patches of these windows; groups of channels stand in front of them as a further batch of products.

    `maps` are padded, seeds × samples × *positions × channels; patches of several maps stand side by side.
    """

    def __init__(self, windows: Windows, groups: int) -> None:
        self.windows, self.groups, self._buffer = windows, groups, np.empty(0)

    def multiply(self, maps: Sequence[Array], kernel: Array, out: Array) -> Array:
        """Patches × kernel (seeds × groups × depth × channels), written to `out`, seeds × rows × channels."""
        for seeds, rows, block in self._blocks(maps):
            np.matmul(block, kernel[seeds], out=self._by_group(out[seeds, rows]))
        return out

    def add_transposed(self, maps: Array, dz: Array, out: Array) -> None:
        """Patchesᵀ × dz (seeds × rows × channels), added to `out`, seeds × groups × depth × channels."""
        for seeds, rows, block in self._blocks([maps]):
            np.add(out[seeds], block.swapaxes(-1, -2) @ self._by_group(dz[seeds, rows]), out=out[seeds])

    def _by_group(self, rows: Array) -> Array:
        """… × rows × channels as … × groups × rows × channels of a group, a view."""
        return rows.reshape(*rows.shape[:-1], self.groups, -1).swapaxes(-2, -3)

    def _blocks(self, maps: Sequence[Array]) -> Iterator[tuple[slice, slice, Array]]:
        """(seeds, rows of samples·positions, their patches: seeds × groups × rows × depth).

        Where the seeds share their maps, one block serves all of them.
        """
        lead, everything = len(maps[0]), slice(None)
        if self.windows.are_points and len(maps) == 1 and self.groups == 1:
            yield everything, everything, maps[0].reshape(lead, 1, -1, maps[0].shape[-1])
            return
        views = [self._windows_by_group(each) for each in maps]
        for samples, lines in self._pieces(views):
            start, stop = (self._row(samples.start, lines.start), self._row(samples.stop - 1, lines.stop))
            for seed in range(lead):
                block = self._gathered([view[:, seed, samples, lines] for view in views])
                yield everything if lead == 1 else slice(seed, seed + 1), slice(start, stop), block[None]

    def _row(self, sample: int, line: int) -> int:
        """Of samples·positions, where a line of a sample's output begins."""
        first, *others = self.windows.outputs
        return (sample * first + line) * prod(others)

    def _windows_by_group(self, maps: Array) -> Array:
        """Groups × seeds × samples × *outputs × *kernel × channels of a group, a view."""
        view = self.windows.over(maps)
        return np.moveaxis(view.reshape(*view.shape[:-1], self.groups, -1), -2, 0)

    def _pieces(self, views: Sequence[Array]) -> Iterator[tuple[slice, slice]]:
        """Ranges of samples and of lines of their output that fill the buffer: some whole samples, or a part of one."""
        samples, lines = views[0].shape[2:4]
        a_line = sum(self.groups * prod(view.shape[4:]) * view.itemsize for view in views)
        most = max(1, int(BLOCK_BYTES / a_line))
        for sample in range(0, samples, max(1, most // lines)):
            some = slice(sample, min(sample + max(1, most // lines), samples))
            for line in range(0, lines, min(most, lines)):
                yield some, slice(line, min(line + most, lines))

    def _gathered(self, views: Sequence[Array]) -> Array:
        """One block, groups × rows × depth; a view of depth × rows where the runs of a row would be too short."""
        axes = 2 + len(self.windows.kernel)
        depths, rows = [prod(view.shape[axes:]) for view in views], views[0].shape[1:axes]
        size = self.groups * prod(rows) * sum(depths)
        if self._buffer.size < size or self._buffer.dtype != views[0].dtype:
            self._buffer = np.empty(size, views[0].dtype)
        is_deep, start = views[0].shape[-1] < FEW_CHANNELS, 0
        block = self._buffer[:size].reshape(self.groups, *((sum(depths), -1) if is_deep else (-1, sum(depths))))
        for view, depth in zip(views, depths, strict=True):
            part = slice(start, start + depth)
            if is_deep:
                ahead = (0, *range(axes, view.ndim), *range(1, axes))
                np.copyto(block[:, part].reshape(self.groups, *view.shape[axes:], *rows), view.transpose(ahead))
            else:
                np.copyto(block[:, :, part].reshape(view.shape), view)
            start += depth
        return block.swapaxes(1, 2) if is_deep else block


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
    """The cheaper of the two ways, for so many channels in and out; where some windows see zeros alone, the second."""
    if any(pad >= width for pad, width in zip(windows.before, windows.reach, strict=True)):
        return Scattered(windows, groups)
    gathered = prod(windows.inputs) * channels[1]
    scattered = prod(windows.outputs) * (channels[0] + RUN)
    return (Scattered if scattered < gathered else Gathered)(windows, groups)
