from __future__ import annotations

import io

import pytest

from gradaudit.cli.streams import style_for, tell, wants_color
from gradaudit.text.text_style import TextStyle


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


@pytest.mark.parametrize(
    ("environment", "width"),
    [
        ({}, 100),
        ({"COLUMNS": "80"}, 80),
        ({"COLUMNS": "3"}, 40),
        ({"COLUMNS": "500"}, 120),
        ({"COLUMNS": "0"}, 100),
        ({"COLUMNS": "-5"}, 100),
        ({"COLUMNS": "9" * 5000}, 100),
        ({"COLUMNS": "٣٤"}, 100),
    ],
)
def test_the_width_is_the_environment_s_where_there_is_no_terminal(environment: dict[str, str], width: int) -> None:
    """COLUMNS within what can be read, and the default where it says nothing of use: the same bytes everywhere."""
    assert style_for("auto", io.StringIO(), environment) == TextStyle(width=width)


@pytest.mark.parametrize(
    ("term", "encoding", "blocks"),
    [("xterm", "UTF-8", True), ("xterm", "ANSI_X3.4-1968", False), ("linux", "utf8", False), ("dumb", "UTF-8", False)],
)
def test_blocks_need_a_terminal_that_can_show_them(
    term: str, encoding: str, blocks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose encoding is Unicode and whose font has eighths."""
    monkeypatch.setattr("locale.getencoding", lambda: encoding)

    assert style_for("auto", Terminal(), {"TERM": term}).blocks is blocks
    assert not style_for("always", io.StringIO(), {"TERM": term}).blocks


def test_the_width_of_a_terminal_is_asked_for() -> None:
    """A pseudo-terminal of 72 columns; COLUMNS is above it."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    import fcntl
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
    with open(follower, "w", encoding="utf-8") as terminal, open(leader, "rb", buffering=0):  # noqa: PTH123
        assert style_for("never", terminal, {}).width == 72
        assert style_for("never", terminal, {"COLUMNS": "50"}).width == 50
