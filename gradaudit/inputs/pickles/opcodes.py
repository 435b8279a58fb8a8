"""A pickle's bytes, read one opcode at a time within bounds; what they mean is machine.py's.

The codes and their arguments are those of Lib/pickletools.py, protocols 0 to 5. Of text, whole numbers and names the
length is checked before they are decoded, bytes are views of what was read already.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

from gradaudit.inputs.pickles.inert import UnreadableError

MAX_TEXT = 1 << 20
"""Bytes of one piece of text; the longest name in scikit-learn's files has some hundred."""
MAX_DIGITS = 256
"""Bytes of one whole number, or characters of one number written as text."""


class Stream:
    """The bytes and how far they were read; whatever reaches behind their end raises UnreadableError."""

    def __init__(self, data: bytes | bytearray) -> None:
        self.data = memoryview(data).toreadonly()
        self.at = 0

    def take(self, count: int) -> memoryview:
        """The next bytes, not copied."""
        stop = self.at + count
        if count < 0 or stop > len(self.data):
            raise UnreadableError("the file ends too early")
        piece = self.data[self.at : stop]
        self.at = stop
        return piece

    def count(self, width: int) -> int:
        """An unsigned number of so many bytes."""
        return int.from_bytes(self.take(width), "little")

    def line(self, most: int) -> bytes:
        """Up to the next line feed, which is left out."""
        window = bytes(self.data[self.at : self.at + most + 1])
        length = window.find(b"\n")
        if length < 0:
            raise UnreadableError(f"a line is longer than {most:,} bytes, or has no end")
        self.at += length + 1
        return window[:length]


def _text(width: int) -> Callable[[Stream], str]:
    def read(stream: Stream) -> str:
        length = stream.count(width)
        if length > MAX_TEXT:
            raise UnreadableError(f"a text of {length:,} bytes; {MAX_TEXT:,} are the most")
        return str(stream.take(length), "utf-8", "surrogatepass")

    return read


def _bytes(width: int) -> Callable[[Stream], memoryview]:
    return lambda stream: stream.take(stream.count(width))


def _number(width: int) -> Callable[[Stream], int]:
    return lambda stream: stream.count(width)


def _signed(width: int) -> Callable[[Stream], int]:
    """A whole number whose length stands before it."""

    def read(stream: Stream) -> int:
        length = stream.count(width)
        if length > MAX_DIGITS:
            raise UnreadableError(f"a whole number of {length:,} bytes; {MAX_DIGITS} are the most")
        return int.from_bytes(stream.take(length), "little", signed=True)

    return read


def _decimal(stream: Stream) -> int | bool:
    line = stream.line(MAX_DIGITS)
    return {b"00": False, b"01": True}[line] if line in (b"00", b"01") else int(line.removesuffix(b"L"))


def _fixed(value: object) -> Callable[[Stream], object]:
    return lambda stream: value


_nothing = _fixed(None)
Argument = Callable[[Stream], Any]

OPCODES: Mapping[int, tuple[str, Argument]] = {
    code[0]: (name, argument)
    for code, name, argument in (
        (b"(", "mark", _nothing),
        (b".", "stop", _nothing),
        (b"0", "pop", _nothing),
        (b"1", "marked", _nothing),
        (b"2", "dup", _nothing),
        (b"N", "value", _fixed(None)),
        (b"\x88", "value", _fixed(True)),
        (b"\x89", "value", _fixed(False)),
        (b"I", "value", _decimal),
        (b"L", "value", _decimal),
        (b"J", "value", lambda stream: int.from_bytes(stream.take(4), "little", signed=True)),
        (b"K", "value", _number(1)),
        (b"M", "value", _number(2)),
        (b"\x8a", "value", _signed(1)),
        (b"\x8b", "value", _signed(4)),
        (b"F", "value", lambda stream: float(stream.line(MAX_DIGITS))),
        (b"G", "value", lambda stream: struct.unpack(">d", stream.take(8))[0]),
        (b"V", "value", lambda stream: stream.line(MAX_TEXT).decode("raw-unicode-escape")),
        (b"X", "value", _text(4)),
        (b"\x8c", "value", _text(1)),
        (b"\x8d", "value", _text(8)),
        (b"B", "value", _bytes(4)),
        (b"C", "value", _bytes(1)),
        (b"\x8e", "value", _bytes(8)),
        (b"\x96", "value", _bytes(8)),
        (b")", "value", _fixed(())),
        (b"\x85", "tuple", _fixed(1)),
        (b"\x86", "tuple", _fixed(2)),
        (b"\x87", "tuple", _fixed(3)),
        (b"t", "collect", _fixed(tuple)),
        (b"]", "value", lambda stream: []),
        (b"l", "collect", _fixed(list)),
        (b"}", "value", lambda stream: {}),
        (b"d", "dict_of_marked", _nothing),
        (b"\x8f", "value", lambda stream: []),  # a set: nothing here asks whether something is in it
        (b"\x91", "collect", _fixed(list)),
        (b"a", "append", _nothing),
        (b"e", "extend", _nothing),
        (b"\x90", "extend", _nothing),
        (b"s", "set_item", _nothing),
        (b"u", "set_items", _nothing),
        (b"g", "get", lambda stream: int(stream.line(MAX_DIGITS))),
        (b"h", "get", _number(1)),
        (b"j", "get", _number(4)),
        (b"p", "put", lambda stream: int(stream.line(MAX_DIGITS))),
        (b"q", "put", _number(1)),
        (b"r", "put", _number(4)),
        (b"\x94", "memoize", _nothing),
        (b"c", "name", lambda stream: (stream.line(MAX_TEXT).decode(), stream.line(MAX_TEXT).decode())),
        (b"\x93", "name_of_two", _nothing),
        (b"R", "call", _nothing),
        (b"\x81", "new", _nothing),
        (b"\x92", "new_with_keywords", _nothing),
        (b"b", "build", _nothing),
        (b"Q", "persistent", _nothing),  # refused but in torch.save's archives
        (b"\x80", "protocol", _number(1)),
        (b"\x95", "frame", _number(8)),
    )
}
"""Code → what the machine does, and how its argument is read."""

PYTHON_2 = (
    "it was written by Python 2; load it in Python 3 with scikit-learn 0.20, by pickle.load(file, encoding='latin1'), "
    "and save it anew by joblib.dump, or save its coefs_ and intercepts_ in Python 2 by numpy.savez as a spec's weights"
)
"""What is refused, and what to do."""

OUTSIDE = "it points to an object outside the file (a persistent id), as PyTorch's do: name the module, file.py:NAME"

REFUSED: Mapping[int, str] = {
    code[0]: why
    for codes, why in (
        ((b"P",), OUTSIDE),
        ((b"\x82", b"\x83", b"\x84"), "it calls classes by numbers of Python's extension registry"),
        ((b"i", b"o"), "it makes objects in a way that no Python 3 writes (INST, OBJ)"),
        ((b"S", b"T", b"U"), PYTHON_2),
        ((b"\x97", b"\x98"), "it leaves arrays to buffers outside the file"),
    )
    for code in codes
}
"""Codes that no file of scikit-learn 1.2 or later needs → why a file that has them is refused."""
