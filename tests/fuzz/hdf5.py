"""HDF5 changed in what it holds, and the process that reads it, forked: starting one takes ten times as long."""

from __future__ import annotations

import faulthandler
import io
import json
import os
import signal
import sys
from random import Random
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any

import numpy as np

from gradaudit.inputs.keras import copy_hdf5
from tests.fuzz.mutations import HOSTILE, mutate_bytes, mutate_json

TYPES = ("<f4", ">f8", "<f2", "<i4", "?", "S3", "<c8", "O")
SHAPES = ((), (0,), (1,), (2, 3), (6, 6), (4, 1, 1, 6), (1, 1, 1, 1, 4))


def mutate_hdf5(data: bytes, rng: Random) -> bytes:
    """One to four objects or attributes changed, by the library itself; or the file's bytes."""
    if rng.random() < 0.5:
        return mutate_bytes(data, rng)
    import h5py

    file = io.BytesIO(data)
    with h5py.File(file, "r+") as root:
        for _ in range(rng.randint(1, 4)):
            _mutate(root, rng)
    return file.getvalue()


def _mutate(root: Any, rng: Random) -> None:
    names: list[str] = []
    root.visit(names.append)
    if rng.random() < 0.5 or not names:
        return _mutate_attribute(root[rng.choice(["/", *names])] if rng.random() < 0.5 else root, rng)
    name, kind = rng.choice(names), rng.randrange(5)
    new = rng.choice((f"{name}x", "é/b", "layers", rng.choice(names) + "/a", name))
    if kind == 0:
        return _put(root, new, root[name])  # a second name, or a group in itself
    if kind == 1:
        return _put(root, new, _link(name, rng))
    del root[name]
    if kind > 2:
        made = np.zeros(rng.choice(SHAPES), rng.choice(TYPES))
        plain = made if made.dtype != object else made.astype(str).astype("S")
        _put(root, name, plain)
    return None


def _link(name: str, rng: Random) -> Any:
    import h5py

    return rng.choice((h5py.SoftLink(f"/{name}"), h5py.SoftLink("nowhere"), h5py.ExternalLink("/dev/zero", name)))


def _put(root: Any, name: str, thing: Any) -> None:
    """Set it where that is possible: not under an array, nor over what is there."""
    try:
        root[name] = thing
    except (ValueError, OSError, TypeError, RuntimeError, KeyError):
        return


def _mutate_attribute(group: Any, rng: Random) -> None:
    """The JSON in one, or one of its names; else another value for it."""
    if not (names := list(group.attrs)):
        return
    name = rng.choice(names)
    old = group.attrs[name]
    if isinstance(old, str) and old.startswith("{") and rng.random() < 0.9:
        new: Any = _mutated(old.encode(), rng).decode("utf-8", "replace").replace("\0", "0")
    elif getattr(old, "ndim", 0) == 1 and len(old) and rng.random() < 0.8:
        texts = [str(each) for each in old]
        texts[rng.randrange(len(texts))] = rng.choice((*texts, "", "é", "a/b", "a" * 5000))
        new = texts * rng.choice((1, 1, 1, 50))
    else:
        value = rng.choice(HOSTILE)
        new = json.dumps(value) if isinstance(value, list | dict | str) or value is None else value
    try:
        group.attrs[name] = new
    except (ValueError, OSError, TypeError, RuntimeError, OverflowError):
        return  # more than an attribute holds


def _mutated(data: bytes, rng: Random) -> bytes:
    """In its structure, unless an earlier change left none."""
    try:
        return mutate_json(data, rng)
    except ValueError:
        return mutate_bytes(data, rng)


def run_forked(command: list[str], **given: Any) -> CompletedProcess[bytes]:
    """In the place of `subprocess.run`: the same program in a child of this process, which has its libraries."""
    import h5py  # noqa: F401 - once, for all children

    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.close(ours)
        _copy(command[-1], given, theirs)
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb") as answer:
            said = answer.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    return CompletedProcess(command, os.waitstatus_to_exitcode(status), said)


def _copy(told: str, given: dict[str, Any], out: int) -> None:
    """In the child, which ends here."""
    status = 1
    try:
        faulthandler.disable()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        file = io.BytesIO(given["input"]) if "input" in given else os.fdopen(os.dup(given["stdin"].fileno()), "rb")
        sys.stdin = SimpleNamespace(buffer=file)  # type: ignore[assignment]
        sys.stdout = SimpleNamespace(buffer=(answer := os.fdopen(out, "wb")))  # type: ignore[assignment]
        copy_hdf5.main(**json.loads(told))
        answer.close()
        status = 0
    finally:
        os._exit(status)
