"""The tables of the page: heads, rows, and what is left out of a long one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gradaudit.text.numbers import count


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head; numbers are set to the right."""

    label: str
    numeric: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column heads its rows."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    @classmethod
    def of(cls, caption: str, heads: str, rows: Iterable[tuple[str, ...]], note: str = "") -> Table:
        """With the heads' columns, which a bar parts: the first of words, the others of numbers."""
        first, *others = heads.split("|")
        columns = (Column(first, numeric=False), *map(Column, others))
        return cls(caption, columns, tuple(rows), note)


def capped(table: Table, most: int) -> Table:
    """The table with the rows in its middle left out where it has too many, and a note that says so."""
    n = len(table.rows)
    if n <= most + 1:  # a row that says so takes no less room than the one that it stands for
        return table
    gap = ("⋮", *("" for _ in table.columns[1:]))
    rows = (*table.rows[: most // 2], gap, *table.rows[n - most // 2 :])
    note = f"{count(n - 2 * (most // 2))} more rows are in the JSON report."
    return Table(table.caption, table.columns, rows, f"{table.note} {note}".strip())
