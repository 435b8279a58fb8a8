"""How to audit: the places that may say it, merged, and the rules that result."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.spec import ModelSpec, Scalar
from gradaudit.errors import InputError, Problem
from gradaudit.rules import Rule
from gradaudit.text.suggest import hint


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
        thresholds=tuple(triple for place in reversed(places) for triple in place.thresholds),
    )


def configured_rules(rules: tuple[Rule, ...], resolved: Resolved, spec: ModelSpec | None = None) -> tuple[Rule, ...]:
    """The selected rules with the thresholds that were set.

    Raises InputError for names that do not exist, with the line where the spec says them.
    """
    names = [rule.name for rule in rules]
    asked = [(name, f"audit.{key}") for key in ("select", "ignore") for name in getattr(resolved, key)]
    asked += [(rule, f"audit.rules.{rule}") for rule, _, _ in resolved.thresholds]
    for name, path in asked:
        if name not in names:
            raise _fault(f"'{name}' is no rule{hint(name, names)}", path, spec, name)
    chosen = [r for r in rules if (not resolved.select or r.name in resolved.select) and r.name not in resolved.ignore]
    if not chosen:
        raise InputError("select and ignore leave no rule to check")
    return tuple(_with_thresholds(rule, resolved, spec) for rule in chosen)


def _with_thresholds(rule: Rule, resolved: Resolved, spec: ModelSpec | None) -> Rule:
    known = [field.name for field in fields(rule)]
    given = {key: value for name, key, value in resolved.thresholds if name == rule.name}
    for key, value in given.items():
        place = f"audit.rules.{rule.name}.{key}"
        if key not in known:
            raise _fault(
                f"rules.{rule.name}: '{key}' is no threshold of it{hint(key, known) if known else ''}", place, spec
            )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _fault(f"rules.{rule.name}.{key}: {value!r} is no number", place, spec)
        if value < 0:
            raise _fault(f"rules.{rule.name}.{key}: {value!r} is below 0, which no threshold can be", place, spec)
    return replace(rule, **given)


def _fault(message: str, path: str, spec: ModelSpec | None, name: str = "") -> InputError:
    """An error at the line of the spec that says it; without a place where another source said it."""
    if spec is None:
        return InputError(message)
    said: tuple[str, ...] = getattr(spec.audit, path.removeprefix("audit."), ())
    item = f"{path}[{said.index(name)}]" if name in said else path
    return InputError(Problem(message, spec.lines.get(item) if item != path else spec.key_lines.get(path)))
