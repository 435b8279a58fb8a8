"""Products of patches: the one form that all ways through a convolution have.

A patch is one window's values in a row, *kernel × channels. Those of a whole batch would not fit into a core's cache,
so they are gathered block by block into one small buffer and multiplied there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.layers.windows import Windows

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
        for seeds, samples, lines, block in self.blocks(maps):
            np.matmul(block, kernel[seeds], out=self._by_group(out[seeds, self._rows(samples, lines)]))
        return out

    def add_transposed(self, maps: Array, dz: Array, out: Array) -> None:
        """Patchesᵀ × dz (seeds × rows × channels), added to `out`, seeds × groups × depth × channels."""
        for seeds, samples, lines, block in self.blocks([maps]):
            product = block.swapaxes(-1, -2) @ self._by_group(dz[seeds, self._rows(samples, lines)])
            np.add(out[seeds], product, out=out[seeds])

    def _by_group(self, rows: Array) -> Array:
        """… × rows × channels as … × groups × rows × channels of a group, a view."""
        return rows.reshape(*rows.shape[:-1], self.groups, -1).swapaxes(-2, -3)

    def blocks(self, maps: Sequence[Array]) -> Iterator[tuple[slice, slice, slice, Array]]:
        """(seeds, samples, lines of their output, their patches: seeds × groups × rows × depth).

        Where the seeds share their maps, one block serves all of them.
        """
        lead, samples = maps[0].shape[:2]
        if self.windows.are_points and len(maps) == 1 and self.groups == 1:
            points = maps[0].reshape(lead, 1, -1, maps[0].shape[-1])
            yield slice(None), slice(0, samples), slice(0, self.windows.outputs[0]), points
            return
        views = [self._windows_by_group(each) for each in maps]
        for some, lines in self._pieces(views):
            for seed in range(lead):
                block = self._gathered([view[:, seed, some, lines] for view in views])
                yield slice(None) if lead == 1 else slice(seed, seed + 1), some, lines, block[None]

    def _rows(self, samples: slice, lines: slice) -> slice:
        """Of samples·positions: whole samples, or some lines of one."""
        first, *others = self.windows.outputs
        start, stop = samples.start * first + lines.start, (samples.stop - 1) * first + lines.stop
        return slice(start * prod(others), stop * prod(others))

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
