"""Critical points: where training stops, whether the loss can be lowered nearby, and the curvature there."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from gradaudit.domain.measurements import CriticalPoint, Curvature, StageName
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import ModelReport
from gradaudit.formats.charts import Stems, stem_chart
from gradaudit.formats.page.drawing import drawn
from gradaudit.formats.page.stages import at_stages
from gradaudit.formats.page.tables import Column, Table, capped
from gradaudit.formats.page.view import Limits, Picture, Section
from gradaudit.text.numbers import NOTHING, number, percent
from gradaudit.text.wording import STAGES, clip, sentence

_KINDS = {
    "minimum": "a point with no lower loss nearby",
    "strict": "a saddle with negative curvature",
    "degenerate": "a flat saddle",
    "plateau": "a plateau with no lower loss nearby",
}
_IN_SHORT = {"strict": "saddle", "degenerate": "flat saddle", "minimum": "no lower loss nearby"}
_TEXT = (
    "A point where the gradient is almost zero is a saddle, and not a minimum, if the loss can be lowered nearby. Each "
    "row has the lowest loss found in the direction named, and that found as far along the gradient."
)
_NO_REST = "Training had not converged when the trial run ended."
_AROUND = (
    "Some negative curvature is found at nearly every point of a deep network’s loss and is no fault by itself: it "
    "matters where training has stopped."
)
_SPECTRUM_KEY = (
    "Each stem: an eigenvalue of the Hessian that Lanczos quadrature found, and the share of all directions near it "
    "(log scale). Left of zero, the loss falls on both sides."
)

_HARDLY = 1 / 20

UNTOLD = ("not critical", "not examined")


def critical_section(report: ModelReport, anchor: str, limits: Limits) -> Section | None:
    """The chapter; None where neither critical points nor curvature were looked at."""
    asked = at_stages(report, lambda stage: stage.critical_point)
    found = [(name, point) for name, point in asked.items() if any(kind not in UNTOLD for kind in point.kinds)]
    pictures = _spectrum(report, limits) if limits.every_table else ()
    if not found and not pictures:
        return None
    lead = " ".join(_sentence(name, point) for name, point in found) or (_NO_REST if asked else _curved(report))
    tables = tuple(capped(_table(name, point), limits.rows) for name, point in found)
    text = _TEXT if found else _AROUND
    title = "Critical point" if found else "Critical points and curvature"
    return Section(f"{anchor}-critical", title, lead, text, pictures, tables)


def _sentence(stage: StageName, point: CriticalPoint) -> str:
    kind, seeds = Counter(kind for kind in point.kinds if kind not in UNTOLD).most_common(1)[0]
    said = f"{sentence(STAGES[stage])}, training stops at {_KINDS.get(kind, kind)}"
    examined = sum(kind != "not examined" for kind in point.kinds)
    return f"{said} in {seeds} of {examined} seeds."


def _curvatures(report: ModelReport) -> tuple[StageName, Curvature] | None:
    """The first stage whose spectrum is known."""
    found = at_stages(report, lambda stage: stage.curvature)
    return next(((name, c) for name, c in found.items() if len(c.density) > 1), None)


def _curved(report: ModelReport) -> str:
    found = _curvatures(report)
    if found is None:
        return "The curvature of the loss where the run ended."
    name, curvature = found
    ends = f"from {number(curvature.lambda_min.median)} to {number(curvature.lambda_max.median)}"
    return f"{sentence(STAGES[name])}, the curvature of the loss runs {ends}."


def _spectrum(report: ModelReport, limits: Limits) -> tuple[Picture, ...]:
    found = _curvatures(report)
    if found is None:
        return ()
    name, curvature = found
    heading = f"{_curved(report)} {_flat(curvature)}"
    stems = Stems("spectrum", heading, "eigenvalue of the Hessian", "share of directions", curvature.density)
    alike = groupby(curvature.density, key=lambda pair: number(pair[0]))
    rows = ((value, percent(sum(weight for _, weight in pairs))) for value, pairs in alike)
    caption = f"The spectrum {STAGES[name]}, as Lanczos quadrature sees it, seeds together"
    table = Table.of(caption, "Eigenvalue|Share of directions", rows)
    tables = (capped(table, limits.rows),) if limits.every_table else ()
    return (drawn(stem_chart, stems, _SPECTRUM_KEY, tables, heading),)


def _flat(curvature: Curvature) -> str:
    """How many directions hardly bend: what quadrature can tell, other than the sign of an eigenvalue near zero."""
    sharpest = max(abs(value) for value, _ in curvature.density)
    flat = sum(weight for value, weight in curvature.density if abs(value) < _HARDLY * sharpest)
    return f"About {percent(round(flat, 2))} of all directions have less than a twentieth of the largest curvature."


def _table(stage: StageName, point: CriticalPoint) -> Table:
    heads = ("Smallest curvature", "Largest curvature", "Loss", "Lowest nearby", "Along the gradient")
    columns = (Column("Seed", numeric=False), Column("Kind", numeric=False), *(Column(head) for head in heads))
    described = any(point.direction)
    columns = (*columns, Column("Direction", numeric=False)) if described else columns
    told = (i for i, kind in enumerate(point.kinds) if kind not in UNTOLD)
    rows = tuple(_row(point, i, described=described) for i in told)
    return Table(f"The point where training stops, {STAGES[stage]}, seed by seed", columns, rows)


def _row(point: CriticalPoint, i: int, *, described: bool) -> tuple[str, ...]:
    columns = (
        point.lambda_min,
        point.lambda_max,
        point.loss,
        point.escape_loss,
        point.gradient_loss,
    )
    way = (clip(point.direction[i]) if i < len(point.direction) and point.direction[i] else NOTHING,)
    kind = _IN_SHORT.get(point.kinds[i], point.kinds[i])
    return (str(i), kind, *(_at(column, i) for column in columns), *(way if described else ()))


def _at(values: PerSeed, i: int) -> str:
    value = values.values[i] if i < len(values.values) else None
    return number(value)
