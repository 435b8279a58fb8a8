"""A state dict as torch.save writes it, read without torch: a zip of raw numbers and a pickle that says what they are.

The pickle goes through pickles/machine.py, where nothing runs; tensors point into the archive by storage, offset and
strides, all of which are checked before any number is read. Lightning's checkpoints hold such a dict, too.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from gradaudit.errors import short_reason
from gradaudit.files.npz import DAMAGE, MAX_DIRECTORY
from gradaudit.files.zip_directory import check_directory
from gradaudit.inputs.pickles import machine
from gradaudit.inputs.pickles.inert import Inert, Name, UnreadableError
from gradaudit.text.suggest import quoted

MAX_PICKLE = 8 << 20
"""Bytes of the pickle: tensors and settings, no numbers."""
KEYS = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
"""Where people keep a model's state dict beside an optimizer's; Lightning's first."""
_TYPES = {
    "torch.DoubleStorage": "f8",
    "torch.FloatStorage": "f4",
    "torch.HalfStorage": "f2",
    "torch.BFloat16Storage": "u2",
    "torch.LongStorage": "i8",
    "torch.IntStorage": "i4",
    "torch.ShortStorage": "i2",
    "torch.CharStorage": "i1",
    "torch.ByteStorage": "u1",
    "torch.BoolStorage": "?",
}
_TENSORS = ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor")
_PARAMETERS = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A tensor as the file describes it: where its numbers lie."""

    kind: str
    """Of its storage: `torch.FloatStorage`."""
    key: str
    """The storage's name in the archive."""
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class StateDict:
    """An open file; raises ValueError for what is no archive of torch.save, is damaged, or holds no state dict."""

    def __init__(self, file: BinaryIO) -> None:
        start = file.read(4)
        file.seek(0)
        if not start.startswith(b"PK"):
            raise ValueError(
                "no archive as PyTorch writes it since 1.6; load it there and save it again: "
                "torch.save(torch.load(path), path)"
            )
        try:
            check_directory(file, MAX_DIRECTORY, takes_zip64=True)
            self._archive = zipfile.ZipFile(file)
            self._root, tree = self._pickle()
        except UnreadableError:
            raise
        except (*DAMAGE, ValueError) as error:
            raise ValueError(f"a damaged archive: {short_reason(error)}") from None
        has_order = self._root + "byteorder" in self._archive.NameToInfo
        self._is_big_endian = has_order and self._member("byteorder", 16) == b"big"
        self._tensors = dict(_named_tensors(tree))
        if not self._tensors:
            raise ValueError("no state dict in it; save one: torch.save(model.state_dict(), path), not the model")

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The tensors' shapes by name, in the order of the modules."""
        return {name: tensor.shape for name, tensor in self._tensors.items()}

    def load(self, name: str) -> npt.NDArray[Any]:
        """The tensor's numbers. Raises ValueError where the archive does not hold them."""
        tensor = self._tensors[name]
        if tensor.kind not in _TYPES:
            raise ValueError(f"{quoted(name)} is of the type {quoted(tensor.kind)}, which is not read")
        dtype = np.dtype(_TYPES[tensor.kind]).newbyteorder(">" if self._is_big_endian else "<")
        data = np.frombuffer(self._member(f"data/{tensor.key}"), np.uint8)
        data = data[: len(data) // dtype.itemsize * dtype.itemsize].view(dtype)
        reach = sum((side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True))
        if prod(tensor.shape) and tensor.offset + reach >= len(data):
            raise ValueError(f"{quoted(name)} lies outside of its storage; the file is damaged")
        if prod(tensor.shape) > len(data):
            raise ValueError(f"{quoted(name)} repeats its numbers, which no weight does")
        strides = [stride * dtype.itemsize for stride in tensor.strides]
        values = np.lib.stride_tricks.as_strided(data[tensor.offset :], tensor.shape, strides).copy()
        if tensor.kind == "torch.BFloat16Storage":  # the upper half of a float32
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values

    def _pickle(self) -> tuple[str, object]:
        """The folder in the archive, and the tree that its pickle holds."""
        names = [info.filename for info in self._archive.infolist() if info.filename.endswith("/data.pkl")]
        if len(names) != 1:
            raise ValueError("no archive as PyTorch's torch.save writes it: it has no data.pkl")
        root = names[0].removesuffix("data.pkl")
        if any(info.filename.startswith(f"{root}code/") for info in self._archive.infolist()):
            raise UnreadableError("a TorchScript archive; save the state dict: torch.save(model.state_dict(), path)")
        self._root = root
        return root, machine.load_pickle(self._member("data.pkl", MAX_PICKLE), takes_persistent_ids=True)

    def _member(self, name: str, most: int | None = None) -> bytes:
        """A file of the archive; stored and not packed, so that the file's own size bounds it."""
        info = self._archive.NameToInfo.get(self._root + name)
        if info is None:
            raise ValueError(f"there is no {quoted(name)} in the archive")
        if info.compress_type != zipfile.ZIP_STORED or (most is not None and info.file_size > most):
            raise ValueError(f"{quoted(name)} in the archive is packed or too large")
        try:
            return self._archive.read(info)
        except DAMAGE as error:
            raise ValueError(f"{quoted(name)} in the archive is damaged: {error}") from None


def _entries(thing: object) -> Mapping[object, object]:
    """The entries of a dict, or of a class that is one."""
    found = thing.entries if isinstance(thing, Inert) else thing
    return found if isinstance(found, dict) else {}


def _named_tensors(tree: object) -> Iterator[tuple[str, _Tensor]]:
    """The state dict at the top, or under one of KEYS."""
    found = {str(key): tensor for key, value in _entries(tree).items() if (tensor := _tensor(value)) is not None}
    if found:
        yield from found.items()
        return
    inner = next((_entries(tree)[key] for key in KEYS if key in _entries(tree)), None)
    if inner is not None and _entries(inner):
        yield from _named_tensors(inner)


def _tensor(value: object) -> _Tensor | None:
    """None for what is no tensor. Raises ValueError for one whose parts are none."""
    if isinstance(value, Inert) and str(value.kind) in _PARAMETERS and value.arguments:
        return _tensor(value.arguments[0])
    if not isinstance(value, Inert) or str(value.kind) not in _TENSORS:
        return None
    match value.arguments:
        case (Inert(kind=machine.PERSISTENT, arguments=(pid,)), offset, shape, strides, *_):
            return _located(pid, offset, shape, strides)
    raise ValueError("a tensor in it does not say where its numbers are")


def _located(pid: object, offset: object, shape: object, strides: object) -> _Tensor:
    match pid:
        case ("storage", Name() as kind, str(key), *_) if key.isalnum():
            sides, steps = _counts(shape), _counts(strides)
            if isinstance(offset, int) and offset >= 0 and len(sides) == len(steps):
                return _Tensor(str(kind), key, offset, sides, steps)
    raise ValueError("a tensor in it does not say where its numbers are")


def _counts(thing: object) -> tuple[int, ...]:
    """Sizes or strides. Raises ValueError for what is none."""
    if not isinstance(thing, tuple) or len(thing) > 8 or not all(type(n) is int and 0 <= n < 1 << 48 for n in thing):
        raise ValueError("a tensor in it has no shape")
    return thing
