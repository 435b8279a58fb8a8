from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from gradaudit.files.npz import Npz


@pytest.mark.parametrize("dtype", ["<f8", "<f4", ">f8", "<f2", "<i4", "|u1", "|b1"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_back(tmp_path: Path, dtype: str, order: str, save: object) -> None:
    """Whatever NumPy saves as real numbers is read back with the same type and values."""
    array = np.asarray(np.arange(6).reshape(2, 3) % 2, dtype=dtype, order=order)  # type: ignore[call-overload]
    save(tmp_path / "w.npz", a=array, b=np.float64(3))  # type: ignore[operator]

    with opened(tmp_path / "w.npz") as file:
        assert file.shapes == {"a": (2, 3), "b": ()}
        assert file.load("a").dtype == array.dtype
        assert np.array_equal(file.load("a"), array)
        assert file.load("b") == 3


@contextmanager
def opened(path: Path) -> Iterator[Npz]:
    """The archive, open."""
    with path.open("rb") as file:
        yield Npz(file)


def write(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """An archive of these members."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def array_bytes(array: np.ndarray, **changes: str) -> bytes:
    """An array's file, pieces of its header replaced by others of the same length."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    data = buffer.getvalue()
    for old, new in changes.items():
        data = data.replace(old.encode(), new.encode())
    return data


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUMPY\x01\x00\xff\xff{",
        b"\x93NUMPY\x02\x00" + b"\xff" * 4 + b"{" * 100,
        array_bytes(np.array([{}])),
        b"\x93NUMPY\x01\x00\x60\xea" + b"(" * 60_000,
        array_bytes(np.ones(2), f8="f1"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(tmp_path: Path, member: bytes) -> None:
    """Damaged headers and other versions are one ValueError, and nothing in them is evaluated."""
    with opened(write(tmp_path / "w.npz", {"a.npy": member})) as file, pytest.raises(ValueError, match="'a' "):
        file.load("a")


def test_pickles_are_refused(tmp_path: Path) -> None:
    """An array of objects is never unpickled."""
    np.savez(tmp_path / "w.npz", a=np.array([{}], dtype=object))

    with opened(tmp_path / "w.npz") as file, pytest.raises(ValueError, match="'a' holds Python objects or records"):
        file.load("a")


def test_a_bomb_unpacks_no_further_than_its_shape(tmp_path: Path) -> None:
    """A member that unpacks to more than its header says gives the array of the header."""
    bomb = array_bytes(np.ones(2)) + bytes(50_000_000)

    with opened(write(tmp_path / "w.npz", {"a.npy": bomb})) as file:
        assert file.load("a").tolist() == [1.0, 1.0]


def test_a_member_that_is_cut_off_is_told(tmp_path: Path) -> None:
    """Fewer numbers than the header says are an error."""
    path = write(tmp_path / "w.npz", {"a.npy": array_bytes(np.ones(2))[:-8]})

    with opened(path) as file, pytest.raises(ValueError, match=r"'a' claims the shape \(2,\), but its data end before"):
        file.header("a")


def test_what_is_no_archive(tmp_path: Path) -> None:
    """A file of another kind, or one compressed in another way, is one ValueError."""
    (tmp_path / "w.npz").write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match=r"no \.npz archive, or a damaged one"), opened(tmp_path / "w.npz"):
        pass
    path = write(tmp_path / "x.npz", {"a.npy": array_bytes(np.ones(2))}, zipfile.ZIP_LZMA)
    with opened(path) as file, pytest.raises(ValueError, match="compressed in a way"):
        file.header("a")


def test_a_flipped_byte_is_told(tmp_path: Path) -> None:
    """Damage inside the archive ends in a ValueError, or lies where no array is and changes none."""
    whole = write(tmp_path / "w.npz", {"a.npy": array_bytes(np.arange(50.0))}).read_bytes()
    for place in range(0, len(whole), 3):
        (tmp_path / "x.npz").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            with opened(tmp_path / "x.npz") as file:
                arrays = [file.load(name) for name in file.shapes]
        except ValueError:
            continue
        assert all(np.array_equal(array, np.arange(50.0)) for array in arrays)


def test_a_shape_in_any_number_of_digits_takes_no_time(tmp_path: Path) -> None:
    """A header of 60,000 digits is read once from left to right."""
    text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"1" * 60_000 + b"x"
    member = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    with (
        opened(write(tmp_path / "w.npz", {"a.npy": member})) as file,
        pytest.raises(ValueError, match="damaged header"),
    ):
        file.header("a")
