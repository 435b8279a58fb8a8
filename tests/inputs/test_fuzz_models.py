"""Real model files, mutated: each is read or refused in one message, and nothing in it runs.

`make fuzz` tries many more of them than a run of the tests does.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gradaudit.errors import InputError
from gradaudit.inputs.pickles import machine, skops_archive
from gradaudit.inputs.pickles.inert import UnreadableError
from gradaudit.inputs.pickles.model_bytes import read_bytes
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from tests.fuzz.kinds import KINDS

EXAMPLES = int(os.environ.get("GRADAUDIT_FUZZ", "8000")) // (len(KINDS) + 1)
"""As many as of each kind in tests/fuzz."""
FILES = Path(__file__).parent / "estimators"

Edit = tuple[str, int, int, bytes]


def rezipped(members: dict[str, bytes], name: str, data: bytes) -> io.BytesIO:
    """The archive with another member of this name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member, old in members.items():
            archive.writestr(member, data if member == name else old)
    return file


def read_skops(members: dict[str, bytes], name: str, data: bytes) -> object:
    """The tree in an archive whose member is mutated, not its packing: that would end all at its check sums."""
    return skops_archive.load_skops(rezipped(members, name, data))


def bodies() -> list[tuple[bytes, Callable[[bytes], object]]]:
    """What is mutated, and what reads it: pickles and joblib's files unpacked, the parts of skops' archives."""
    found: list[tuple[bytes, Callable[[bytes], object]]] = []
    for file in sorted(FILES.rglob("*.*")):
        if file.suffix in (".pkl", ".joblib"):
            found.append((bytes(read_bytes(str(file))), machine.load_pickle))
        elif file.suffix == ".skops":
            with zipfile.ZipFile(file) as archive:
                members = {info.filename: archive.read(info) for info in archive.infolist()}
            coefs = next(name for name in members if name.endswith(".npy"))
            found += [(members[name], partial(read_skops, members, name)) for name in ("schema.json", coefs)]
            found.append((file.read_bytes(), lambda data: skops_archive.load_skops(io.BytesIO(data))))
    return found


BODIES = bodies()
OPCODES = [bytes([code]) for code in machine.OPCODES]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(("set", "insert", "delete", "repeat", "move", "cut")),
        st.integers(0, (1 << 20) - 1),
        st.integers(0, 40),
        st.one_of(st.sampled_from(OPCODES), st.binary(min_size=1, max_size=8)),
    ),
    min_size=1,
    max_size=5,
)


def mutated(body: bytes, edits: list[Edit]) -> bytes:
    """The body after the edits; places are shares of its length."""
    for kind, place, length, new in edits:
        at = place * len(body) >> 20
        rest = {
            "set": new + body[at + len(new) :],
            "insert": new + body[at:],
            "delete": body[at + length :],
            "repeat": body[at : at + length] * 3 + body[at:],
            "move": body[-length:] + body[at:],
            "cut": b"",
        }
        body = body[:at] + rest[kind]
    return body


def outcome(load: Callable[[bytes], object], data: bytes) -> str | None:
    """The message that the bytes end in; None where they are read."""
    try:
        from_estimator(load(data))
    except (UnreadableError, InputError) as error:
        return str(error)
    return None


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(which=st.integers(0, len(BODIES) - 1), edits=EDITS)
@example(which=0, edits=[("cut", 0, 0, b"")])
@example(which=25, edits=[("set", 6146, 0, b"(")])  # a pipeline without steps
@example(which=17, edits=[("set", 2122, 0, b"\x00\x00\x00\x00\x00\x01")])  # a message of 800 characters
def test_a_mutated_file_is_read_or_refused(which: int, edits: list[Edit], canary: Any) -> None:
    """Whatever the bytes say, the reader ends in networks or in one message that the person can act upon."""
    body, load = BODIES[which]
    data = mutated(body, edits)
    with canary.watching():
        message = outcome(load, data)
    assert message is None or 0 < len(message) < 500
