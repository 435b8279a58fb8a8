"""Valid content changed at random: in its structure, so that readers get far into it, and in its bytes."""

from __future__ import annotations

import io
import json
import zipfile
from random import Random
from typing import Any

from gradaudit.inputs.onnx.wire import Wire
from tests.inputs.onnx.writing import field

NUMBERS = (0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 0.0, -0.0, 1e-320, 1e308, 0.5)
TEXTS = ("", " ", "0", "é\u202e", "\x00", "../x", "/dev/zero", "a" * 5000, "<b>", "\x1b[31m", "1e999", "nan", "\ud800")
TREES: tuple[Any, ...] = (None, True, [], {}, [[]], [1], {"name": "x"}, [0] * 300, {"a": {"b": {"c": {}}}})
HOSTILE: tuple[Any, ...] = (*NUMBERS, *TEXTS, *TREES)
BYTES = (b"", b"\x00", b"\xff", b"\xff\xff\xff\x7f", b"-", b"9" * 30, b"\n", b"{", b"]", b'"', b"\x80", b"\r", b"# ")
TOKENS = (
    *("nan", "-1", "1e999", "", "[]", "{}", "null", "~", "&a", "*a", "!!x", "? ", ": ", "- ", "'", '"', "|", "9" * 20),
    *("\t", "\u2028", "{{", "}}", "{%", "%}", "#}", "{#", "=", "[[", "0x", "%", ",", ";", "inf", "é", "\\", "\r\n"),
)


def mutate_tree(tree: Any, rng: Random) -> Any:
    """A copy of a JSON value with one place replaced, taken away, repeated, or moved elsewhere."""
    places = list(_places(tree, ()))
    copy = json.loads(json.dumps(tree))
    path = rng.choice(places)
    if not path:
        return rng.choice(HOSTILE)
    parent = copy
    for step in path[:-1]:
        parent = parent[step]
    key, kind = path[-1], rng.randrange(6)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, list):
        parent[key:key] = [parent[key]] * rng.choice((1, 3, 100))
    elif kind == 2 and isinstance(parent, dict):
        parent[rng.choice((f"{key}x", "", "a" * 300, "é"))] = parent.pop(key)
    elif kind == 3:
        other: Any = tree
        for step in rng.choice(places):
            other = other[step]
        parent[key] = other
    else:
        parent[key] = rng.choice(HOSTILE)
    return copy


def _places(tree: Any, path: tuple[Any, ...]) -> Any:
    yield path
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, child in children:
        yield from _places(child, (*path, key))


def mutate_json(data: bytes, rng: Random) -> bytes:
    """A JSON document with one to four places changed, now and then also in its bytes."""
    tree = json.loads(data)
    for _ in range(rng.randint(1, 4)):
        tree = mutate_tree(tree, rng)
    text = json.dumps(tree).encode()
    return mutate_bytes(text, rng) if rng.random() < 0.1 else text


def mutate_text(data: bytes, rng: Random) -> bytes:
    """A text with tokens put in, lines doubled, swapped, taken away or indented; or changed in its bytes."""
    lines = data.decode("utf-8", "replace").split("\n")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        line, kind = lines[at], rng.randrange(7)
        place = rng.randint(0, len(line))
        if kind < 3:
            end = min(len(line), place + rng.choice((0, 0, 1, 3, 8)))
            lines[at] = line[:place] + rng.choice(TOKENS) + line[end:]
        elif kind == 3:
            lines[at:at] = [line] * rng.choice((1, 2, 50))
        elif kind == 4 and len(lines) > 1:
            del lines[at]
        elif kind == 5:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        else:
            lines[at] = rng.choice(("  ", " ", "\t", "- ")) + line
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    return mutate_bytes(text, rng) if rng.random() < 0.2 else text


