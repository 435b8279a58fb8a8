"""Whatever a file is told to hold, what is said of it stays a message."""

from __future__ import annotations

from gradaudit.errors import InputError, Location, Problem


def test_a_long_message_keeps_its_beginning_and_its_end() -> None:
    """What is wrong, and what to do; what a person can read as it is stays as it is."""
    long = Problem(f"unknown activation {'x' * 100_000}; known are relu, tanh", Location("m.yaml", 4))
    assert len(str(long)) < 2_000
    assert str(long).startswith("m.yaml:4: unknown activation xxx")
    assert str(long).endswith("xxx; known are relu, tanh")
    assert len(str(InputError("y" * 100_000))) < 2_000
    assert Problem("z" * 1_800).message == "z" * 1_800
