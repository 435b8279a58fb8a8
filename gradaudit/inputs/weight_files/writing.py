"""Weights as the content of a file beside a spec: `.npz` or `.safetensors`, read back by `weights.read_weights`."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from gradaudit.domain.expanded import ExpandedLayer, expand, flatten
from gradaudit.domain.spec import ModelSpec

Array = npt.NDArray[np.floating]


def array_names(rows: tuple[ExpandedLayer, ...]) -> dict[tuple[int, str], str]:
    """(index of a row, parameter) → what a file of weights calls it: `coefs_0`, `scale_2`, `conv2d_0/weight`."""
    seen: Counter[tuple[str, ...]] = Counter()
    names: dict[tuple[int, str], str] = {}
    for row in rows:
        words, sort = row.layer.numbered, tuple(row.layer.numbered.values())
        for parameter in row.parameters:
            own = f"{words[parameter.name]}_{seen[sort]}" if parameter.name in words else f"{row.name}/{parameter.name}"
            names[row.index, parameter.name] = own
        seen[sort] += bool(row.parameters)
    return names


def named_arrays(spec: ModelSpec) -> dict[str, Array]:
    """The spec's weights under the names of a file; float32 where that holds every number exactly."""
    assert spec.weights is not None
    rows = tuple(row for row in flatten(expand(spec)) if row.parameters)
    names = array_names(rows)
    return {
        names[row.index, name]: _compact(values)
        for row, given in zip(rows, spec.weights.rows, strict=True)
        for name, values in given.items()
    }


def _compact(values: npt.NDArray[np.float64]) -> Array:
    with np.errstate(over="ignore"):
        half = values.astype(np.float32)
    return half if np.array_equal(half.astype(np.float64), values, equal_nan=True) else np.ascontiguousarray(values)


def npz(arrays: Mapping[str, npt.NDArray[np.generic]]) -> bytes:
    """An archive as np.savez writes it, of arrays of any shape."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def safetensors(arrays: Mapping[str, Array]) -> bytes:
    """Eight bytes of length, a JSON header that ends on a multiple of eight, the numbers, of arrays of any shape."""
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
