"""Files are unpacked as joblib packed them, within bounds."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import joblib
import pytest

from gradaudit.files.opening import FileError
from gradaudit.inputs.pickles import model_bytes
from gradaudit.inputs.pickles.inert import UnreadableError
from gradaudit.inputs.pickles.machine import load_pickle
from gradaudit.inputs.pickles.model_bytes import read_bytes
from tests.inputs import hostile

THING = {"text": ["some", "text"] * 1000, "numbers": list(range(1000))}


@pytest.mark.parametrize("packing", ["zlib", "gzip", "bz2", "lzma", "xz"])
@pytest.mark.parametrize("level", [1, 9])
def test_what_joblib_packed_comes_back(packing: str, level: int, tmp_path: Path) -> None:
    """By each of its ways that Python itself knows, whatever the level."""
    path = tmp_path / "thing.joblib"
    joblib.dump(THING, path, compress=(packing, level))
    assert load_pickle(read_bytes(str(path))) == THING


def test_what_is_not_packed_is_read_as_it_is(tmp_path: Path) -> None:
    """Byte for byte."""
    path = tmp_path / "thing.pkl"
    path.write_bytes(pickle.dumps(THING))
    assert read_bytes(str(path)) == pickle.dumps(THING)


def test_the_bound_is_on_what_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that unpacks to exactly the most is read, one byte more is refused, packed or not."""
    path = tmp_path / "zeros.joblib"
    for packing in (None, ("zlib", 3), ("xz", 3), ("bz2", 3)):
        joblib.dump(bytes(3 << 20), path, compress=packing or 0)
        length = len(read_bytes(str(path)))
        with monkeypatch.context() as patch:
            patch.setattr(model_bytes, "MAX_BYTES", length)
            assert len(read_bytes(str(path))) == length
            patch.setattr(model_bytes, "MAX_BYTES", length - 1)
            with pytest.raises((UnreadableError, FileError), match="is larger than"):
                read_bytes(str(path))


@pytest.fixture
def small_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the size of the bombs here."""
    monkeypatch.setattr(model_bytes, "MAX_BYTES", hostile.LARGE - 1)


@pytest.mark.usefixtures("small_bound")
def test_hostile_packing(tmp_path: Path) -> None:
    """Bombs, cut files, files that ask for gigabytes of memory to be unpacked: refused, or no pickle."""
    for name, data in hostile.packed():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises((UnreadableError, FileError)) as error:
            load_pickle(read_bytes(str(path)))
        assert 0 < len(str(error.value)) < 500, name


@pytest.mark.usefixtures("small_bound")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bomb_xz", "is larger than 15 MiB, unpacked"),
        ("large_dictionary", "cannot be unpacked: Memory usage limit exceeded"),
        ("cut_zlib", "cannot be unpacked: the packed data end too early"),
        ("lz4", "is packed by lz4, which is not read; save it with zlib"),
    ],
)
def test_what_is_wrong_is_told(name: str, message: str, tmp_path: Path) -> None:
    """In a sentence."""
    path = tmp_path / name
    path.write_bytes(next(data for other, data in hostile.packed() if other == name))
    with pytest.raises(UnreadableError, match=message):
        read_bytes(str(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """A pipe would keep the reader waiting for ever."""
    os.mkfifo(tmp_path / "pipe.pkl")
    with pytest.raises(FileError, match="is no regular file"):
        read_bytes(str(tmp_path / "pipe.pkl"))
    with pytest.raises(FileError, match="is a folder"):
        read_bytes(str(tmp_path))
