"""A plan as a terminal shows it."""

from __future__ import annotations

from gradaudit.cli.plan_text import diff_lines
from gradaudit.editing.text_diff import diff
from gradaudit.text.text_style import TextStyle


def test_a_diff_has_the_lines_that_git_sees() -> None:
    """A form feed or a line separator in a comment ends none; of Windows' line ends nothing is shown."""
    old = "init: zeros  # a\fb\u2028c\r\nbias: true\r\n"
    shown = list(diff_lines(diff(old, old.replace("zeros", "he_normal"), "m.yaml"), TextStyle()))
    assert shown[3:] == [
        "-init: zeros  # a\\x0cb\\u2028c",
        "+init: he_normal  # a\\x0cb\\u2028c",
        " bias: true",
    ]
