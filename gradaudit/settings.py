"""How to audit: the places that may say it, merged, and the rules that result."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from difflib import get_close_matches

from gradaudit.errors import InputError
from gradaudit.rules import Rule
from gradaudit.spec import AuditOptions, Scalar


@dataclass(frozen=True, slots=True)
class Resolved:
    """Every option decided."""

    seeds: int
    seed: int
    samples: int
    effort: str
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    thresholds: tuple[tuple[str, str, Scalar], ...]

    @property
    def measured(self) -> tuple[int, int, int, str]:
        """What the report's settings name."""
        return self.seeds, self.seed, self.samples, self.effort


def resolve(*places: AuditOptions) -> Resolved:
    """The first place that says a thing decides it; thresholds of all places are kept, the first one winning."""

    def first(name: str, default: object) -> object:
        said = (getattr(place, name) for place in places)
        return next((value for value in said if value not in (None, ())), default)

    effort = str(first("effort", "standard"))
    return Resolved(
        seeds=int(str(first("seeds", 4 if effort == "quick" else 8))),
        seed=int(str(first("seed", 0))),
        samples=int(str(first("samples", 256))),
        effort=effort,
        select=tuple(first("select", ())),  # type: ignore[arg-type]
        ignore=tuple(first("ignore", ())),  # type: ignore[arg-type]
        thresholds=tuple(triple for place in reversed(places) for triple in place.rules),
    )


def configured_rules(rules: tuple[Rule, ...], resolved: Resolved) -> tuple[Rule, ...]:
    """The selected rules with the thresholds that were set. Raises InputError for names that do not exist."""
    names = [rule.name for rule in rules]
    for name in (*resolved.select, *resolved.ignore, *(rule for rule, _, _ in resolved.thresholds)):
        if name not in names:
            raise InputError(f"'{name}' is no rule{_nearest(name, names)}")
    chosen = [r for r in rules if (not resolved.select or r.name in resolved.select) and r.name not in resolved.ignore]
    if not chosen:
        raise InputError("select and ignore leave no rule to check")
    return tuple(_with_thresholds(rule, resolved) for rule in chosen)


def _with_thresholds(rule: Rule, resolved: Resolved) -> Rule:
    known = [field.name for field in fields(rule)]
    given = {key: value for name, key, value in resolved.thresholds if name == rule.name}
    for key, value in given.items():
        if key not in known:
            raise InputError(f"rules.{rule.name}: '{key}' is no threshold of it{_nearest(key, known)}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"rules.{rule.name}.{key}: {value!r} is no number")
    return replace(rule, **given)


def _nearest(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, 1)
    return f"; did you mean '{near[0]}'?" if near else f"; there are: {', '.join(names)}" if names else ""
