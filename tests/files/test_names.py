from __future__ import annotations

import shutil
import subprocess

import pytest

from gradaudit.files.names import command_line

SHELL = shutil.which("bash")


@pytest.mark.skipif(SHELL is None, reason="bash is not there")
@pytest.mark.parametrize("name", ["a\nb.yaml", "it's\there", "\\ \x1b\u202e", "\udcff", "a 'b'", "$HOME", "ψ.yaml"])
def test_a_shell_takes_the_line_for_the_words_it_was_made_of(name: str) -> None:
    """It is one line that can be printed, with no byte of the name lost."""
    line = command_line(["printf", "%s", name])

    assert line.isprintable()
    assert subprocess.check_output([str(SHELL), "-c", line]) == name.encode(errors="surrogateescape")


def test_half_a_character_is_written_out_too() -> None:
    """A report from elsewhere may hold one."""
    assert command_line(["\ud800"]) == r"$'\355\240\200'"
