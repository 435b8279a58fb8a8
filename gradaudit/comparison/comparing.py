"""Two reports become one comparison: a pure function of what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby
from pathlib import PurePath

from gradaudit.comparison.findings import excused, finding_changes
from gradaudit.comparison.interface import Comparison, FindingChange, ModelComparison, NumberChange
from gradaudit.comparison.numbers import number_change
from gradaudit.comparison.readings import common
from gradaudit.domain.audit_options import FAIL_ON
from gradaudit.domain.fingerprint import model_key
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import Model, ModelReport, Report
from gradaudit.rules.seed_sensitivity import SeedSensitivity


def edits_of(before: Model, after: Model) -> tuple[str, ...]:
    """What of the model is another now, each as `optimizer: sgd, learning_rate 0.1 -> sgd, learning_rate 10`."""
    old, new = described(before), described(after)
    keys = dict.fromkeys((*old, *new))
    return tuple(f"{k}: {old.get(k, 'none')} -> {new.get(k, 'none')}" for k in keys if old.get(k) != new.get(k))


def described(model: Model) -> dict[str, str]:
    """Its layers, and the facts that decide the training."""
    layers = {
        "widths": _folded([str(model.inputs), *(str(row.units) for row in model.layers)]),
        "kinds of layers": _folded([row.kind for row in model.layers]),
    }
    of_units = {key: _listed(getattr(row, key) for row in model.layers) for key in ("activation", "init")}
    return {**layers, **of_units, **model.facts, "parameters": str(model.parameters)}


def _folded(words: Iterable[str]) -> str:
    """`64-128×10-10`: runs of equal words are counted."""
    runs = ((word, sum(1 for _ in equal)) for word, equal in groupby(words))
    return "-".join(f"{word}×{n}" if n > 1 else word for word, n in runs)


def _listed(values: Iterable[str | None]) -> str:
    """Layer by layer; where all but the last agree, that one word and the last."""
    found = [value or "none" for value in values]
    return ", ".join((found[0], found[-1]) if len(set(found[:-1])) == 1 else found)


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


LOTTERY = SeedSensitivity.name
"""The rule that finds luck: where it speaks, what else is found is another draw's with every edit."""
_VERDICTS = ("healthy", "warning", "error")


def compare_reports(
    base: Report, head: Report, *, names: tuple[str, str] = ("", ""), unchanged: tuple[str, ...] = ()
) -> Comparison:
    """What got better and what got worse from `base` to `head`, model by model.

    `names` are how the person called the two, `unchanged` the sources that nobody needed to measure.
    """
    unread = {failure.source for failure in (*base.errors, *head.errors)}
    models = [_model(before, after, unread) for before, after in matched(base, head)]
    models.sort(key=lambda model: (-1 if model.harm is None else model.harm, model.trend != "same"), reverse=True)
    return Comparison(
        tuple(models),
        *names,
        unchanged=unchanged,
        base_errors=base.errors,
        head_errors=head.errors,
        version=head.version,
    )


def _is_among(source: str, unread: set[str]) -> bool:
    """Whether it is what could not be audited; of a revision the name stands behind the revision's."""
    return any(each == source or each.endswith(f":{source}") for each in unread)


def _model(before: ModelReport | None, after: ModelReport | None, unread: set[str]) -> ModelComparison:
    report = after or before
    assert report is not None  # a pair has at least one of the two
    if (before is None or after is None) and _is_among(report.model.source, unread):
        return ModelComparison(
            name=report.model.name,
            source=report.model.source,
            state="unread",
            verdict_before=before.verdict if before else None,
            verdict_after=after.verdict if after else None,
            settings=(before.settings if before else None, after.settings if after else None),
        )
    one = ModelComparison(
        name=report.model.name,
        source=report.model.source,
        state="both" if before and after else "added" if after else "deleted",
        verdict_before=before.verdict if before else None,
        verdict_after=after.verdict if after else None,
        findings=finding_changes(before, after),
        settings=(before.settings if before else None, after.settings if after else None),
    )
    return one if before is None or after is None else _compared(one, before, after)


def _compared(one: ModelComparison, before: ModelReport, after: ModelReport) -> ModelComparison:
    is_paired = _pairs(before, after)
    numbers = tuple(number_change(old, new, is_paired=is_paired) for old, new in common(before, after))
    return replace(
        one,
        findings=_judged(one.findings, numbers, before, after, is_paired=is_paired),
        numbers=numbers,
        paired=is_paired,
        was=_was(before, after),
        edits=edits_of(before.model, after.model),
        notes=_notes(before, after),
    )


def _pairs(before: ModelReport, after: ModelReport) -> bool:
    """The k-th seed drew the same on both sides; rows are drawn from the first seed."""
    own, other = before.settings, after.settings
    return (own.seed, own.samples) == (other.seed, other.samples)


def _judged(
    changes: tuple[FindingChange, ...],
    numbers: tuple[NumberChange, ...],
    before: ModelReport,
    after: ModelReport,
    *,
    is_paired: bool,
) -> tuple[FindingChange, ...]:
    """What came or went is excused where only luck is another, and where the model is better for it."""
    if not any(number.helps or number.harm is not None for number in numbers):
        if not is_paired and not edits_of(before.model, after.model):
            return _as_noise(changes, "the same model on other seeds; no number that decides is beyond their spread")
        if all(any(found.rule == LOTTERY for found in report.counted) for report in (before, after)):
            return _as_noise(
                changes,
                "on both sides it depends on the seed whether it learns; no number tells them apart",
            )
    if _rank(after) < _rank(before):
        return excused(changes, f"the model is better: {before.verdict} before, {after.verdict} now")
    if _rank(after) == _rank(before) and any(number.helps and number.key == "progress" for number in numbers):
        return excused(changes, "the trial run ends lower than it did")
    return changes


def _as_noise(changes: tuple[FindingChange, ...], reason: str) -> tuple[FindingChange, ...]:
    """The changes with the reason why they count neither for the worse nor for the better."""
    return tuple(each if each.kind == "same" else replace(each, excuse=each.excuse or reason) for each in changes)


def _rank(report: ModelReport) -> int:
    return _VERDICTS.index(report.verdict) if report.verdict in _VERDICTS else 0


def _was(before: ModelReport, after: ModelReport) -> str:
    old, new = before.model, after.model
    if old.source != new.source:
        return old.source or old.name
    return old.name if old.name != new.name else ""


def _notes(before: ModelReport, after: ModelReport) -> tuple[str, ...]:
    old, new = before.settings, after.settings
    said = []
    if old.seed != new.seed:
        said.append(
            f"seeds from {old.seed} before and from {new.seed} now are no pairs: they are compared by their ranks"
        )
    if old.samples != new.samples:
        said.append(f"{counted(old.samples, 'row')} before and {new.samples} now: the seeds are no pairs")
    if old.effort != new.effort:
        said.append(f"effort {old.effort} before and {new.effort} now: what was not looked for was not found")
    versions = [report.versions.get("gradaudit", "") for report in (before, after)]
    if all(versions) and versions[0] != versions[1]:
        said.append(f"measured by gradaudit {versions[0]} before and {versions[1]} now")
    return tuple(said)


def is_regression(comparison: Comparison, fail_on: str) -> bool:
    """Whether a regression is at or above that level; `never` is above all."""
    limit = FAIL_ON.get(fail_on)
    return limit is not None and comparison.harm is not None and comparison.harm >= limit
