"""What a rule is: one class that reads Measurements and raises findings. It runs nothing and draws nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from gradaudit.domain.findings import Finding
from gradaudit.evidence.rule_context import Counterfactual, RuleContext

Picture: TypeAlias = Literal["run", "signal", "units"]

Need: TypeAlias = Literal["data", "signal", "units", "curvature", "descent", "critical_point", "trials"]


@dataclass(frozen=True)
class Rule:
    """The contract of a rule. Thresholds are the subclass's fields, so that a spec can set them by name.

    The docstring is the rule's manual (`gradaudit explain`), with the sections What it measures, Why it hurts,
    What to do, References.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    """One line: when the rule fires."""
    needs: ClassVar[tuple[Need, ...]]
    """The probes whose numbers it reads; only these are passed."""
    blames: ClassVar[tuple[str, ...]] = ()
    """The factors (remedies' names) that it names as the cause: where one of them cures, it leads the findings."""
    weighed: ClassVar[bool] = False
    """Whether it finds a symptom: no harm where the run learns and nothing that was tried gets much further."""

    picture: ClassVar[Picture] = "run"
    """Where its trouble is seen best: in how training goes, in the error signal of each layer, or in the units."""
    is_last_resort: ClassVar[bool] = False
    """Whether it is asked only where no other rule has found anything that counts."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        """The findings, none for a network that is healthy in this respect."""
        raise NotImplementedError

    def judge_beside(self, case: RuleContext, cured: Counterfactual) -> Iterator[Finding]:
        """The findings that show only beside the changed model that learns where this one does not."""
        return iter(())
