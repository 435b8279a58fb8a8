"""wide-layers: a layer has more units than the data have rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.rules.interface import Rule


@dataclass(frozen=True)
class WideLayers(Rule):
    """A layer has very many units.

    What it measures
        The number of units of each layer against a limit that the spec may set.

    Why it hurts
        It does not hurt the gradient; it costs memory and time on every step.

    What to do
        Use fewer units, or raise the limit of this rule.

    References
        None is needed for a count of units like this.
    """

    name = "wide-layers"
    summary = "a layer has very many units"
    needs = ()

    units_limit: float = 4096
    """Units of a layer."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        widest = max(row.units for row in case.rows)
        if widest > self.units_limit:
            evidence = {"measured": widest, "limit": self.units_limit}
            says = f"A layer has {widest} units"
            yield Finding(self.name, Severity.INFO, says, "the spec asks for them", evidence, plainly=f"{says}.")
