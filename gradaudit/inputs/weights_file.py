"""Weights as the content of a file beside a spec: `.npz` or `.safetensors`, read back by `weights.read_weights`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from gradaudit.spec import Weights

Array = npt.NDArray[np.floating]


def named_arrays(weights: Weights) -> dict[str, Array]:
    """The arrays under the names that a spec's weights have; float32 where that holds every number exactly."""
    return {name: _compact(values) for name, values in _named(weights)}


def _named(weights: Weights) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    for index, (W, b) in enumerate(zip(weights.coefs, weights.intercepts, strict=True)):
        yield f"coefs_{index}", W
        if b is not None:
            yield f"intercepts_{index}", b
    for name, vectors in (("scale", weights.scales), ("shift", weights.shifts)):
        yield from ((f"{name}_{index}", vector) for index, vector in enumerate(vectors))


def _compact(values: npt.NDArray[np.float64]) -> Array:
    with np.errstate(over="ignore"):
        half = values.astype(np.float32)
    return half if np.array_equal(half.astype(np.float64), values, equal_nan=True) else np.ascontiguousarray(values)


def npz(arrays: Mapping[str, npt.NDArray[np.generic]]) -> bytes:
    """An archive as np.savez writes it."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def safetensors(arrays: Mapping[str, Array]) -> bytes:
    """Eight bytes of length, a JSON header that ends on a multiple of eight, the numbers."""
    header, data = {}, b""
    for name, values in arrays.items():
        content = values.astype(values.dtype.newbyteorder("<"), order="C").tobytes()
        kind = f"F{8 * values.dtype.itemsize}"
        header[name] = {"dtype": kind, "shape": [*values.shape], "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


WRITERS: Mapping[str, Callable[[Mapping[str, Array]], bytes]] = {".npz": npz, ".safetensors": safetensors}
"""Suffix → what makes such a file's content."""
