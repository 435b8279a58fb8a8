"""A report read back from its JSON: the inverse of the json format, so that every format renders the same bytes."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from gradaudit.domain.findings import Fix, Severity
from gradaudit.domain.measurements import LayerSignal, LayerUnits, Signal, Stage, Trajectory, Units
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Report
from gradaudit.errors import InputError, Location, Problem
from gradaudit.files.opening import file_name, read_file
from gradaudit.formats.decoder import Decoder, MismatchError, inner, mapping, one_of, sequence
from gradaudit.formats.encoder import KEYS
from gradaudit.formats.json import SCHEMA_VERSION
from gradaudit.formats.plain_values import Json, Undefined

MAX_BYTES = 64 << 20
"""A report of 100 layers takes less than one megabyte."""

_SEVERITIES = {str(severity): severity for severity in Severity}


def read_report(path: str | Path) -> Report:
    """The report in a file, or on standard input for `-`. Raises InputError for what is none or cannot be read."""
    return parse_report(read_file(path, MAX_BYTES, "a report"), file_name(path))


def parse_report(data: bytes, file: str) -> Report:
    """The report in these bytes; `file` is how messages call them. Raises InputError, naming the field that is wrong.

    Fields that this version does not know are passed over: a newer gradaudit may have added them.
    """
    document = _document(data, file)
    try:
        return _report(document)
    except MismatchError as error:
        raise InputError(Problem(str(error), Location(file))) from error


class _RefusedError(ValueError):
    """A number that JSON knows no name for, or that no float holds."""


def _document(data: bytes, file: str) -> Json:
    """What the text says, whatever it is. Raises InputError."""
    place = Location(file)
    try:
        parsed: Json = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise InputError(Problem(f"is no UTF-8 at byte {error.start}", place)) from error
    except json.JSONDecodeError as error:
        message = f"is no JSON report: {error.msg[:1].lower()}{error.msg[1:]}"
        raise InputError(Problem(message, Location(file, error.lineno, error.colno))) from error
    except RecursionError as error:
        raise InputError(Problem("is nested too deeply for a report", place)) from error
    except ValueError as error:  # a refused number, and a whole one of more digits than Python reads
        reason = str(error) if isinstance(error, _RefusedError) else "it holds a number with too many digits"
        raise InputError(Problem(f"is no JSON report: {reason}", place)) from error
    return parsed


def _refuse(constant: str) -> float:
    raise _RefusedError(f"{constant} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _RefusedError(f"the number {text[:20]} is out of range")
    return number


def _report(document: Json) -> Report:
    """The version first: in another one, every field may mean something else."""
    given = mapping(document, "")
    version = given.get("schema_version")
    if "schema_version" not in given:
        raise MismatchError("schema_version", "is missing; a report of gradaudit has it")
    if type(version) is not int or version != SCHEMA_VERSION:
        said = json.dumps(version)[:40] if isinstance(version, int | float | str) else "of that kind"
        raise MismatchError("schema_version", f"{said} is not read; this gradaudit reads {SCHEMA_VERSION}")
    tool = mapping(given.get("tool", {}), "tool")
    report: Report = DECODER.read(Report, {"version": tool.get("version", "")} | given, "")
    return report


def _severity(_decoder: Decoder, value: Any, path: str) -> Severity:  # noqa: ANN401 - plain values of JSON
    return _SEVERITIES[one_of(tuple(_SEVERITIES), value, path)]


def _fix(decoder: Decoder, value: Any, path: str) -> Fix:  # noqa: ANN401
    """`kind` is one text in the document."""
    given = mapping(value, path)
    kind: str = decoder.read(str, given.get("kind", ""), inner(path, "kind"))
    fix: Fix = decoder.record(Fix, {**given, "kinds": kind.split(" + ") if kind else []}, path)
    return fix


@cache
def _without_a_value(seeds: int) -> PerSeed:
    return PerSeed((None,) * seeds)


def _per_seed(decoder: Decoder, value: Any, path: str) -> PerSeed:  # noqa: ANN401
    """From a triple, whose `values` are all that counts, or from its values alone; null was undefined in every seed."""
    if value is None or isinstance(value, Undefined):
        return _without_a_value(value or 0)
    if isinstance(value, dict):
        path = inner(path, "values")
        if "values" not in value:
            raise MismatchError(path, "is missing")
        value = value["values"]
    items = [math.inf if item == "inf" else item for item in sequence(value, path)]
    return PerSeed(decoder.read(tuple[float | None, ...], items, path))


def _stage(decoder: Decoder, value: Any, path: str) -> Stage:  # noqa: ANN401
    """Signal and units of one row stand in one object; a stage with a loss has a signal."""
    given, at = mapping(value, path), inner(path, "layers")
    rows = [(f"{at}[{i}]", mapping(row, f"{at}[{i}]")) for i, row in enumerate(sequence(given.get("layers", []), at))]
    of_signal, of_units = ([(p, row) for p, row in rows if _has_any(row, kind)] for kind in (LayerSignal, LayerUnits))
    signal = decoder.read(Signal, given | {"layers": []}, path) if "loss" in given else None
    others: Stage = decoder.record(Stage, {k: v for k, v in given.items() if k not in ("signal", "units")}, path)
    return replace(
        others,
        signal=signal and replace(signal, layers=_each(decoder, LayerSignal, of_signal)),
        units=Units(_each(decoder, LayerUnits, of_units)) if of_units or ("layers" in given and not signal) else None,
    )


def _has_any(row: dict[str, Json], kind: type) -> bool:
    return any(each.name in row for each in fields(kind) if each.name != "index")


def _each(decoder: Decoder, kind: type, rows: list[tuple[str, dict[str, Json]]]) -> tuple[Any, ...]:
    return tuple(decoder.read(kind, row, place) for place, row in rows)


def _trajectory(decoder: Decoder, value: Any, path: str) -> Trajectory:  # noqa: ANN401
    run: Trajectory = decoder.record(Trajectory, value, path)
    if len(run.steps) != len(run.loss):
        raise MismatchError(inner(path, "loss"), f"one look a step is needed: {len(run.steps)}, not {len(run.loss)}")
    return run


DECODER = Decoder(
    readers={Severity: _severity, Fix: _fix, PerSeed: _per_seed, Stage: _stage, Trajectory: _trajectory},
    keys=KEYS,
)
"""Of everything that a report holds."""
