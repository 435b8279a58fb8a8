"""Which model of one report is which of the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

from gradaudit.comparison.description import described
from gradaudit.domain.fingerprint import model_key
from gradaudit.domain.report import Model, ModelReport, Report

Pair = tuple[ModelReport | None, ModelReport | None]


def matched(base: Report, head: Report) -> tuple[Pair, ...]:
    """Pairs in the order of `head`, what is only in `base` last.

    By name where a spec has one, else by file and name, else by file; else by what the report knows of them: a file
    that was renamed, its model unchanged. Two files that a person puts beside each other are one model in any case.
    """
    old, new = [*base.reports], [*head.reports]
    partner: dict[int, ModelReport] = {}
    for key in (model_key, _place, _file, _description):
        _match(old, new, key, partner)
    left = [report for report in new if id(report) not in partner]
    if len(old) == len(left) == 1 and len(base.reports) == len(head.reports) == 1:
        partner[id(left[0])] = old.pop()
    both: list[Pair] = [(partner.get(id(report)), report) for report in new]
    return (*both, *((report, None) for report in old))


def _match(
    old: list[ModelReport], new: list[ModelReport], key: Callable[[Model], str], partner: dict[int, ModelReport]
) -> None:
    """Pair what has the same key; several of one key are taken in their order."""
    for report in new:
        if id(report) in partner:
            continue
        found = next((each for each in old if key(each.model) == key(report.model)), None)
        if found is not None:
            partner[id(report)] = found
            old[:] = [each for each in old if each is not found]


def _place(model: Model) -> str:
    return f"{_file(model)}::{model.name}"


def _file(model: Model) -> str:
    return PurePath(model.source).as_posix()


def _description(model: Model) -> str:
    return repr(described(model)) if model.layers else _file(model)  # of nothing nobody can tell whose it is
