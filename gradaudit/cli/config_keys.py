"""The keys of `[tool.gradaudit]`, checked whole: every fault with its place, unknown names with the nearest one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from gradaudit.cli.per_file import PerFile
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.errors import GradauditError, Location, Problem
from gradaudit.formats import PRINTED
from gradaudit.text.suggest import hint, quoted

MOST_LINES = 200
"""That one value may take: a list of rules, one a line."""
MOST_TRIES = 200
"""Beginnings of the document that are read in search of a key."""


def place(text: str, path: Sequence[str]) -> tuple[int, int] | None:
    """Line and column of the key, from 1; None where it cannot be told.

    The key stands on the first line that has its name and after which the document, read so far, has the key.
    """
    lines, tries = [f"{line}\n" for line in text.split("\n")], iter(range(MOST_TRIES))
    for number, line in enumerate(lines, 1):
        column = line.find(path[-1])
        if column < 0:
            continue
        ends = range(number, min(number + MOST_LINES, len(lines)) + 1)
        documents = (_parsed("".join(lines[:end])) for end, _ in zip(ends, tries, strict=False))
        document = next((document for document in documents if document is not None), None)
        if document is not None and _has(document, path):
            return number, column + 1
    return None


def _parsed(text: str) -> dict[str, object] | None:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _has(document: object, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(document, dict) or key not in document:
            return False
        document = document[key]
    return True


COLORS = ("auto", "always", "never")

CHOICES = {"format": PRINTED, "color": COLORS}
AUDIT = tuple("rules" if each.name == "thresholds" else each.name for each in fields(AuditOptions))
PER_FILE = "per_file"


@dataclass(frozen=True, slots=True)
class SettingsTable:
    """A table of the file that holds settings."""

    file: str
    text: str
    """Of the whole file."""
    path: tuple[str, ...]
    """The keys that lead to it."""
    title: str
    """How messages call it."""
    keys: Mapping[str, Any]

    def problem(self, message: str, *path: str) -> Problem:
        """The problem at the key to which the path leads from this table, or at the nearest one around it."""
        for length in range(len(path), 0, -1):
            if found := place(self.text, (*self.path, *path[:length])):
                return Problem(message, Location(self.file, *found))
        return Problem(message, Location(self.file))


def read_keys(table: SettingsTable) -> tuple[AuditOptions, Mapping[str, str], tuple[PerFile, ...], list[Problem]]:
    """The whole section: how to audit, how to print, what holds for some files, and all that is wrong with it."""
    per_file, faults = _per_file(table)
    audit, own = _options(table, (*AUDIT, *CHOICES, PER_FILE))
    problems = [*own, *_bad_printing(table), *faults]
    return audit, {key: value for key, value, _ in _written(table, CHOICES)}, per_file, problems


def _written(table: SettingsTable, known: Sequence[str] | Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """(name, value, key as it was written) of the known keys, with hyphens or underscores."""
    for raw, value in table.keys.items():
        if (key := raw.replace("-", "_")) in known:
            yield key, value, raw


def _options(table: SettingsTable, known: Sequence[str]) -> tuple[AuditOptions, list[Problem]]:
    """The keys that a spec's `audit` section has too: the spec's own reader checks them."""
    from gradaudit.inputs import from_document

    unknown = [
        table.problem(f"{quoted(raw)} is no key of {table.title}{hint(raw.replace('-', '_'), known)}", raw)
        for raw in table.keys
        if raw.replace("-", "_") not in known
    ]
    written = {key: raw for key, _, raw in _written(table, AUDIT)}
    try:
        section = {key: table.keys[raw] for key, raw in written.items()}
        audit = from_document({"layers": [1, 1], "audit": section}).audit if section else AuditOptions()
    except GradauditError as error:
        messages = [problem.message.removeprefix("audit.") for problem in error.problems]
        return AuditOptions(), [*unknown, *(_placed(table, message, written) for message in messages)]
    return audit, [*unknown, *_unknown_rules(table, audit, written)]


def _placed(table: SettingsTable, message: str, written: Mapping[str, str]) -> Problem:
    """The problem at the keys that the message begins with: `rules.dead-units.limit: …`."""
    key, *inner = message.partition(": ")[0].partition("[")[0].split(".")
    return table.problem(message, written.get(key, key), *inner)


def _unknown_rules(table: SettingsTable, audit: AuditOptions, written: Mapping[str, str]) -> Iterator[Problem]:
    from gradaudit.cli.rule_names import known_rules, no_rule

    named: list[tuple[str, str, tuple[str, ...]]]
    named = [(key, name, ()) for key in ("select", "ignore") for name in getattr(audit, key)]
    named += [("rules", rule, (rule,)) for rule in dict.fromkeys(rule for rule, _, _ in audit.thresholds)]
    rules = known_rules() if named else {}
    for key, name, inner in named:
        if name not in rules:
            yield table.problem(f"{key}: {no_rule(name, rules)}", written[key], *inner)


def _bad_printing(table: SettingsTable) -> Iterator[Problem]:
    for key, value, raw in _written(table, CHOICES):
        if value not in CHOICES[key]:
            yield table.problem(f"{key}: {quoted(value)} cannot be chosen{hint(value, CHOICES[key])}", raw)


def _per_file(table: SettingsTable) -> tuple[tuple[PerFile, ...], list[Problem]]:
    """The tables of `per-file`, by pattern."""
    found, problems = list[PerFile](), list[Problem]()
    for _, patterns, raw in _written(table, (PER_FILE,)):
        if not isinstance(patterns, dict):
            return (), [table.problem(f"{raw}: {quoted(patterns)} is no table of patterns", raw)]
        for pattern, keys in patterns.items():
            if not isinstance(keys, dict):
                says = f"{raw}: {quoted(pattern)} is no table; write {{ignore = [...]}}"
                problems.append(table.problem(says, raw, pattern))
                continue
            title = f"{table.title[:-1]}.{raw}.{quoted(pattern)}]"
            inner = SettingsTable(table.file, table.text, (*table.path, raw, pattern), title, keys)
            audit, faults = _options(inner, AUDIT)
            found.append(PerFile(pattern, audit))
            problems += faults
    return tuple(found), problems
