"""Two versions of a text compared: as `diff -u` and git show it and as edits for tools that apply them."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher, unified_diff
from itertools import takewhile

from gradaudit.domain.findings import Edit
from gradaudit.files.names import git_name


def diff(old: str, new: str, file: str) -> str:
    """The unified diff, empty where nothing differs; files are named `a/…` and `b/…`, line breaks are kept."""
    name = file.lstrip("/")
    compared = unified_diff(lines(old), lines(new), git_name(f"a/{name}"), git_name(f"b/{name}"))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in compared)


def lines(text: str) -> list[str]:
    """The lines of a text with their breaks; only a line feed ends one, as in git."""
    found = [f"{line}\n" for line in text.split("\n")]
    found[-1] = found[-1][:-1]
    return found if found[-1] else found[:-1]


def text_edits(old: str, new: str) -> tuple[Edit, ...]:
    """The edits in order, one for each run of changed lines, without what the lines begin and end with alike.

    Columns count code points.
    """
    before, after = lines(old), lines(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(_edits(matcher, before, after))


def _edits(matcher: SequenceMatcher[str], before: list[str], after: list[str]) -> Iterator[Edit]:
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind == "equal":
            continue
        gone, put = "".join(before[start:end]), "".join(after[first:last])
        head = _alike(gone, put)
        tail = _alike(gone[head:][::-1], put[head:][::-1])
        # what is left of `gone` begins after `head` characters of the run
        line, column = _after(gone[:head], start + 1)
        end_line, end_column = _after(gone[: len(gone) - tail], start + 1)
        yield Edit(line, column, end_line, end_column, put[head : len(put) - tail])


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _after(text: str, line: int) -> tuple[int, int]:
    """Line and column of the place behind a text that begins with that line."""
    return line + text.count("\n"), len(text) - text.rfind("\n")
