"""Critical points: where descent rests, and whether a way leads down from there."""

from __future__ import annotations

from collections import Counter

from gradaudit.formats.page.view import Column, Limits, Section, Table
from gradaudit.formats.page.wording import STAGES, capped, clip
from gradaudit.measurement import CriticalPoint, PerSeed, StageName
from gradaudit.numbers import NOTHING, number
from gradaudit.report import ModelReport

_KINDS = {
    "minimum": "a minimum",
    "strict": "a saddle with negative curvature",
    "degenerate": "a degenerate saddle",
    "plateau": "flat ground without a way down",
    "not critical": "no critical point",
    "not examined": "at rest, not examined",
}
_TEXT = (
    "Descent rests where the gradient has all but vanished. It is a saddle, and not a minimum, if a walk from there "
    "leads down: each row compares the lowest loss of such a walk with that of a walk as long along the gradient."
)


UNTOLD = ("not critical", "not examined")


def critical_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None where descent rests nowhere, or was not asked."""
    stages = report.measurements.stages
    points = [(name, stages[name].critical_point) for name in STAGES if name in stages]
    found = [(name, point) for name, point in points if point is not None and _rests(point)]
    if not found:
        return None
    lead = " ".join(_sentence(name, point) for name, point in found)
    tables = tuple(capped(_table(name, point), limits.rows) for name, point in found)
    return Section(f"{anchor}-critical", "Critical point", lead, _TEXT, tables=tables)


def _rests(point: CriticalPoint) -> bool:
    return any(kind not in UNTOLD for kind in point.kinds)


def _sentence(stage: StageName, point: CriticalPoint) -> str:
    kind, seeds = Counter(kind for kind in point.kinds if kind not in UNTOLD).most_common(1)[0]
    said = f"{STAGES[stage][0].upper()}{STAGES[stage][1:]}, descent rests at {_KINDS.get(kind, kind)}"
    said += f" in {seeds} of {len(point.kinds)} seeds."
    if kind in ("strict", "degenerate") and point.loss.median is not None and point.escape_loss.median is not None:
        said += f" The way down leads from a loss of {number(point.loss.median)} to {number(point.escape_loss.median)}."
    return said


def _table(stage: StageName, point: CriticalPoint) -> Table:
    heads = ("λ_min", "Its residual", "λ_max", "Loss", "Walk down", "Along the gradient")
    columns = (Column("Seed", numeric=False), Column("Kind", numeric=False), *(Column(head) for head in heads))
    described = any(point.direction)
    columns = (*columns, Column("Way", numeric=False)) if described else columns
    rows = tuple(_row(point, i, described=described) for i in range(len(point.kinds)))
    return Table(f"What lies around the point, {STAGES[stage]}, seed by seed", columns, rows)


def _row(point: CriticalPoint, i: int, *, described: bool) -> tuple[str, ...]:
    columns = (
        point.lambda_min,
        point.residual_min,
        point.lambda_max,
        point.loss,
        point.escape_loss,
        point.gradient_loss,
    )
    way = (clip(point.direction[i]) if i < len(point.direction) and point.direction[i] else NOTHING,)
    return (str(i), point.kinds[i], *(_at(column, i) for column in columns), *(way if described else ()))


def _at(values: PerSeed, i: int) -> str:
    value = values.values[i] if i < len(values.values) else None
    return number(value)
