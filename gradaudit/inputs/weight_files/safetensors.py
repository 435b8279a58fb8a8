"""The safetensors format: eight bytes of length, a JSON header, then the numbers; every offset is checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from gradaudit.files.opening import size_of
from gradaudit.text.suggest import quoted

MAX_HEADER = 1 << 20
_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


class Safetensors:
    """An open file; `shapes` come from its header. Raises ValueError where it is none."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, size = file, size_of(file)
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(MAX_HEADER, size - 8):
            raise ValueError("no .safetensors file: the length of its header is wrong")
        self.begin, self.room = 8 + length, size - 8 - length
        self.header = {key: item for key, item in _parse(file.read(length)).items() if key != "__metadata__"}
        self.shapes: Mapping[str, tuple[int, ...]] = {name: self._shape(name) for name in self.header}

    def _shape(self, name: str) -> tuple[int, ...]:
        item = self.header[name]
        shape, offsets = (_counts(item, key) for key in ("shape", "data_offsets"))
        if shape is None or offsets is None or len(offsets) != 2 or len(shape) > 8:
            raise ValueError(f"no .safetensors file: the entry {quoted(name)} has no shape or no place")
        if not offsets[0] <= offsets[1] <= self.room:
            raise ValueError(f"{quoted(name)} lies outside the file; it is damaged or cut off")
        return tuple(shape)

    def load(self, name: str) -> npt.NDArray[np.floating]:
        """The array; raises ValueError where its type is not a float or its length not its shape's."""
        item, shape = self.header[name], self.shapes[name]
        kind = item.get("dtype")
        if not isinstance(kind, str) or kind not in _TYPES:
            raise ValueError(f"{quoted(name)} is of type {quoted(kind)}; known are {', '.join(_TYPES)}")
        start, end = item["data_offsets"]
        dtype = np.dtype(_TYPES[kind])
        if end - start != dtype.itemsize * int(np.prod(shape, dtype=object)):
            raise ValueError(f"{quoted(name)} takes {end - start} bytes, its shape other ones; it is damaged")
        self.file.seek(self.begin + start)
        values = np.frombuffer(self.file.read(end - start), dtype).reshape(shape)
        if kind == "BF16":  # the upper half of a float32
            return (values.astype("<u4") << 16).view("<f4")
        return values


def _parse(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        header = None
    if isinstance(header, dict):
        return header
    raise ValueError("no .safetensors file: its header is no JSON object")


def _counts(entry: object, key: str) -> list[int] | None:
    """A list of sizes or offsets of the header, None where it is none."""
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if isinstance(value, list) and all(type(n) is int and 0 <= n < 1 << 48 for n in value) else None
