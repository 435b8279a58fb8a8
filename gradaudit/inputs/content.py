"""What a file is by its first bytes, whatever its name; and what to do about models that are not read as they are.

Nothing but the head of a file and a zip's table of contents is looked at here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

from gradaudit.files.opening import FileError, open_file

_LARGEST = 1 << 40
_HEAD = 512
_DIRECTORY = 4 << 20
_PICKLE = re.compile(
    rb"\x80[\x02-\x05]|\x1f\x8b|\x78[\x01\x5e\x9c\xda]|BZh|\xfd7zXZ|\x5d\x00"
    rb"|ccopy_reg\n|csklearn\.|\(dp?0?\n|\(lp?0?\n"
)
"""A pickle's first bytes, or those of one that joblib packed."""
_ONNX = re.compile(rb"\x08[\x03-\x14][\x12\x1a\x22\x2a\x32\x3a\x42]")
"""ir_version, a small number, and then another field of a ModelProto."""

PYTORCH = (
    "a PyTorch file, which is not audited by itself: name the module in a Python file (file.py:NAME); a state dict "
    "serves as the `weights:` of a spec"
)
SAVED_MODEL = (
    "a TensorFlow SavedModel, which is not read: load it in Python and save the Keras model by "
    "model.save('model.keras')"
)
WAYS_OUT = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".pt2"), PYTORCH),
    ".pb": SAVED_MODEL,
    ".tflite": "a TFLite model, converted for use and not for training: save the Keras model that it was made from, by "
    "model.save('model.keras')",
    ".safetensors": "weights without a model: write a spec that names them, `weights: FILE`",
    ".npz": "arrays without a model: write a spec that names them, as its `weights:` or its `data:`",
    ".npy": "an array without a model: write a spec, and its rows as `data: {name: npz, path: FILE}`",
    ".csv": "data without a model: name the model, and these by --data",
    ".py": "a Python file: name the object in it, as in file.py:NAME",
    ".ipynb": "a notebook: put the model into a Python file and name it, as in file.py:NAME; or call "
    "gradaudit.audit(model, X, y) in a cell",
    ".pmml": "a PMML model, which is not read: name the estimator that it was made from (file.py:NAME, or .joblib)",
    ".mlmodel": "a Core ML model, which is not read: save what it was made from as .onnx or .keras",
}
"""Suffix → what such a file is, and what to do."""
_KINDS = {
    "pytorch": ".pt",
    "tflite": ".tflite",
    "safetensors": ".safetensors",
    "npz": ".npz",
    "npy": ".npy",
}


def kind_of(path: str) -> str:
    """`pickle`, `skops`, `keras`, `hdf5`, `onnx`, `pytorch`, …; empty for what is none of them, or cannot be read."""
    try:
        with open_file(path, _LARGEST, "a model") as file:
            head = file.read(_HEAD)
            if not head.startswith(b"PK\x03\x04"):
                return _of_head(head)
            return "pytorch" if b"data.pkl" in head[30:] else _of_zip(file)  # PyTorch's first member
    except (FileError, OSError):
        return ""


def _of_head(head: bytes) -> str:
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "hdf5"
    if head[4:8] == b"TFL3":
        return "tflite"
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    if head[8:9] == b"{" and head[3:8] == bytes(5):
        return "safetensors"
    if _PICKLE.match(head):
        return "pickle"
    return "onnx" if _ONNX.match(head) else ""


def _of_zip(file: BinaryIO) -> str:
    import zipfile

    from gradaudit.files.zip_directory import check_directory

    try:
        check_directory(file, _DIRECTORY)
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
    if "schema.json" in names:
        return "skops"
    if "config.json" in names and any(name.endswith(".h5") for name in names):
        return "keras"
    return "npz" if names and all(name.endswith(".npy") for name in names) else ""


def way_out(path: str) -> str:
    """What a file or folder is that no reader takes, and what to do; for what is not known, which kinds are read."""
    if Path(path).is_dir():
        return f"is {SAVED_MODEL}" if is_saved_model(path) else ""
    known = WAYS_OUT.get(_KINDS.get(kind_of(path), Path(path).suffix.lower()))
    return f"is {known}" if known else ""


def misnamed(kind: str) -> str:
    """What a file is that is named as a scikit-learn model and is none, and what to do."""
    suffix = {"keras": ".keras", "hdf5": ".h5", "onnx": ".onnx"}.get(kind)
    return f"is no pickle: give it the name of what it is, {suffix}" if suffix else f"is {WAYS_OUT[_KINDS[kind]]}"


def is_saved_model(folder: str) -> bool:
    """Whether a folder is TensorFlow's."""
    return Path(folder, "saved_model.pb").is_file()
