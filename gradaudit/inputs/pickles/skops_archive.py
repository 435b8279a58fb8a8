"""skops' archives, a zip of JSON and .npy files, as a tree of plain values; no class that they name is looked up.

The JSON is a node for each object: its class, which of skops' loaders makes it, and what it is made of (skops'
io/_general.py and io/_numpy.py, protocols 0 to 2).
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any, BinaryIO

import numpy as np

from gradaudit.errors import short_reason
from gradaudit.files import npy
from gradaudit.files.npz import DAMAGE
from gradaudit.files.zip_directory import check_directory, check_names
from gradaudit.functions.arrays import AnyArray
from gradaudit.inputs.pickles.calls import name_of
from gradaudit.inputs.pickles.inert import MAX_BYTES, Inert, Objects, UnreadableError
from gradaudit.inputs.pickles.model_bytes import check_length
from gradaudit.text.suggest import quoted

MAX_SCHEMA = 12 << 20
"""Bytes of schema.json: Python takes up to 24 times that for it."""
MAX_DEPTH = 100
"""Of nodes in one another; a search over a pipeline has some twenty."""
MAX_SCALAR = 1 << 20
_MAX_DIRECTORY = 4 << 20
"""Bytes of a zip file's table of contents, which zipfile reads whole."""

Node = dict[str, Any]


def load_skops(file: BinaryIO) -> object:
    """The tree in an open archive. Raises UnreadableError for whatever is none, damaged or too large."""
    try:
        check_length(file.seek(0, 2))
        check_directory(file, _MAX_DIRECTORY)
        with zipfile.ZipFile(file) as archive:
            check_names(archive)
            return _Archive(archive).root()
    except RecursionError:
        reason = "it is nested too deeply"
    except (KeyError, TypeError, AttributeError):
        reason = "a part of its schema.json is missing or is none that skops writes"
    except (*DAMAGE, ValueError) as error:
        reason = short_reason(error)
    raise UnreadableError(f"cannot be read as a skops file: {reason}")


class _Archive:
    """An archive being read: what was unpacked so far, and the objects by skops' numbers."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive, self.unpacked = archive, 0
        self.arrays: dict[str, AnyArray | Objects] = {}
        self.known: dict[object, object] = {}

    def root(self) -> object:
        return self._value(json.loads(self._member("schema.json", MAX_SCHEMA).decode()), 0)

    def _member(self, name: object, most: int) -> bytes:
        """A file of the archive, unpacked within bounds."""
        if not isinstance(name, str) or name not in self.archive.NameToInfo:
            raise UnreadableError(f"there is no {quoted(name)} in it")
        info = self.archive.NameToInfo[name]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableError(f"{quoted(name)} is packed in another way than by deflate")
        with self.archive.open(info) as member:
            data = member.read(min(most, MAX_BYTES - self.unpacked) + 1)
        if len(data) > most:
            raise UnreadableError(f"{quoted(name)} is larger than {most >> 20} MiB, unpacked")
        self.unpacked += len(data)
        check_length(self.unpacked)
        return data

    def _value(self, node: Node, depth: int) -> object:
        """What a node stands for; one that was seen already is the same object again."""
        if depth > MAX_DEPTH:
            raise RecursionError
        number = node.get("__id__")
        if isinstance(number, int) and number in self.known:
            return self.known[number]
        value = self._made(node, depth + 1)
        if isinstance(number, int):
            self.known[number] = value
        return value

    def _made(self, node: Node, depth: int) -> object:
        loader, content = node["__loader__"], node.get("content")
        if loader == "JsonNode":
            return _scalar(content)
        if loader == "NdArrayNode":
            return self._array(node, depth)
        if loader in ("ListNode", "TupleNode", "SetNode") and isinstance(content, list):
            items = [self._value(item, depth) for item in content]
            return tuple(items) if loader == "TupleNode" else items
        if loader == "DictNode" and isinstance(content, dict):
            return {key: self._value(item, depth) for key, item in content.items()}
        state = self._value(content, depth) if isinstance(content, dict) and "__loader__" in content else None
        return Inert(name_of(node["__module__"], node["__class__"]), state=state)

    def _array(self, node: Node, depth: int) -> object:
        """An array, or a single number of NumPy's, which skops writes as one."""
        if node["type"] != "numpy":
            items = [self._value(item, depth) for item in node["content"]]
            return Objects((len(items),), items)
        name = node["file"]
        if name not in self.arrays:
            self.arrays[name] = self._npy(name)
        array = self.arrays[name]
        if isinstance(array, np.ndarray) and array.ndim == 0 and node["__class__"] != "ndarray":
            return array.item()
        return array

    def _npy(self, name: object) -> AnyArray | Objects:
        data = self._member(name, MAX_BYTES)
        try:
            header = npy.read_header(io.BytesIO(data))
            if header.dtype is None or header.dtype.kind in "mM":  # nothing that a network is made of
                return Objects((), [])
            return npy.array_of(memoryview(data)[header.begin :], header)
        except ValueError as error:
            raise UnreadableError(f"{quoted(name)} {error}") from None


def _scalar(content: object) -> object:
    """A JSON value in a text; lists and mappings have nodes of their own."""
    if not isinstance(content, str) or len(content) > MAX_SCALAR:
        raise UnreadableError("a value in it is no JSON")
    value = json.loads(content)
    return value if isinstance(value, str | int | float | None) else None
