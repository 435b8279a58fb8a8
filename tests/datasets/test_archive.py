"""npz files give X and y; hostile ones give a message and take no memory."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gradaudit.datasets import limits, prepare
from gradaudit.datasets.archive import read_npz
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import InputError, Location
from gradaudit.files import npz as files_npz

X = np.arange(8.0).reshape(4, 2)


def npz(folder: Path, **arrays: object) -> str:
    """A file with these arrays; bytes are stored as they are, as members that only claim to be arrays."""
    path = folder / "d.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            if not isinstance(array, bytes):
                np.lib.format.write_array(buffer, np.asanyarray(array))
            file.writestr(f"{name}.npy", array if isinstance(array, bytes) else buffer.getvalue())
    return str(path)


def header(shape: str, descr: str = "'<f8'") -> bytes:
    """A npy header of format 1.0 that claims a shape, followed by eight bytes."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(8)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("y", [np.array([0, 1, 2, 1]), np.array(["a", "b", "c", "b"]), np.eye(3)[[0, 1, 2, 1]]])
def test_x_and_y_are_read(tmp_path: Path, y: np.ndarray, compressed: bool) -> None:
    """Integer, text and one-hot targets alike, written by NumPy's own two functions."""
    save = np.savez_compressed if compressed else np.savez
    save(tmp_path / "d.npz", X=np.asfortranarray(X.astype(np.float32)), y=y)
    spec = ModelSpec("m", 2, (DenseSpec(3),), data=Named.of("npz", path=str(tmp_path / "d.npz")))
    _, data = prepare(spec, 0)
    assert np.array_equal(data.X, X)
    assert data.T.argmax(axis=1).tolist() == [0, 1, 2, 1]
    assert data.description.endswith("d.npz, 4 rows")


def test_the_targets_may_have_a_name_of_their_own(tmp_path: Path) -> None:
    """`target` names their array, in a spec and on the command line; a name that is not there is told."""
    path = npz(tmp_path, X=X, y=[0, 1, 2, 3], labels=["a", "b", "a", "b"])
    assert read_npz(path, "labels").y.tolist() == ["a", "b", "a", "b"]
    spec = ModelSpec("m", 2, (DenseSpec(1),), data=Named.of("npz", path=path, target="labels"))
    assert prepare(spec, 0)[1].T.tolist() == [[0], [1], [0], [1]]
    with pytest.raises(InputError, match="there is no array 'label' in it, only 'X', 'y', 'labels'"):
        read_npz(path, "label")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": X}, "there is no array 'y' in it, only 'X'"),
        ({}, "no arrays"),
        ({"x": X, "y": [1, 2]}, "there is no array 'X' in it, only 'x', 'y'"),
        ({"X": X, "y": np.array([{}, 1], object)}, "Python objects"),
        ({"X": np.zeros(3, "f8,i4"), "y": [1]}, "records"),
        ({"X": X, "y": [0, 1, np.nan, 1]}, "y[2] is nan"),
        ({"X": X - np.inf, "y": [0, 1, 2, 3]}, "X[0, 0] is -inf"),
        ({"X": [["a"]], "y": [0]}, "X holds text"),
        ({"X": header("(4000000000000, 1000)"), "y": [0]}, "'X' claims the shape"),
        ({"X": header("(-1, 2)"), "y": [0]}, "'X' has a damaged header"),
        ({"X": header("(1, 1)", "'|O'"), "y": [0]}, "Python objects"),
        ({"X": header("(99999999999999,)", "'|V0'"), "y": [0]}, "records"),
        ({"X": header("(99999999999999,)", "'<U0'"), "y": [0]}, "records"),
        ({"X": header("(" * 200 + ")" * 200), "y": [0]}, "cannot be read as an npz file"),
        ({"X": b"no array", "y": [0]}, "cannot be read as an npz file"),
        ({"X": b"", "y": [0]}, "cannot be read as an npz file"),
        ({"X": b"\x93NUMPY\x09\x00" + bytes(80), "y": [0]}, "no array that NumPy has written"),
        ({"X": b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "y": [0]}, "cannot be read as an npz file"),
    ],
)
def test_what_is_not_two_arrays_of_numbers_is_told(tmp_path: Path, arrays: dict[str, object], message: str) -> None:
    """One line that names the file and what is wrong with it."""
    with pytest.raises(InputError) as error:
        read_npz(npz(tmp_path, **arrays))
    assert "d.npz: " in str(error.value)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """A member that would unpack to half a gibibyte of zeros is refused by its header, with the rows to give."""
    path = Path(npz(tmp_path, y=[0]))
    packed = zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1)
    with packed as file, file.open("X.npy", "w") as member:
        member.write(header("(68157440, 1)"))
        for _ in range(520):
            member.write(bytes(2**20))
    tracemalloc.start()
    says = (
        r"68,157,440 rows, 68,157,441 numbers: 10\.2 GiB in an audit, 1\.25 GiB are the most; give 8,\d{3},\d{3} rows"
    )
    with pytest.raises(InputError, match=says):
        read_npz(str(path))
    assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    tracemalloc.stop()


def test_too_many_values_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small types count by number, since they become float64; so do the rows, and what is read first."""
    monkeypatch.setattr(limits, "MAX_BYTES", 24 * 12 + 128 * 4 + 96 - 1)
    with pytest.raises(InputError, match="its arrays would be 4 rows, 12 numbers"):
        read_npz(npz(tmp_path, X=X, y=[0, 1, 2, 3]))


def test_a_huge_table_of_contents_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """zipfile would read all of it before it is asked for one array."""
    path = npz(tmp_path, X=X, y=[0, 1, 2, 3])
    monkeypatch.setattr(files_npz, "MAX_DIRECTORY", 50)
    with pytest.raises(InputError, match="table of contents is too large"):
        read_npz(path)


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_truncated_file_is_told(tmp_path: Path, keep: float) -> None:
    """A download that broke off is no npz file."""
    path = Path(npz(tmp_path, X=X, y=[0, 1, 2, 3]))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(InputError, match="npz archive, or a damaged one: it is no zip archive"):
        read_npz(str(path))


def test_a_spec_is_told_where_it_names_the_file(tmp_path: Path) -> None:
    """At the line of its path, with what to do about the value."""
    path = npz(tmp_path, X=np.array([[1.0, np.nan]]), y=[0])
    where = Location("m.yaml", 2, 25)

    with pytest.raises(InputError, match=r"d.npz: X\[0, 1\] is nan.*; fill such values in") as error:
        read_npz(path, where=where)
    assert error.value.problems[0].location == where
