"""HDF5 whose heap of texts leads libhdf5 round in a circle: given up within the time that a person would wait."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from gradaudit.cli import main
from gradaudit.inputs.keras import weights_file

h5py = pytest.importorskip("h5py")
resource = pytest.importorskip("resource")


def endless(size: int) -> bytes:
    """A file with three texts in one attribute, the second of which claims to be so long."""
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        root.attrs["model_config"] = ["first", "second", "third"]
    data = bytearray(file.getvalue())
    at = data.rindex(b"second")
    data[at - 8 : at] = size.to_bytes(8, "little")
    return bytes(data)


def h5(path: Path, data: bytes) -> Path:
    """By itself."""
    path = path / "m.h5"
    path.write_bytes(data)
    return path


def keras(path: Path, data: bytes) -> Path:
    """As the weights in an archive."""
    path = path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", '{"class_name": "Sequential", "config": {"layers": []}}')
        archive.writestr("model.weights.h5", data)
    return path


@pytest.mark.parametrize("write", [h5, keras])
@pytest.mark.parametrize("size", [1028, 2**64 - 16])
def test_libhdf5_is_not_waited_for_without_end(write, size, tmp_path, monkeypatch, capsys):
    """One message, whatever it would do with more time."""
    monkeypatch.setattr(weights_file, "SECONDS", 1)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert main(["check", str(write(tmp_path, endless(size)))]) == 2
    assert "it takes libhdf5 more than 1 seconds: it is damaged" in capsys.readouterr().err
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 3
