"""Keras models inside pickles: found and read inertly, named by their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit.errors import InputError
from gradaudit.inputs import read

FILES = Path(__file__).parent / "files"


KERAS_3 = b"cbuiltins\ngetattr\n(ckeras.src.models.sequential\nSequential\nV_unpickle_model\ntR"
KERAS_2 = b"ckeras.src.saving.pickle_utils\ndeserialize_model_from_bytecode\n"


def binary(data):
    """Bytes in a pickle."""
    return b"B" + len(data).to_bytes(4, "little") + data


def in_memory(data):
    """A BytesIO in a pickle."""
    return b"c_io\nBytesIO\n)\x81(" + binary(data) + b"I0\nNtb"


def archive():
    """One of the archives, as bytes."""
    return (FILES / "chain.keras").read_bytes()


@pytest.fixture
def pickled(tmp_path):
    """The path of a pickle with these opcodes."""

    def write(*opcodes):
        (tmp_path / "m.pkl").write_bytes(b"\x80\x04" + b"".join(opcodes) + b".")
        return str(tmp_path / "m.pkl")

    return write


def test_a_model_in_a_dict(pickled):
    """As Keras 3 pickles it, beside whatever else."""
    pytest.importorskip("h5py", reason="reads the weights")
    path = pickled(b"}(Vcolumns\n]Vbest\n](", KERAS_3, b"(", in_memory(archive()), b"tReu")
    (spec,) = read(path)

    assert (spec.name, spec.framework, spec.source) == ("m.best[0]", "keras", path)
    assert spec.layers == read(str(FILES / "chain.keras"))[0].layers


def test_the_form_of_keras_2(pickled):
    """A function on bytes."""
    pytest.importorskip("h5py", reason="reads the weights")
    (spec,) = read(pickled(KERAS_2, b"(", binary(archive()), b"tR"))

    assert spec.name == "m"


@pytest.mark.parametrize("argument", [b"", in_memory(b"ustar"), binary(b"PK nothing"), b"I7\n"])
def test_other_contents_say_what_to_do(pickled, argument):
    """An older form, and none at all."""
    with pytest.raises(InputError, match=r"model\.save\('model\.keras'\)|cannot be read as a Keras archive"):
        read(pickled(KERAS_2, b"(", argument, b"tR"))


@pytest.mark.parametrize(
    ("module", "name", "function"),
    [("os", "environ", "_unpickle_model"), ("keras.evil", "Model", "save"), ("keraser", "Model", "_unpickle_model")],
)
def test_no_other_attribute_is_looked_up(pickled, module, name, function):
    """getattr is the way to everything else."""
    call = f"cbuiltins\ngetattr\n(c{module}\n{name}\nV{function}\ntR(tR".encode()
    with pytest.raises(InputError, match="it calls what is no function"):
        read(pickled(call))
