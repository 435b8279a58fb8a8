"""What a process of its own runs to copy an HDF5 file's groups, names and arrays out of libhdf5, which bad bytes crash.

    python copy_hdf5.py '{"path": […], "budget": BYTES, "seconds": OF_THE_PROCESSOR}' < FILE

Started by its path, without gradaudit: it imports h5py alone, from the folders it is given. Prints one line of JSON, a
list of nodes of which the first is the root, and after it the bytes of the arrays; or an object with the `fault`.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from itertools import islice
from typing import Any

MEMORY = 1 << 30
"""Bytes beyond what the libraries take."""
MOST_NODES, MOST_NAMES, MOST_TEXT = 50_000, 10_000, 1 << 20
MOST_SIDES = 4
"""Axes of an array: of the kernel of a convolution over height and width."""
SKIPPED = ("optimizer", "optimizer_weights")
"""Members of the root that hold an optimizer's arrays."""


def bound(seconds: int) -> None:
    """Take no more than a file of weights can need, where the system can hold a process to it."""
    try:
        import resource
        from pathlib import Path

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    except (ImportError, OSError, ValueError):
        return


class Copy:
    """The nodes and arrays found so far; an object with several names is one node."""

    def __init__(self, root: Any, budget: int) -> None:  # noqa: ANN401  h5py has no annotations
        self.root, self.left = root, budget
        self.numbers: dict[Any, int] = {}
        self.objects: list[Any] = []
        self.arrays: list[bytes] = []

    def nodes(self) -> list[dict[str, Any]]:
        """All that hard links lead to from the root, in the order in which they are met."""
        self._number(self.root)
        found: list[dict[str, Any]] = []
        while len(found) < len(self.objects):
            if len(self.objects) > MOST_NODES:
                raise ValueError(f"it has more than {MOST_NODES:,} groups and arrays")
            found.append(self._node(self.objects[len(found)]))
        return found

    def _number(self, thing: Any) -> int:  # noqa: ANN401
        number = self.numbers.setdefault(thing.id, len(self.objects))
        if number == len(self.objects):
            self.objects.append(thing)
        return number

    def _node(self, thing: Any) -> dict[str, Any]:  # noqa: ANN401
        import h5py

        if isinstance(thing, h5py.Group):
            return {"members": dict(self._members(thing)), "attributes": _attributes(thing)}
        if not isinstance(thing, h5py.Dataset):
            return {"fault": "it is not in the file"}
        try:
            return self._array(thing)
        except Exception as error:  # noqa: BLE001 - whatever h5py raises is a fault of this array
            return {"fault": str(error)[:500]}

    def _members(self, group: Any) -> Any:  # noqa: ANN401
        import h5py

        names = list(islice(group, MOST_NAMES))
        for name in names:
            if not isinstance(name, str) or (group == self.root and name in SKIPPED):  # bytes where it is no UTF-8
                continue
            try:
                if isinstance(group.get(name, getlink=True), h5py.HardLink):
                    yield name, self._number(group[name])
            except Exception:  # noqa: BLE001, S112 - a member that cannot be opened is not there
                continue

    def _array(self, found: Any) -> dict[str, Any]:  # noqa: ANN401
        plain = found.dtype.kind == "f" and found.chunks is None and not found.is_virtual and not found.external
        if not plain or found.dtype.itemsize > 8 or found.size is None or not 1 <= found.ndim <= MOST_SIDES:
            raise ValueError("it is no plain array of floats")
        if (size := found.size * found.dtype.itemsize) > self.left:
            raise ValueError("with it the weights are more than the file holds, or than are read")
        data = found[()].tobytes()
        self.left -= size
        self.arrays.append(data)
        return {"shape": found.shape, "type": found.dtype.str, "size": len(data)}


def _attributes(group: Any) -> dict[str, Any]:  # noqa: ANN401
    """Texts and lists of them; null for another value, an object for what cannot be read."""
    found: dict[str, Any] = {}
    for name in list(islice(group.attrs, MOST_NAMES)):
        try:
            found[str(name)] = _value(group.attrs[name])
        except Exception as error:  # noqa: BLE001 - whatever h5py raises is a fault of this attribute
            found[str(name)] = {"fault": str(error)[:500]}
    return found


def _value(value: Any) -> Any:  # noqa: ANN401
    if getattr(value, "ndim", 0) == 1:
        return [_value(each) for each in value[:MOST_NAMES].tolist()]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    return value[: MOST_TEXT + 1] if isinstance(value, str) else None


def main(path: list[str], budget: int, seconds: int) -> None:
    """Copy standard input, a file or what is sent through a pipe."""
    sys.path[:] = path
    import h5py

    bound(seconds)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    try:
        with h5py.File(stdin if stdin.seekable() else BytesIO(stdin.read()), "r") as root:
            copy = Copy(root, budget)
            answer: Any = copy.nodes()
            arrays = copy.arrays
    except Exception as error:  # noqa: BLE001 - whatever h5py raises is a fault of the file
        answer, arrays = {"fault": str(error)[:500]}, []
    stdout.write(json.dumps(answer).encode() + b"\n")
    stdout.writelines(arrays)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
