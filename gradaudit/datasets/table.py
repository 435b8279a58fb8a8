"""CSV files: one column of targets, the others inputs. `{name: csv, path, target}`."""

from __future__ import annotations

import difflib
import re
from array import array
from collections.abc import Iterator
from itertools import chain
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from gradaudit.datasets.interface import Raw
from gradaudit.datasets.limits import most_rows, open_data
from gradaudit.datasets.rows import CsvRow, delimiter_of, is_missing, is_number, read_rows
from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import Scalar
from gradaudit.errors import InputError, Location, Problem, shortened

MOST_PROBLEMS = 10
"""Told of one file; reading ends there."""

_INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)


def read_csv(path: str, target: Scalar | None = None, where: Location | None = None) -> Raw:
    """Inputs and targets of a CSV file with or without a header line.

    `target` is the name of the column, or its number from 0, or from −1 backwards; default: the last. `where`
    is the place that names the file. Raises InputError with line and column: missing values, text among the
    inputs, rows of different lengths, files that are too large.
    """
    with open_data(path, where) as file:
        delimiter = delimiter_of(file)
        return _read(path, target, delimiter, read_rows(path, file, delimiter))


def _read(path: str, target: Scalar | None, delimiter: str, rows: Iterator[CsvRow]) -> Raw:
    first, second = next(rows, None), next(rows, None)
    if first is None:
        raise InputError(Problem("the file has no rows", Location(path)))
    header = [cell.strip() for cell in first.cells] if _is_header(first, second) else None
    sheet = _Sheet(path, delimiter, header, _target_index(target, header, len(first.cells), path))
    for row in chain([] if header else [first], [second] if second else [], rows):
        sheet.add(row)
    return sheet.finished()


def _is_header(first: CsvRow, second: CsvRow | None) -> bool:
    """Text throughout, or text above a number."""
    if not any(is_number(cell) or (cell and is_missing(cell)) for cell in first.cells):
        return True
    below = second.cells if second else []
    pairs = zip(first.cells, below, strict=False)
    return any(not is_number(cell) and not is_missing(cell) and is_number(under) for cell, under in pairs)


def _target_index(target: Scalar | None, header: list[str] | None, width: int, path: str) -> int:
    if target is None:
        return width - 1
    if isinstance(target, str) and header and target in header:
        return header.index(target)
    if _INTEGER.fullmatch(str(target)) and not isinstance(target, bool):
        if -width <= int(target) < width:
            return int(target) % width
        message = f"there is no column {target}; the file has {width}, numbered from 0"
    elif header is None:
        message = f"the file has no header line, so there is no column {target!r}; name its number, from 0"
    else:
        near = difflib.get_close_matches(str(target), header, 1)
        message = f"there is no column {target!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    raise InputError(Problem(f"target: {message}", Location(path, 1)))


class _Sheet:
    """What has been read so far: inputs as one flat array, targets as text, faults with their places."""

    def __init__(self, path: str, delimiter: str, header: list[str] | None, target: int) -> None:
        self.path, self.delimiter, self.header, self.target = path, delimiter, header, target
        self.width = len(header) if header else 0
        self.most = most_rows(self.width)
        self.inputs = array("d")
        self.labels: list[str] = []
        self.problems: list[Problem] = []
        self.doubtful: list[Problem] = []
        """Targets that are missing values if all others are numbers, and text if not."""
        self.doubtful_labels = 0

    def add(self, row: CsvRow) -> None:
        """One more row, or one more problem."""
        if not self.width:
            self.width, self.most = len(row.cells), most_rows(len(row.cells))
        if len(row.cells) != self.width:
            self.fault(f"this row has {counted(len(row.cells), 'value')}, the first has {self.width}", row)
            return
        if len(self.labels) >= self.most:
            message = f"the file has more than {self.most:,} rows, which are the most with {self.width} columns"
            raise InputError(Problem(message, Location(self.path, row.line)))
        self._add_label(row)
        cells = row.cells[: self.target] + row.cells[self.target + 1 :]
        try:
            numbers = list(map(float, cells))
        except ValueError:
            numbers = []
        if len(numbers) < len(cells) or not isfinite(sum(numbers)) or "_" in row.text:
            self._check_inputs(row)
        self.inputs.extend(numbers)

    def _add_label(self, row: CsvRow) -> None:
        label = row.cells[self.target]
        self.labels.append(label)
        if not label.strip():
            self.fault(f"{self._name(self.target)}: the value is missing", row, self.target)
        elif is_missing(label):
            self.doubtful_labels += 1
            if len(self.doubtful) < MOST_PROBLEMS:
                message = f"{self._name(self.target)}: {_fault_of(label)}"
                self.doubtful.append(Problem(message, self._place(row, self.target)))

    def _check_inputs(self, row: CsvRow) -> None:
        for index, cell in enumerate(row.cells):
            if index != self.target and not is_number(cell):
                self.fault(f"{self._name(index)}: {_fault_of(cell)}", row, index)

    def fault(self, message: str, row: CsvRow, index: int | None = None) -> None:
        """Write a problem down; at MOST_PROBLEMS raise them all."""
        self.problems.append(Problem(message, self._place(row, index)))
        if len(self.problems) >= MOST_PROBLEMS:
            raise InputError(self.problems)

    def _place(self, row: CsvRow, index: int | None) -> Location:
        column = None if index is None else row.column_of(index, self.delimiter)
        return Location(self.path, row.line, column)

    def _name(self, index: int) -> str:
        return f"column {_shown(self.header[index])}" if self.header else f"column {index}"

    def finished(self) -> Raw:
        """Everything read. Raises InputError with all problems met."""
        if self.problems:
            raise InputError(self.problems)
        if self.width < 2:
            raise InputError(Problem("the file has one column; it needs inputs and a target", Location(self.path, 1)))
        if not self.labels:
            raise InputError(Problem("the file has a header but no rows", Location(self.path)))
        X = np.frombuffer(self.inputs, dtype=np.float64).reshape(len(self.labels), self.width - 1)
        names = tuple(name for place, name in enumerate(self.header or ()) if place != self.target)
        return Raw(X, self._targets(), f"{self.path}, {counted(len(X), 'row')}", columns=names)

    def _targets(self) -> npt.NDArray[Any]:
        """Integers, else numbers, else text; words for missing values are text only among other text."""
        if all(map(_INTEGER.fullmatch, self.labels)):
            return np.array(self.labels, dtype=object).astype(np.int64)
        texts = sum(not is_number(label) for label in self.labels)
        if texts == 0:
            return np.array(list(map(float, self.labels)))
        if texts == self.doubtful_labels:
            raise InputError(self.doubtful)
        return np.array([label.strip() for label in self.labels], dtype=object)


def _fault_of(cell: str) -> str:
    """Why a cell cannot be an input."""
    if not cell.strip():
        return "the value is missing"
    what = "a missing or infinite value" if is_missing(cell) else "no finite number; inputs must be numbers"
    return f"{_shown(cell)} is {what}"


def _shown(text: str) -> str:
    return repr(shortened(text, 40))
