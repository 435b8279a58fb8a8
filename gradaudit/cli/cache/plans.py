"""What is kept of a search for a plan: the plan, and the audit before it as `check` would keep it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gradaudit.auditing.search_plan import SearchPlan
from gradaudit.cli.cache.identity import Question
from gradaudit.cli.cache.results import AUDIT, Form, Kept, recall, remember
from gradaudit.cli.cache.store import Store
from gradaudit.files.opening import Opened
from gradaudit.formats.decoder import MismatchError
from gradaudit.formats.encoder import record
from gradaudit.formats.json_reader import DECODER


def _plan(entry: Any) -> SearchPlan:  # noqa: ANN401 - plain values of JSON
    try:
        plan: SearchPlan = DECODER.read(SearchPlan, entry, "")
    except MismatchError as error:
        raise ValueError(str(error)) from error
    return plan


PLAN = Form(lambda plan: record(plan, ("fixes", "whole", "left", "tried", "others")), _plan)


@dataclass(frozen=True, slots=True)
class PlanCache:
    """One search as the cache knows it; made before the source is read."""

    store: Store
    audit: Question
    search: Question
    asked: tuple[str | None, str | None]
    """What the two were called then."""

    @classmethod
    def of(cls, store: Store, audit: Question, options: Sequence[str]) -> PlanCache:
        """`audit` is what `check` asks of the source, `options` are all that was said about the search."""
        search = Question(audit.source, audit.stdin, (*audit.settings, "fix", *options))
        return cls(store, audit, search, (audit.name, search.name))

    def recall(self) -> SearchPlan | None:
        """The plan of an earlier search; None where there was none, or something that it read has changed."""
        return recall(self.store, self.search, PLAN)

    def remember(self, audited: Kept, plan: SearchPlan, opened: Sequence[Opened]) -> None:
        """Keep both answers; a search that was interrupted is none."""
        remember(self.store, self.audit, self.asked[0], audited, AUDIT, opened)
        if not plan.interrupted:
            remember(self.store, self.search, self.asked[1], plan, PLAN, opened)
