"""What is kept, and how it comes back: by two entries, one that says which files count, one that answers.

The first is found by the source and the settings and lists the files that the audit read (weights, rows); the second
is found by their content too, and holds the result.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gradaudit.cli.cache.identity import Question
from gradaudit.cli.cache.store import Store
from gradaudit.domain.report import ModelReport, Report
from gradaudit.errors import InputError
from gradaudit.files.opening import Opened
from gradaudit.formats.json import document, written
from gradaudit.formats.json_reader import parse_report
from gradaudit.formats.plain_values import Json

Result = TypeVar("Result")

MAX_FILES = 64
"""That one source may name and be kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The audit of one source."""

    reports: tuple[ModelReport, ...]
    fail_on: tuple[str, ...]
    """For each report what its spec says of it, empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class Form(Generic[Result]):
    """How one kind of result is written as JSON and read back."""

    written: Callable[[Result], dict[str, Json]]
    read: Callable[[Any], Result]
    """Raises ValueError, KeyError, TypeError or InputError for what is none of ours."""


def recall(store: Store, question: Question, form: Form[Result]) -> Result | None:
    """What was kept as the answer; None where nothing was, or something that was read for it has changed."""
    name = question.name
    listed = None if name is None else _read(store, name)
    files = _texts(listed, "files")
    whole = None if files is None or len(files) > MAX_FILES else question.name_with(files)
    return None if whole is None else _decoded(store.read(whole), form)


def remember(
    store: Store, question: Question, asked: str | None, kept: Result, form: Form[Result], opened: Sequence[Opened]
) -> None:
    """Keep the answer; `asked` is the question's name before it, `opened` are the files that were read for it.

    Nothing is kept of what has changed meanwhile, nor where it would not come back equal.
    """
    files = sorted({each.path for each in opened} - {question.source})
    if asked is None or len(files) > MAX_FILES or not all(each.is_unchanged() for each in opened):
        return
    whole, content = question.name_with(files), written(form.written(kept))
    if whole is None or question.name != asked or _decoded(content, form) != kept:
        return
    store.write(whole, content)
    store.write(asked, json.dumps({"files": files}).encode())


def _decoded(content: bytes | None, form: Form[Result]) -> Result | None:
    """What the JSON says, as it was kept; None for what is none of ours."""
    try:
        return form.read(json.loads(content or b""))
    except (ValueError, KeyError, TypeError, RecursionError, InputError):
        return None


def _written(kept: Kept) -> dict[str, Json]:
    return {"fail_on": list(kept.fail_on), "report": document(Report(kept.reports))}


def _kept(entry: Any) -> Kept:  # noqa: ANN401 - plain values of JSON
    report, fail_on = parse_report(json.dumps(entry["report"]).encode(), "the cache"), _texts(entry, "fail_on")
    if fail_on is None or len(fail_on) != len(report.reports):
        raise ValueError("one word for each report is needed")
    return Kept(report.reports, fail_on)


AUDIT = Form(_written, _kept)


def _read(store: Store, name: str) -> Any:  # noqa: ANN401 - plain values of JSON
    try:
        return json.loads(store.read(name) or b"null")
    except (ValueError, RecursionError):
        return None


def _texts(entry: Any, key: str) -> tuple[str, ...] | None:  # noqa: ANN401
    texts = entry.get(key) if isinstance(entry, Mapping) else None
    is_list = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    return tuple(texts) if is_list and texts is not None else None
