"""The opcodes are read as Python's own disassembler reads them."""

from __future__ import annotations

import pickletools
from pathlib import Path

import pytest

from gradaudit.inputs.pickles.inert import UnreadableError
from gradaudit.inputs.pickles.opcodes import OPCODES, REFUSED, Stream

PICKLES = sorted((Path(__file__).parents[1] / "estimators").rglob("*.pkl"))


@pytest.mark.parametrize("path", PICKLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_arguments_are_what_pickletools_reads(path: Path) -> None:
    """Place after place, and value for value but for bytes, which are views, and names, which are pairs."""
    data = path.read_bytes()
    stream = Stream(data)
    for opcode, value, place in pickletools.genops(data):
        assert place == stream.at
        name, argument = OPCODES[stream.take(1)[0]]
        read = argument(stream)
        if isinstance(read, memoryview):
            read = bytes(read)
        if name == "name":
            read = " ".join(read)
        assert opcode.arg is None or read == value, opcode.name
    assert stream.at == len(data)


def test_every_opcode_is_known_or_refused() -> None:
    """There are no others in protocols 0 to 5, and none is both."""
    codes = {ord(opcode.code) for opcode in pickletools.opcodes}
    assert OPCODES.keys() | REFUSED.keys() == codes
    assert not OPCODES.keys() & REFUSED.keys()


def test_nothing_is_read_behind_the_end() -> None:
    """Nor before the beginning."""
    stream = Stream(b"abc")
    assert bytes(stream.take(3)) == b"abc"
    for count in (1, 1 << 60, -1):
        with pytest.raises(UnreadableError, match="ends too early"):
            stream.take(count)
    with pytest.raises(UnreadableError, match="has no end"):
        Stream(b"abc").line(10)
