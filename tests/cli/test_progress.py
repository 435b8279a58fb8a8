from __future__ import annotations

import io
import sys

import pytest

from gradaudit.cli.progress import Progress


class Terminal(io.StringIO):
    """Standard error on a terminal."""

    def isatty(self) -> bool:
        return True


def shown(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *, wanted: bool = True, source: str = "model.yaml"
) -> str:
    """What a run writes to standard error."""
    monkeypatch.setattr(sys, "stderr", stream)  # in the test itself: pytest sets its own between the phases
    with Progress(wanted=wanted) as progress:
        progress.about(source)
        progress("curvature", 0.4)
    return stream.getvalue()


@pytest.fixture(autouse=True)
def capable_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that can rewrite its line."""
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_sees_one_line_that_is_wiped(monkeypatch) -> None:
    """The line says source, step and share, and nothing is left at the end."""
    text = shown(monkeypatch, Terminal())

    assert "\r\x1b[K 40% model.yaml: curvature" in text
    assert text.endswith("\r\x1b[K")
    assert "\n" not in text


def test_a_hostile_name_stays_a_name(monkeypatch) -> None:
    """A source's escapes do not reach the terminal."""
    text = shown(monkeypatch, Terminal(), source="\x1b[2J\nx.yaml")

    assert "x.yaml" in text
    assert "\x1b[2J" not in text
    assert "\n" not in text


@pytest.mark.parametrize(("wanted", "term"), [(False, "xterm"), (True, "dumb")])
def test_it_is_silent_where_it_would_disturb(monkeypatch, wanted: bool, term: str) -> None:
    """Not wanted, or a terminal that cannot rewrite its line: not a byte."""
    monkeypatch.setenv("TERM", term)

    assert shown(monkeypatch, Terminal(), wanted=wanted) == ""


def test_a_pipe_sees_nothing(monkeypatch) -> None:
    """Standard error that is no terminal gets no progress."""
    assert shown(monkeypatch, io.StringIO()) == ""
