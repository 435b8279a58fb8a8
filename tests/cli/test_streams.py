from __future__ import annotations

import io

import pytest

from gradaudit.cli.streams import tell, wants_color


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "terminal", "environment", "wanted"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", True, {"FORCE_COLOR": "0"}, False),
        ("auto", False, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_is_resolved_in_order(choice: str, terminal: bool, environment: dict[str, str], wanted: bool) -> None:
    """--color is above NO_COLOR, that above FORCE_COLOR, that above the terminal and its TERM."""
    assert wants_color(choice, Terminal() if terminal else io.StringIO(), environment) is wanted


def test_a_closed_stream_has_no_colour() -> None:
    """A stream that is missing or closed is no terminal."""
    closed = io.StringIO()
    closed.close()

    assert not wants_color("auto", None, {})
    assert not wants_color("auto", closed, {})


def test_what_is_told_obeys_nobody(capsys) -> None:
    """Escapes, line feeds and runner commands in a message come out as text on its one line."""
    tell("\x1b[2J::warning::a\nb", "  ::stop-commands::x", "##[add-path]y")

    err = capsys.readouterr().err
    assert err == "\\x1b[2J::warning::a b\n  : :stop-commands::x\n## [add-path]y\n"
