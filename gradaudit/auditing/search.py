"""The smallest set of changes with which nothing is left to find: best-first search, every step of it measured.

A candidate is a few fixes made one after another. The most hopeful one is made and examined like the model itself,
same seeds, same data; what is still found asks the remedies for the next step. Fewer changes come before more, and
less surprising ones before others. A candidate on which nothing is left has to hold with other seeds too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from gradaudit import remedies
from gradaudit.auditing.blas import one_thread
from gradaudit.auditing.pipeline import AuditContext, Audited, Examined, examine, with_trials
from gradaudit.auditing.proofs import OTHER_SEEDS, trajectory_of
from gradaudit.auditing.recommend import MOST_CURES, fix_of, worded
from gradaudit.auditing.search_plan import (
    Candidate,
    SearchOptions,
    SearchPlan,
    addressed,
    cost_of,
    drastic_cost,
    joined,
    may_follow,
    other_rates,
    surprise_of,
    unexplained_failure,
)
from gradaudit.domain.findings import Finding, Fix, Severity, is_proven
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import apply, as_one, merged
from gradaudit.errors import GradauditError
from gradaudit.evidence.cause import ranked_cures
from gradaudit.evidence.effects import learning_seeds, learns, numbers_of, numbers_with
from gradaudit.evidence.learning_outcome import expected_progress
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.probes.budget import BUDGETS, Budget
from gradaudit.remedies.learning_rate import ChangeLearningRate

SEARCHING = 0.5
"""The share of an audit's budgets that the first look at a candidate gets; one that leaves nothing gets all of them."""
UNKNOWN = 0.5
"""What a change that was not tried yet counts beside a finding that it may leave: half of one."""
SEEN_TO_CURE = 0.25
"""What each change that the audit saw cure counts beside the one before: they come before whatever was not tried."""
NO_WORSE = 0.05
"""Progress that a plan's run may lose, where it is not better in 7 of 8 seeds."""

Watch = Callable[[int, str, str], None]
"""Called before each step: how many candidates were examined, what is tried now, the best so far."""


def search(
    audited: Audited, spec: ModelSpec, options: SearchOptions = SearchOptions(), watch: Watch | None = None
) -> SearchPlan:
    """The plan for an audited model; `spec` is the model as it was read, without what its data filled in.

    Ctrl-C ends the search with the best so far.
    """
    hunt = Search(audited, spec, options, watch or (lambda examined, trying, best: None))
    with one_thread():
        try:
            return hunt.plan(hunt.run())
        except KeyboardInterrupt:
            return replace(hunt.plan(hunt.best), interrupted=True)


Waiting = tuple[float, int, int, tuple[Fix, ...], Candidate]
"""Hope (the less the better), how surprising, an ordinal that settles ties, the fixes, and what they build on."""


