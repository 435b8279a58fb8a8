"""Two versions of a text file compared, as `diff -u` and git show it."""

from __future__ import annotations

from difflib import unified_diff


def diff(old: str, new: str, file: str) -> str:
    """The unified diff, empty where nothing differs; files are named `a/…` and `b/…`, line breaks are kept."""
    name = file.lstrip("/")
    compared = unified_diff(lines(old), lines(new), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in compared)


def lines(text: str) -> list[str]:
    """With their breaks; only a line feed ends a line, as in git."""
    found = [f"{line}\n" for line in text.split("\n")]
    found[-1] = found[-1][:-1]
    return found if found[-1] else found[:-1]
