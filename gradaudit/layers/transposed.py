"""The way back through a convolution, ∂loss/∂x from ∂loss/∂z: gathered or scattered, whichever moves fewer numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import prod

import numpy as np
import numpy.typing as npt

from gradaudit.functions.parameter import Shape
from gradaudit.layers.patches import BLOCK_BYTES, Patches
from gradaudit.layers.windows import Pad, Windows, maps_of

Array = npt.NDArray[np.float64]

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
