"""The steps of a search: fixes one after another, and what is known of them before they are tried."""

from __future__ import annotations

from dataclasses import replace

from gradaudit import remedies
from gradaudit.domain.findings import Fix
from gradaudit.editing.spec_changes import overrides

_SURPRISE = {remedy.name: place for place, remedy in enumerate(remedies.ALL)}
_DRASTIC = frozenset({"depth", "width", "residual"})
_ADDRESSES = {remedy.name: frozenset(remedy.addresses) for remedy in remedies.ALL}


def joined(fixes: tuple[Fix, ...], last: Fix) -> tuple[Fix, ...]:
    """One more fix; an earlier one of which nothing is left then goes, and what it changed is changed from there."""
    gone = [fix for fix in fixes if overrides(last.changes, fix.changes)]
    first = {change.path: change.old for fix in gone for change in fix.changes}
    changes = tuple(replace(change, old=first.get(change.path, change.old)) for change in last.changes)
    return (*(fix for fix in fixes if fix not in gone), replace(last, changes=changes))


def surprise_of(fix: Fix) -> int:
    """The place of its remedies among all: the first is the least surprising."""
    return sum(_SURPRISE[kind] for kind in fix.kinds)


def is_drastic(fix: Fix) -> bool:
    """Whether it makes another architecture of the model."""
    return not _DRASTIC.isdisjoint(fix.kinds)


def addressed(fix: Fix) -> frozenset[str]:
    """The rules whose findings it may clear."""
    return frozenset(rule for kind in fix.kinds for rule in _ADDRESSES[kind])
