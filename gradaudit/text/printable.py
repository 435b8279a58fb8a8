"""Names and values as they may be printed: on one line, with nothing that a terminal or a CI runner obeys."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gradaudit.domain.findings import Change, Fix
from gradaudit.text.numbers import number, percent, share_left
from gradaudit.text.visible import visible

if TYPE_CHECKING:
    from gradaudit.domain.spec import Plain

SHARES = frozenset({"dead_fraction", "saturated_fraction", "seeds_that_learn"})
"""Numbers of a fix that are shares of one."""


def printable_line(text: str) -> str:
    """On one line as it is, each tab and line feed a space; what a terminal would obey stands there as its escape."""
    return visible(text.translate({9: " ", 10: " "}))


def printable(text: str) -> str:
    """The same with every run of white space a single space."""
    return printable_line(" ".join(text.split()))


def clipped(text: str, most: int) -> str:
    """The printable text, its beginning alone where it has more than so many characters."""
    shown = printable(text)
    return shown if len(shown) <= most else f"{shown[: most - 3].rstrip()}..."


def inert(line: str) -> str:
    """GitHub's runner obeys a line that begins with `::`, white space aside, and `##[` anywhere in it."""
    if line.lstrip().startswith("::"):
        line = line.replace("::", ": :", 1)
    return line.replace("##[", "## [")


def value_text(value: Plain) -> str:
    """A value as a spec would write it on one line, numbers to three digits."""
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else str(value)
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a number of more than 20 digits"  # Python refuses to write out one of thousands
    if isinstance(value, dict):
        return "{" + ", ".join(f"{printable(key)}: {value_text(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(value_text(part) for part in value) + "]"
    return printable(str(value))


def measured_text(key: str, value: float | None) -> str:
    """A number that a fix moves: shares in per cent, progress as what it leaves of the baseline."""
    if key == "progress" and value is not None:
        return share_left(value)
    return percent(value) if key in SHARES else number(value)


def told_keys(fix: Fix) -> list[str]:
    """The numbers before or after a fix that are shown: of the two ratios, the one that is free of the widths."""
    keys = list(dict.fromkeys((*fix.before, *fix.after)))
    return [key for key in keys if key != "error_signal_ratio" or "error_signal_norm_ratio" not in keys]


def change_text(change: Change) -> str:
    """`activation: sigmoid -> relu`, `init: he_normal (new)`, `layers[2].norm: batch_norm -> removed`."""
    path = printable(change.path)
    if change.old is None:
        return f"{path}: {value_text(change.new)} (new)"
    return f"{path}: {value_text(change.old)} -> {'removed' if change.new is None else value_text(change.new)}"
