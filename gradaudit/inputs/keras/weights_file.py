"""HDF5 files, which h5py reads (an extra), in a process of its own: libhdf5 trusts what it reads, and crashes on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from gradaudit.errors import InputError, Location, MissingLibraryError, Problem, short_reason
from gradaudit.inputs.keras import copy_hdf5

MAX_WEIGHTS = 128 << 20
"""Bytes of the model's own arrays."""
MAX_CONFIG = 1 << 20
"""Bytes of its configuration."""
SECONDS, WAITING = 8, 60
"""Of the processor, which ten thousand layers take; and until a process that waits for something is ended."""

_TOO_LONG = -signal.SIGXCPU if hasattr(signal, "SIGXCPU") else None


@dataclass(frozen=True)
class HDF5Dataset:
    """An array of a file, as it is kept there; `fault` says why it is not read."""

    array: npt.NDArray[np.floating[Any]] | None
    fault: str = ""


@dataclass(frozen=True)
class HDF5Group:
    """A group of a file: members by their names, followed through hard links alone, and attributes."""

    members: dict[str, HDF5Node] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    """Texts and lists of texts; None for another value, a mapping with its `fault` for what cannot be read."""


HDF5Node: TypeAlias = HDF5Group | HDF5Dataset


def read_hdf5(data: BinaryIO | bytes, size: int, here: Location, what: str = "it") -> HDF5Group:
    """The root of a file of so many bytes, open at any place, or in memory; `what` is how messages call it.

    Raises MissingLibraryError where h5py is missing, InputError for what is no HDF5 or breaks the library.
    """
    if find_spec("h5py") is None:
        message = f"{what if what != 'it' else 'this file'} is HDF5, which h5py reads: "
        instead = (
            "pip install 'gradaudit[keras-files]'; or write the architecture alone, model.to_json(), to a .json file"
        )
        raise MissingLibraryError(Problem(message + instead, here))
    try:
        return _tree(*_copied(data, min(size, MAX_WEIGHTS)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        message = f"{what} cannot be read as HDF5: {short_reason(error)}"
        raise InputError(Problem(message, here)) from None


def _copied(data: BinaryIO | bytes, budget: int) -> tuple[Any, memoryview]:
    """What the process says of the file. Raises ValueError where it does not come to an end by itself."""
    given = json.dumps(
        {"path": [str(Path(part).absolute()) for part in sys.path if part], "budget": budget, "seconds": SECONDS}
    )
    command = [sys.executable, "-I", "-S", str(Path(copy_hdf5.__file__).absolute()), given]
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "HDF5_PLUGIN_PRELOAD": "::"}  # no filter is loaded
    sent: dict[str, Any] = {"input": data} if isinstance(data, bytes) else {"stdin": data}
    try:
        done = subprocess.run(  # noqa: S603 - this Python and a file of ours
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=WAITING,
            check=False,
            **sent,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"it takes more than {WAITING} seconds") from None
    except OSError as error:
        raise ValueError(f"no process can be started to read it: {error}") from None
    line, end, arrays = done.stdout.partition(b"\n")
    if done.returncode == _TOO_LONG:
        raise ValueError(f"it takes libhdf5 more than {SECONDS} seconds: it is damaged, or has too many parts")
    if done.returncode or not end:
        raise ValueError("it is damaged so that libhdf5 breaks down on it; save the model again")
    return json.loads(line), memoryview(arrays)


def _tree(nodes: Any, arrays: memoryview) -> HDF5Group:  # noqa: ANN401
    """The root; groups may be members of themselves. Raises ValueError where the file could not be opened."""
    if "fault" in nodes:
        raise ValueError(nodes["fault"])
    made: list[HDF5Node] = []
    at = 0
    for node in nodes:
        if "members" in node:
            made.append(HDF5Group(attributes=node["attributes"]))
        elif "fault" in node:
            made.append(HDF5Dataset(None, node["fault"]))
        else:
            end = at + node["size"]
            made.append(HDF5Dataset(np.frombuffer(arrays[at:end], np.dtype(node["type"])).reshape(node["shape"])))
            at = end
    for node, thing in zip(nodes, made, strict=True):
        if isinstance(thing, HDF5Group):
            thing.members.update({name: made[number] for name, number in node["members"].items()})
    root = made[0]
    if not isinstance(root, HDF5Group):
        raise TypeError("its root is no group")
    return root
