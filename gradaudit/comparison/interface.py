"""What a comparison says: per model, which findings came and went, and which numbers moved by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.report import Failure, Settings

Outcome: TypeAlias = Literal["better", "worse", "changed", "noise", "unclear", "same"]
"""Of a number: beyond chance for the better, for the worse, or neither of them; not told from chance; too few seeds to
tell; not changed at all."""
Kind: TypeAlias = Literal["new", "worse", "milder", "gone", "same"]
State: TypeAlias = Literal["both", "added", "deleted", "unread"]
"""`unread`: only one side could be audited, and nobody knows what became of it."""
Trend: TypeAlias = Literal["worse", "better", "moved", "same"]
"""Of a model: a regression; an improvement without one; numbers moved that decide nothing; nothing moved."""


@dataclass(frozen=True, slots=True)
class NumberChange:
    """One number of a model on both sides."""

    key: str
    label: str
    before: float | None
    """The median over seeds; infinite where most seeds' values are, None where there is none."""
    after: float | None
    outcome: Outcome
    evidence: str
    """What that rests on: `in 8 of 8 paired seeds`, `by ranks of 8 and 8 seeds (p = 0.004)`."""
    harm: Severity | None = None
    """How bad a change for the worse is; None where it decides nothing by itself."""
    helps: bool = False
    """A change for the better that decides."""


@dataclass(frozen=True, slots=True)
class FindingChange:
    """One finding, on one side or on both."""

    kind: Kind
    before: Finding | None
    after: Finding | None
    excuse: str = ""
    """Why a new or worse one is no regression; why one is gone that may still be there."""

    @property
    def finding(self) -> Finding:
        """The finding as it is, else as it was."""
        found = self.after or self.before
        assert found is not None  # one of the two is always there
        return found

    @property
    def harm(self) -> Severity | None:
        """How bad it is that it came, or grew; None where it did not, and where something excuses it."""
        return self.finding.severity if self.kind in ("new", "worse") and not self.excuse else None


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """One model before and after."""

    name: str
    source: str
    state: State
    verdict_before: str | None
    verdict_after: str | None
    findings: tuple[FindingChange, ...] = ()
    """Warnings and errors that count, the worst change first."""
    numbers: tuple[NumberChange, ...] = ()
    paired: bool = True
    """Both sides drew the same weights and rows, seed by seed."""
    settings: tuple[Settings | None, Settings | None] = (None, None)
    was: str = ""
    """Its name or file before, where that was another one."""
    edits: tuple[str, ...] = ()
    """What of the model is another: `optimizer: sgd, learning_rate 0.1 -> sgd, learning_rate 10`."""
    notes: tuple[str, ...] = ()
    """Sentences: what to know when reading the numbers."""

    @property
    def harm(self) -> Severity | None:
        """How bad the regression is; None where there is none."""
        harms = [*(finding.harm for finding in self.findings), *(number.harm for number in self.numbers)]
        return max((harm for harm in harms if harm is not None), default=None)

    @property
    def trend(self) -> Trend:
        """Whether the model is better or worse, in a word."""
        if self.harm is not None:
            return "worse"
        if any(f.kind in ("gone", "milder") and not f.excuse for f in self.findings):
            return "better"
        if any(number.helps for number in self.numbers):
            return "better"
        moved = any(number.outcome in ("better", "worse", "changed") for number in self.numbers)
        return "moved" if moved or any(f.kind != "same" for f in self.findings) else "same"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports, model by model."""

    models: tuple[ModelComparison, ...]
    """Regressions first, the worst of them at the top."""
    base: str = ""
    """What was compared, as the person named it."""
    head: str = ""
    unchanged: tuple[str, ...] = ()
    """Sources that are equal on both sides with all that they name, and were not measured."""
    base_errors: tuple[Failure, ...] = ()
    head_errors: tuple[Failure, ...] = ()
    version: str = ""

    @property
    def harm(self) -> Severity | None:
        """How bad the worst regression is; None where there is none."""
        return max((model.harm for model in self.models if model.harm is not None), default=None)
