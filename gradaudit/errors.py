"""What can go wrong with what a person gave us, and where in their file it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a source; `line` and `column` count from 1 and are None where there is none."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


_HEAD, _TAIL = 1_500, 300
"""Characters of a longer message that are kept: what is wrong stands first, what to do last."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with its place: `model.yaml:4:13: activation: …`.

    However much of a hostile file a message quotes, it stays a message: its middle is left out where it is longer than
    anyone reads.
    """

    message: str
    location: Location | None = None

    def __post_init__(self) -> None:
        if len(self.message) > _HEAD + _TAIL:
            object.__setattr__(self, "message", f"{self.message[:_HEAD]} … {self.message[-_TAIL:]}")

    def __str__(self) -> str:
        return f"{self.location}: {self.message}" if self.location else self.message


class GradauditError(Exception):
    """Something could not be audited: one or more problems to show, exit status 2."""

    def __init__(self, problems: str | Problem | Sequence[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SpecError(GradauditError):
    """A model spec that cannot be read or does not make sense."""


class InputError(GradauditError):
    """A source, a data set, a file of weights or a setting that cannot be used."""


class MissingLibraryError(GradauditError):
    """An optional package or a system library that this request needs and that is not there."""


def short_reason(error: BaseException, most: int = 200) -> str:
    """What the system or a library says of an error, on one line of so many characters; its type if it says nothing."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:most]


def shortened(text: str, most: int) -> str:
    """The text, an ellipsis in place of its end where it has more characters than that."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
