from __future__ import annotations

import pytest

from gradaudit.cli.config_keys import place

TEXT = '''# seeds = 1
[project]
description = """
seeds = 2
"""
seeds = 3
[tool.gradaudit]
ignore = [
    "seeds",
]
"fail-on" = "never"
[tool.gradaudit.per-file]
"models/*" = {seeds = 4}
[tool]
gradaudit.seeds = 5
'''


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("project", "seeds"), (6, 1)),
        (("tool", "gradaudit", "ignore"), (8, 1)),
        (("tool", "gradaudit", "fail-on"), (11, 2)),
        (("tool", "gradaudit", "per-file", "models/*", "seeds"), (13, 15)),
        (("tool", "gradaudit", "per-file"), (12, 17)),
        (("tool", "other"), None),
    ],
)
def test_a_key_is_found_where_it_stands(path: tuple[str, ...], found: tuple[int, int] | None) -> None:
    """Comments, strings and other tables that hold the same word are passed by."""
    assert place(TEXT.rpartition("[tool]")[0], path) == found


def test_a_dotted_key_is_found() -> None:
    """`tool.gradaudit.seeds = 5` needs no header."""
    assert place("x = 1\ntool.gradaudit.seeds = 5\n", ("tool", "gradaudit", "seeds")) == (2, 16)


def test_a_long_file_is_not_read_for_ever() -> None:
    """A word on thousands of lines is looked for on some of them."""
    assert place("# key\n" * 5000 + "key = 1\n", ("key",)) is None


def test_only_a_line_feed_ends_a_line() -> None:
    """As in TOML: a line separator in a comment is a character like others."""
    assert place("# a\u2028b\nkey = 1\n", ("key",)) == (2, 1)
