"""Protocol buffers on the wire: a message as its fields' raw values, with no more memory than the file has bytes.

Each field is a tag (number and wire type) and a value: a varint, eight or four bytes, or a length and so many bytes
(protobuf.dev, "Encoding"). Fields are counted, since an empty message of two bytes would be an object here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

MAX_FIELDS = 200_000
"""Of all messages of a file together; a network of a thousand layers has some 40,000."""

Value = int | memoryview
Fields = dict[int, list[Value]]

_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5


class Wire:
    """Reads messages of one file."""

    def __init__(self) -> None:
        self.left = MAX_FIELDS

    def fields(self, data: memoryview) -> Fields:
        """The message's values by field number, in order. Raises ValueError where it is none, or too many."""
        found: Fields = {}
        place = 0
        while place < len(data):
            self.left -= 1
            if self.left < 0:
                raise ValueError(f"it has more than {MAX_FIELDS:,} fields")
            tag, place = varint(data, place)
            value, place = _value(data, place, tag & 7)
            found.setdefault(tag >> 3, []).append(value)
        return found


def _value(data: memoryview, place: int, kind: int) -> tuple[Value, int]:
    if kind == _VARINT:
        return varint(data, place)
    if kind == _LENGTH:
        length, place = varint(data, place)
    elif kind in (_EIGHT, _FOUR):
        length = 8 if kind == _EIGHT else 4
    else:
        raise ValueError(f"it has a field of the wire type {kind}")
    if length > len(data) - place:
        raise ValueError("it is cut off")
    return data[place : place + length], place + length


def varint(data: memoryview, place: int) -> tuple[int, int]:
    """A number of up to 64 bits and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            raise ValueError("it is cut off")
        byte = data[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, place
    raise ValueError("it has a number of more than 64 bits")


def signed(number: int) -> int:
    """A varint as the signed number that it stands for."""
    return number - (1 << 64) if number >= 1 << 63 else number


def packed(values: list[Value], most: int) -> tuple[int, ...]:
    """Repeated whole numbers, one by one or packed; raises ValueError for more of them."""
    found = tuple(islice(_packed(values), most + 1))
    if len(found) > most:
        raise ValueError(f"it has more than {most:,} numbers where fewer are due")
    return found


def _packed(values: list[Value]) -> Iterator[int]:
    for value in values:
        if isinstance(value, int):
            yield signed(value)
            continue
        place = 0
        while place < len(value):
            number, place = varint(value, place)
            yield signed(number)


def text(values: list[Value] | None) -> str:
    """The last of a field's texts, empty where there is none."""
    return "" if not values else decoded(values[-1])


def decoded(value: Value) -> str:
    """A text; raises ValueError where it is none."""
    if isinstance(value, int):
        raise ValueError("it has a number where a text is due")  # noqa: TRY004 - a fault of the file
    return bytes(value).decode("utf-8")


def messages(values: list[Value] | None) -> list[memoryview]:
    """The bytes of a field's messages; raises ValueError where a number stands instead."""
    found = values or []
    if any(isinstance(value, int) for value in found):
        raise ValueError("it has a number where a message is due")
    return [value for value in found if not isinstance(value, int)]