def mutate_bytes(data: bytes, rng: Random) -> bytes:
    """One to five spans set, put in, taken away, repeated or cut."""
    for _ in range(rng.randint(1, 5)):
        at, length, kind = rng.randint(0, len(data)), rng.choice((1, 1, 2, 4, 8, 40)), rng.randrange(6)
        new = rng.choice(BYTES) if rng.random() < 0.6 else rng.randbytes(rng.randint(1, 8))
        if kind < 2:
            data = data[:at] + new + data[at + len(new) :]
        elif kind == 2:
            data = data[:at] + new + data[at:]
        elif kind == 3:
            data = data[:at] + data[at + length :]
        elif kind == 4:
            data = data[:at] + data[at : at + length] * rng.choice((2, 50)) + data[at + length :]
        elif rng.random() < 0.3:
            data = data[:at]
    return data


def mutate_messages(data: bytes, rng: Random) -> bytes:
    """A file of protocol buffers with one to four fields changed at any depth, the lengths around them made right."""
    if rng.random() < 0.15:
        return mutate_bytes(data, rng)
    for _ in range(rng.randint(1, 4)):
        data = _mutate_message(data, rng)
    return data


def _mutate_message(data: bytes, rng: Random) -> bytes:
    """One field of the message changed; now and then a field of a field, all the way down."""
    fields = [(number, value) for number, values in Wire().fields(memoryview(data)).items() for value in values]
    if not fields:
        return data
    at = rng.randrange(len(fields))
    number, value = fields[at]
    if isinstance(value, int):
        fields[at] = number, rng.choice((0, 1, 7, value + 1, 2**31, 2**63, 2**64 - 1))
    elif rng.random() < 0.7 and _is_message(value):
        fields[at] = number, _mutate_message(bytes(value), rng)
    else:
        kind = rng.randrange(5)
        other = rng.choice([each for each in fields if not isinstance(each[1], int)])
        fields[at : at + 1] = (
            [[], [fields[at]] * rng.choice((2, 2, 50)), [other], [(rng.randrange(1, 16), value)]][kind]
            if kind < 4
            else [(number, mutate_bytes(bytes(value), rng))]
        )
    return b"".join(field(number, value if isinstance(value, int) else bytes(value)) for number, value in fields)


def _is_message(data: memoryview) -> bool:
    try:
        return bool(data) and bool(Wire().fields(data))
    except ValueError:
        return False


def mutate_zip(data: bytes, rng: Random, member: Any) -> bytes:
    """An archive with one member changed by `member(name, content, rng)`, renamed or lost; or changed in its bytes."""
    if rng.random() < 0.15:
        return mutate_bytes(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name, kind = rng.choice(list(members)), rng.randrange(10)
    if kind == 0:
        del members[name]
    elif kind == 1:
        members[rng.choice(("X.npy", "../x", "é", "a" * 300))] = members.pop(name)
    elif kind == 2:
        members[name] += bytes(rng.choice((1, 1 << 20)))
    else:
        members[name] = member(name, members[name], rng)
    file = io.BytesIO()
    packing = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    with zipfile.ZipFile(file, "w", packing) as made:
        for each, content in members.items():
            made.writestr(each, content)
    return file.getvalue()


def mutate_npy(name: str, data: bytes, rng: Random) -> bytes:
    """An array's file with another header of the right form, or changed in its bytes."""
    if rng.random() < 0.4:
        return mutate_bytes(data, rng)
    shape = rng.choice(
        ("()", "(0,)", "(4, 2)", "(2, 4)", "(8,)", "(99999999999,)", "(1, 2, 2)", "(4, -1)", "(4L,)", "((", "(4")
    )
    kind = rng.choice(
        ("'<f8'", "'>f4'", "'|O'", "'<U9'", "'|b1'", "'<c16'", "'<M8[s]'", "'|V8'", "[('a', '<f8')]", "'<f16'", "f8")
    )
    text = f"{{'descr': {kind}, 'fortran_order': {rng.choice(('False', 'True', '0'))}, 'shape': {shape}, }}".encode()
    return (
        b"\x93NUMPY"
        + rng.choice((b"\x01\x00",) * 4 + (b"\x02\x00",))
        + len(text).to_bytes(2, "little")
        + text
        + data[128:]
    )
