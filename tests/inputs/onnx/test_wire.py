"""Protocol buffers on the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.inputs.onnx.wire import Wire, packed, signed, text, varint
from tests.inputs.onnx import writing


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_number_is_read_as_it_was_written(number):
    """Seven bits a byte; a negative one is its two's complement of 64 bits."""
    data = writing.varint(number) + b"\x01"
    found, place = varint(memoryview(data), 0)

    assert (signed(found), place) == (number, len(data) - 1)


@given(st.lists(st.tuples(st.integers(1, 2000), st.one_of(st.integers(0, 2**63), st.binary(max_size=300)))))
def test_fields_keep_their_order(fields):
    """By number, each with all of its values."""
    found = Wire().fields(memoryview(b"".join(writing.field(number, value) for number, value in fields)))

    for number in {number for number, _ in fields}:
        values = [value if isinstance(value, int) else bytes(value) for value in found[number]]
        assert values == [value for other, value in fields if other == number]


@pytest.mark.parametrize(
    "data", [b"\x80", b"\x0a\x05abc", b"\x0a", b"\x0d\x00", b"\x09\x00\x00", b"\xff" * 11, b"\x0c"]
)
def test_what_is_cut_off_or_no_message(data):
    """Raises ValueError, never IndexError."""
    with pytest.raises(ValueError, match=r"cut off|64 bits|wire type"):
        Wire().fields(memoryview(data))


def test_repeated_numbers_stand_packed_or_one_by_one():
    """Both forms are one list, and a list that is too long is refused before it is made."""
    fields = Wire().fields(memoryview(writing.field(1, 3) + writing.field(1, writing.varint(-1) + writing.varint(300))))

    assert packed(fields[1], 3) == (3, -1, 300)
    with pytest.raises(ValueError, match="more than 2 numbers"):
        packed(fields[1], 2)


def test_a_text_is_utf_8():
    """The last one counts, as in protobuf; what is none is a fault of the file."""
    fields = Wire().fields(memoryview(writing.field(1, "a") + writing.field(1, "ß") + writing.field(2, b"\xff")))

    assert text(fields[1]) == "ß"
    assert text(None) == ""
    with pytest.raises(ValueError, match="utf-8"):
        text(fields[2])