@dataclass
class Search:
    """One search: what was examined, what waits, and what it has cost so far."""

    audited: Audited
    spec: ModelSpec
    options: SearchOptions
    watch: Watch
    spent: float = 0.0
    tried: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    seen: set[str] = field(default_factory=lambda: {"()"})

    def __post_init__(self) -> None:
        self.budget = BUDGETS[self.audited.context.settings.effort]
        self.counted = {finding.rule for finding in self.audited.report.counted}
        self.silenced = {finding.rule for finding in self.audited.report.findings} - self.counted
        wanted = self._wanted(self.audited.report.counted)
        self.best = self.root = Candidate((), self.spec, self.audited.case, wanted)

    def run(self) -> Candidate:
        """The first candidate that leaves nothing and holds; the best one where the budget is spent before."""
        if not self.root.left or self.root.case.has_constant_inputs:
            return self.root
        for place, fix in enumerate(self._cures(self.root.case)):
            self.seen.add(repr(merged(fix.changes)))
            heappush(self.waiting, (SEEN_TO_CURE * place, 0, len(self.seen), (fix,), self.root))
        self._expand(self.root)
        while self.waiting and self.spent < self.budget.search:
            _, _, _, fixes, parent = heappop(self.waiting)
            candidate = self.examined(fixes, parent)
            if self._weigh(candidate):
                return self.best
            if candidate is not None:
                self._expand(candidate)
        return self._deepened()

    def _weigh(self, candidate: Candidate | None) -> bool:
        """Keep a candidate that is the best so far; whether nothing is left with it."""
        if candidate is None:
            return False
        if not candidate.left or (candidate.badness < self.best.badness and not self._loses(candidate)):
            self.best = candidate
        return not candidate.left

    def _deepened(self) -> Candidate:
        """The best with what an audit of it sees cure it, as long as that gets further: what a person would do next."""
        while self.best.fixes and self.best.left and len(self.best.fixes) < self.options.most:
            parent, context = self.best, self.audited.context
            case = with_trials(examine(parent.spec, context), context)
            steps = (joined(parent.fixes, fix) for fix in self._cures(case) if may_follow(parent.fixes, fix))
            if any(self._weigh(self.examined(fixes, parent)) for fixes in steps) or self.best is parent:
                break
        return self.best

    def examined(self, fixes: tuple[Fix, ...], parent: Candidate) -> Candidate | None:
        """The candidate made and measured; None where it makes no model, or one that learns less."""
        title = " + ".join(fix.title for fix in fixes)
        self.watch(len(self.tried), title, self.best.title)
        try:
            spec = apply(parent.spec, fixes[-1].changes)
            candidate = self._candidate(fixes, spec, self.audited.context, self.budget.scaled(SEARCHING))
            if not candidate.left:
                candidate = self._confirmed(candidate)
        except GradauditError:
            return None
        if not candidate.left and self._loses(candidate):
            self.tried.append((title, "fixes everything, but training ends worse"))
            return None
        self.tried.append((title, candidate.outcome))
        return candidate

    def _confirmed(self, candidate: Candidate) -> Candidate:
        """With all of an audit's budgets, and with other seeds: there the luck is another."""
        context = self.audited.context
        whole = self._candidate(candidate.fixes, candidate.spec, context)
        for more in OTHER_SEEDS:
            if whole.left:
                break
            others = replace(context, settings=replace(context.settings, seed=context.settings.seed + more))
            left = self._candidate(candidate.fixes, candidate.spec, others).left
            whole = replace(whole, left=left, elsewhere=bool(left))
        return whole

    def plan(self, best: Candidate) -> SearchPlan:
        """The candidate as a plan."""
        if not best.fixes:
            return SearchPlan((), None, best.left, tuple(self.tried), self._others())
        fix = as_one(best.fixes, joint=" + ")
        better = self.audited.verifier.pairs(fix, best.case)
        whole = replace(
            fix,
            verified=not best.left and is_proven(sum(better), len(better)),
            better=(sum(better), len(better)),
            clears=tuple(sorted(self.root.rules - best.rules)),
            introduces=tuple(sorted(best.rules - self.counted)),
            before=numbers_of(self.root.case),
            after=numbers_with(best.case),
            course=trajectory_of(best.case),
        )
        whole, tried = worded(whole, self.root.case.spec), tuple(self.tried)
        return SearchPlan(best.fixes, whole, best.left, tried, self._others(), elsewhere=best.elsewhere)

    def _others(self) -> tuple[str, ...]:
        """What the model has that was not to be cleared."""
        counted = {finding.rule for finding in self.audited.report.counted if finding.severity > Severity.INFO}
        return tuple(sorted(counted - self.root.rules))

    def _wanted(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        counted = (f for f in findings if f.severity > Severity.INFO and f.rule not in self.silenced)
        return tuple(finding for finding in counted if not self.options.only or finding.rule in self.options.only)

    def _candidate(
        self, fixes: tuple[Fix, ...], spec: ModelSpec, context: AuditContext, budget: Budget | None = None
    ) -> Candidate:
        seen = examine(spec, context, budget=budget)
        self.spent += cost_of(seen)
        left = self._left(self._harmful(seen)) or (() if learns(seen.case) else (unexplained_failure(seen.case),))
        return Candidate(fixes, spec, seen.case, left)

    def _harmful(self, seen: Examined) -> tuple[Finding, ...]:
        """The findings without the symptoms of a run that learns: no cures were tried on it to weigh them by."""
        weighed = {rule.name for rule in self.audited.context.rules if rule.weighed}
        if not learns(seen.case):
            return seen.findings
        return tuple(f for f in seen.findings if f.severity is not Severity.WARNING or f.rule not in weighed)

    def _left(self, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """What was to be cleared; and what is new, and as bad as that, whatever was to be cleared."""
        worst = max(finding.severity for finding in self.root.left)
        own = {finding.rule for finding in self.audited.report.findings}
        new = (finding for finding in findings if finding.rule not in own and finding.severity >= worst)
        wanted = self._wanted(findings)
        return (*wanted, *(finding for finding in new if finding not in wanted))

    def _loses(self, candidate: Candidate) -> bool:
        """The run takes less away than the model's own."""
        return expected_progress(candidate.case.descent) < expected_progress(self.root.case.descent) - NO_WORSE

    def _expand(self, parent: Candidate) -> None:
        """Put every next step of a candidate among those that wait."""
        if len(parent.fixes) >= self.options.most:
            return
        for fix in other_rates(parent.case) if self.options.allows((ChangeLearningRate.name,)) else ():
            self._wait(parent, fix, len(parent.fixes) + UNKNOWN)
        for finding in parent.left:
            for fix in self._steps(parent, finding):
                self._wait(parent, fix, self._hope(parent, fix))

    def _wait(self, parent: Candidate, fix: Fix, hope: float) -> None:
        """Put one more step among those that wait, if it leads to changes that none has made yet."""
        fixes = joined(parent.fixes, fix)
        edit = repr(merged(change for step in fixes for change in step.changes))
        if edit not in self.seen:
            self.seen.add(edit)
            heappush(self.waiting, (hope, sum(map(surprise_of, fixes)), len(self.seen), fixes, parent))

    def _steps(self, parent: Candidate, finding: Finding) -> Iterator[Fix]:
        """The remedies' proposals that the person allows, and that may follow the candidate's own."""
        for fix in remedies.propose(parent.case.spec, parent.case.linear_maps, finding):
            if self.options.allows(fix.kinds) and may_follow(parent.fixes, fix):
                yield fix

    def _cures(self, case: RuleContext) -> Iterator[Fix]:
        """What was seen to cure a model, of the kinds that the person allows, in the order that is recommended."""
        for cure in ranked_cures(case)[:MOST_CURES]:
            if self.options.allows(cure.factors):
                yield fix_of(case, cure)

    def _hope(self, parent: Candidate, fix: Fix) -> float:
        """Fixes so far and findings that are likely to be left: those of a trial, else those it is not known for."""
        trial = None if parent.fixes else self.audited.verifier.trial(fix)
        if trial is not None:
            fails = 1 - learning_seeds(trial.case) if trial.case.descent is not None else UNKNOWN
            return 1 + len(trial.found) + fails + drastic_cost(fix)
        return len(parent.fixes) + 1 + len(parent.rules - addressed(fix)) + UNKNOWN + drastic_cost(fix)
