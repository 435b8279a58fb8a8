"""The rows of a CSV file one after another, each with its place, never more of the file in memory than one row."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from gradaudit.datasets.limits import MAX_ROW_CHARACTERS
from gradaudit.errors import InputError, Location, Problem, short_reason

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "inf", "+inf", "-inf", "infinity"})
"""Words, in lower case, that stand for a value that is not there or not finite."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row that is not blank."""

    line: int
    """Of its last line, from 1."""
    text: str
    """As the file has it."""
    cells: list[str]

    def column_of(self, index: int, delimiter: str) -> int | None:
        """The column, from 1, at which the cell starts; None where a cell holds a line break."""
        if "\n" in self.text.rstrip("\r\n"):
            return None
        start, quoted = 0, False
        for position, character in enumerate(self.text):
            if index == 0:
                break
            quoted ^= character == '"'
            if character == delimiter and not quoted:
                index, start = index - 1, position + 1
        return start + 1


class _Lines:
    """Hands lines to the csv module and remembers those of the row at hand."""

    def __init__(self, path: str, file: Iterable[str]) -> None:
        self.path, self.file = path, file
        self.number = 0
        self.row: list[str] = []
        self.characters = 0

    def __iter__(self) -> Iterator[str]:
        for line in self.file:
            self.number += 1
            self.characters += len(line)
            if self.characters > MAX_ROW_CHARACTERS:
                message = f"this row has more than {MAX_ROW_CHARACTERS:,} characters; is a quote not closed?"
                raise InputError(Problem(message, Location(self.path, self.number)))
            self.row.append(line)
            yield line

    def taken(self) -> str:
        """The text of the row that was just read, forgotten here."""
        text = "".join(self.row)
        self.row, self.characters = [], 0
        return text


def delimiter_of(file: BinaryIO) -> str:
    """Comma, semicolon or tab: whichever the first line has most of."""
    line = file.readline(MAX_ROW_CHARACTERS)
    file.seek(0)
    return max(",;\t", key=lambda mark: line.count(mark.encode()))


def read_rows(path: str, file: BinaryIO, delimiter: str) -> Iterator[CsvRow]:
    """Every row of the open file but blank ones. Raises InputError at the line that is no CSV or no UTF-8."""
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        lines = _Lines(path, text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                row = lines.taken()
                if row.strip():
                    yield CsvRow(lines.number, row, cells)
        except csv.Error as error:
            raise InputError(Problem(f"no valid CSV: {short_reason(error)}", Location(path, lines.number))) from None
        except UnicodeDecodeError:
            raise InputError(Problem("the file is not UTF-8 text", _first_bad_line(path, file))) from None


def _first_bad_line(path: str, file: BinaryIO) -> Location:
    """Found by reading again: the text layer decodes whole blocks, so it does not know the line."""
    file.seek(0)
    for number, line in enumerate(file, 1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            return Location(path, number, len(line[: error.start].decode()) + 1)
    return Location(path)


def is_number(cell: str) -> bool:
    """Whether the cell reads as a finite decimal number. Python's `1_000` does not."""
    try:
        return math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        return False


def is_missing(cell: str) -> bool:
    """Whether the cell stands for a missing or infinite value."""
    return cell.strip().lower() in MISSING
