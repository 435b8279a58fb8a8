"""What a person reads of it first: one sentence, one table, and the findings below."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.ci.base import Base
from gradaudit.ci.markdown import code
from gradaudit.ci.outcome import Mark, ModelOutcome, Outcome

_NAMES = 20
"""So many deleted models are named; the others are counted."""


def headline(outcome: Outcome | None, *, compared: bool) -> str:
    """The sentence: what is new, or what there is where nothing was compared."""
    if outcome is None:
        return "gradaudit could not finish"
    counts = [_count(outcome.count(kind), kind, compared=compared) for kind in ("error", "warning")]
    found = " and ".join(count for count in counts if count)
    failed = f"{_plural(len(outcome.failures), 'failure')} to audit" if outcome.failures else ""
    quiet = "nothing new" if compared else "healthy"
    said = ", ".join(part for part in (found, failed) if part) or quiet
    return f"{said} in {_plural(len(outcome.models), 'model')}" if outcome.models else failed or "no model changed"


def _count(number: int, kind: str, *, compared: bool) -> str:
    return _plural(number, f"{'new ' if compared else ''}{kind}") if number else ""


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def summary(outcome: Outcome | None, base: Base, *, unchanged: int, removed: tuple[str, ...], details: str) -> str:
    """The whole text; `details` is the findings' own Markdown."""
    compared = bool(base.commit)
    parts = [
        f"## gradaudit: {headline(outcome, compared=compared)}",
        " ".join(_context(base, unchanged=unchanged, removed=removed)),
        "\n".join(_table(outcome.models, compared=compared)) if outcome else "",
        details,
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _context(base: Base, *, unchanged: int, removed: tuple[str, ...]) -> Iterator[str]:
    if base.commit:
        yield f"Compared with {code(base.commit[:10])}: what was found there already does not count."
    elif base.missing:
        yield f"Not compared: {base.missing}."
    if unchanged:
        yield f"{_plural(unchanged, 'model')} did not change and {'was' if unchanged == 1 else 'were'} not audited."
    if removed:
        more = f" and {len(removed) - _NAMES} more" if len(removed) > _NAMES else ""
        yield f"Deleted: {', '.join(code(name) for name in removed[:_NAMES])}{more}."


def _table(models: tuple[ModelOutcome, ...], *, compared: bool) -> Iterator[str]:
    if not models:
        return
    columns = ("model", "before", "now", "new", "as before", "gone") if compared else ("model", "verdict", "findings")
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for model in models:
        new = _rules(model.new)
        cells = (
            (_name(model), model.before or "–", _verdict(model), new, _rules(model.known), _rules(model.gone))
            if compared
            else (_name(model), _verdict(model), new)
        )
        yield f"| {' | '.join(cells)} |"


def _name(model: ModelOutcome) -> str:
    stem = model.source.rpartition("/")[2].partition(".")[0]
    return code(model.source) if model.name == stem else f"{code(model.source)} {code(model.name)}"


def _verdict(model: ModelOutcome) -> str:
    """With what was there before: a model that stays as bad as it was is not called healthy."""
    worst = next((severity for severity in ("error", "warning") if any(severity == mark[0] for mark in model.known)), "")
    ranked = ("healthy", "warning", "error")
    return max(model.verdict, worst or "healthy", key=ranked.index)


def _rules(marks: tuple[Mark, ...]) -> str:
    return ", ".join(f"{rule} ({severity})" for severity, rule in marks) or "–"
