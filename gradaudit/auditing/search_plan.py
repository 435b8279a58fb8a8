"""What a search for a plan is asked, the steps that it may take, and what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradaudit import remedies
from gradaudit.auditing.pipeline import Examined
from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import moves_layers, overrides
from gradaudit.evidence.cause import rate_cure
from gradaudit.evidence.effects import learning_seeds
from gradaudit.evidence.learning_outcome import outcome
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.probes.budget import pass_cost
from gradaudit.remedies.learning_rate import ChangeLearningRate, rate_fix
from gradaudit.rules.no_learning import NoLearning, of_a_longer_plan, severity_of

MOST_FIXES = 4
"""Fixes that a plan may join: a model that needs more is another model."""


@dataclass(frozen=True)
class SearchOptions:
    """What the person allows."""

    only: frozenset[str] = frozenset()
    """Rules to clear; empty: all."""
    kinds: frozenset[str] = frozenset()
    """Remedies to take; empty: all."""
    most: int = MOST_FIXES
    """Fixes in a plan."""

    def allows(self, kinds: tuple[str, ...]) -> bool:
        """Whether changes of these kinds may be made."""
        return not self.kinds or self.kinds.issuperset(kinds)


@dataclass(frozen=True)
class Candidate:
    """Fixes made one after another, and what is found with them."""

    fixes: tuple[Fix, ...]
    spec: ModelSpec
    """The model as it is written then."""
    case: RuleContext
    left: tuple[Finding, ...]
    """What was to be cleared and is still found, or is new."""
    elsewhere: bool = False
    """That is so with other seeds alone."""

    @property
    def title(self) -> str:
        """`relu with he_normal + learning rate 0.1`"""
        return " + ".join(fix.title for fix in self.fixes) or "as it is"

    @property
    def rules(self) -> frozenset[str]:
        """The rules that still find something."""
        return frozenset(finding.rule for finding in self.left)

    @property
    def badness(self) -> tuple[int, int, float]:
        """Rules with errors, rules with warnings, and the share of seeds that do not learn."""
        errors = {finding.rule for finding in self.left if finding.severity is Severity.ERROR}
        return len(errors), len(self.rules - errors), 1 - learning_seeds(self.case)

    @property
    def outcome(self) -> str:
        """`leaves dead-units`"""
        return f"leaves {', '.join(sorted(self.rules))}" if self.left else "fixes everything"


@dataclass(frozen=True)
class SearchPlan:
    """What a search has found."""

    fixes: tuple[Fix, ...]
    """To be made one after another; none where there is nothing to change, or nothing that was tried helps."""
    whole: Fix | None
    """All of them as one, with what they do."""
    left: tuple[Finding, ...]
    """What is found with them made; without them, where there are none."""
    tried: tuple[tuple[str, str], ...]
    """Every candidate that was examined: its title, and what came of it."""
    others: tuple[str, ...] = ()
    """Rules that find something on the model and were not to be cleared."""
    interrupted: bool = False
    elsewhere: bool = False
    """What is left is found with other seeds alone."""

    @property
    def is_complete(self) -> bool:
        """Nothing is left of what was to be cleared."""
        return not self.left


def unexplained_failure(case: RuleContext) -> Finding:
    """What stands for a run that does not learn although no rule finds anything: symptoms alone are not what hurts."""
    evidence = of_a_longer_plan(case)
    return Finding(NoLearning.name, severity_of(case.descent), outcome(case.descent), "no rule knows why", evidence)


def cost_of(seen: Examined) -> float:
    """Operations of all runs of an examination, as the budgets count them."""
    run = seen.case.descent
    runs = (run.configured, *run.others) if run is not None else ()
    return sum(
        each.steps[-1] * pass_cost(seen.subject.network, run.batch_size, len(each.final.values))
        for each in runs
        if run is not None
    )


_SURPRISE = {remedy.name: place for place, remedy in enumerate(remedies.ALL)}
DRASTIC = 0.75
"""What a change of the architecture counts beside: whatever else may help is tried before."""
_DRASTIC = frozenset({"depth", "width", "residual"})
_ADDRESSES = {remedy.name: frozenset(remedy.addresses) for remedy in remedies.ALL}


def other_rates(case: RuleContext) -> Iterator[Fix]:
    """A candidate's own best other rates, where it was seen to learn at one of them: the most hopeful steps."""
    for cure in (rate_cure(case, below=below) for below in (True, False)):
        if cure is not None and cure.run.learning_rate is not None:
            yield rate_fix(case.spec, cure.run.learning_rate)


def joined(fixes: tuple[Fix, ...], last: Fix) -> tuple[Fix, ...]:
    """One more fix; an earlier one of which nothing is left then goes, and what it changed is changed from there."""
    gone = [fix for fix in fixes if overrides(last.changes, fix.changes)]
    first = {change.path: change.old for fix in gone for change in fix.changes}
    changes = tuple(replace(change, old=first.get(change.path, change.old)) for change in last.changes)
    return (*(fix for fix in fixes if fix not in gone), replace(last, changes=changes))


def may_follow(fixes: tuple[Fix, ...], last: Fix) -> bool:
    """Whether a change may be added to others: it is of a kind that they have not made use of, but for the rate.

    Where layers have moved, nothing that names a layer is added: its number would be another in the first spec.
    """
    made = {kind for fix in fixes for kind in fix.kinds} - {ChangeLearningRate.name}
    moved = any(moves_layers(fix.changes) for fix in fixes)
    return made.isdisjoint(last.kinds) and not (moved and any("[" in change.path for change in last.changes))


def surprise_of(fix: Fix) -> int:
    """The place of its remedies among all: the first is the least surprising."""
    return sum(_SURPRISE[kind] for kind in fix.kinds)


def drastic_cost(fix: Fix) -> float:
    """What it counts for making another architecture of the model."""
    return 0.0 if _DRASTIC.isdisjoint(fix.kinds) else DRASTIC


def addressed(fix: Fix) -> frozenset[str]:
    """The rules whose findings it may clear."""
    return frozenset(rule for kind in fix.kinds for rule in _ADDRESSES[kind])
