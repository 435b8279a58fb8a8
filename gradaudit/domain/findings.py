"""What is thought of it: findings, their causes and the changes that are proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from gradaudit.domain.measurements import StageName
from gradaudit.domain.plurals import counted
from gradaudit.errors import Location

if TYPE_CHECKING:
    from gradaudit.functions.named import Plain


class Severity(IntEnum):
    """How bad it is: `error` training fails or is crippled, `warning` slowed, fragile or a matter of the seed."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    def __str__(self) -> str:
        return self.name.lower()


BASELINED = "in the baseline"
"""Why a finding does not count that an earlier report has too."""
UNUSED = "unused-suppression"
"""What stands for a rule's name where a comment that silences rules has nothing to silence."""

GAIN_PER_STEP = "gain_per_step"
"""Evidence that findings about the steps of a sequence have, and no others: a report read back knows them by it."""

PAIRS, BETTER = 8, 7 / 8
"""Paired seeds, and the share of them that must be better: by chance 7 of 8 agree in 3.5 of 100 cases (sign test)."""


def is_proven(better: int, pairs: int) -> bool:
    """So many of the paired seeds are better that chance does not explain it."""
    return pairs >= PAIRS and better >= BETTER * pairs


@dataclass(frozen=True, slots=True)
class Change:
    """One edit of the spec."""

    path: str
    """Dotted with brackets: `layers[2].init`."""
    old: Plain
    """None for a key that the spec does not have."""
    new: Plain


@dataclass(frozen=True, slots=True)
class Edit:
    """One span of a spec's text and what takes its place; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class FixTrajectory:
    """How a model's signal and training went, for a chart of before and after: medians over seeds."""

    error_signal: tuple[float | None, ...] = ()
    """Norm of a sample's ∂loss/∂z; one number a layer with weights, in forward order."""
    steps: tuple[int, ...] = ()
    """Where the loss was looked at, in optimizer steps."""
    loss: tuple[float | None, ...] = ()
    """The data term at each of them; None where no seed's was finite."""


class Merit(IntEnum):
    """What speaks for a fix, from the most to the least."""

    VERIFIED = 0
    HELPED = 1
    """It was seen to."""
    OPEN = 2
    """Not tried, or a first step: the finding is gone, and nothing is learnt yet."""
    IN_VAIN = 3


@dataclass(frozen=True, slots=True)
class Fix:
    """Changes that are proposed together, and what they did where they were tried."""

    title: str
    changes: tuple[Change, ...]
    why: str = ""
    """One sentence, with its source."""
    kinds: tuple[str, ...] = ()
    """The remedies that propose it: `initializer`, `activation`, …"""
    verified: bool = False
    clears: tuple[str, ...] = ()
    introduces: tuple[str, ...] = ()
    better: tuple[int, int] = (0, 0)
    """In how many paired seeds the run is better with it, and of how many: proven from 7 of 8 on."""
    still_fails: bool = False
    """The finding is gone with it, but the run learns nothing yet: it is too short, or another fault remains."""
    before: Mapping[str, float] = field(default_factory=dict)
    after: Mapping[str, float] = field(default_factory=dict)
    course: FixTrajectory | None = None
    """Of the changed model, where it was measured."""
    code: str = ""
    """The changed model in the framework's own words, where it lives in one that can say it."""
    edits: tuple[Edit, ...] = ()
    """The changes as edits of the spec's text, none of which overlap; empty where the text cannot hold them."""

    @property
    def kind(self) -> str:
        """The remedies as one text: `initializer + bias`."""
        return " + ".join(self.kinds)

    @property
    def edit(self) -> str:
        """What it changes, as a key: equal for equal changes, whoever proposes them."""
        return repr(self.changes)

    @property
    def status(self) -> str:
        """What trying it showed, in words, or that it was not tried."""
        if not self.after:
            return "not tried"
        cleared = "the finding is gone" if self.clears else "does not help"
        if self.still_fails:
            cleared = f"the finding is gone, but {self.shortfall}"
        brought = f", introduces {', '.join(self.introduces)}" if self.introduces else ""
        better = f", better in {self.better[0]} of {self.better[1]} seeds" if self.clears and self.better[1] else ""
        return f"{'verified' if self.verified else 'tried'}: {cleared}{better}{brought}"

    @property
    def shortfall(self) -> str:
        """What a first step leaves undone; its run may have been too short for more."""
        if not self.still_fails:
            return ""
        steps = self.course.steps[-1:] if self.course is not None else ()
        if not steps:
            return "nothing is learnt yet"
        return f"nothing is learnt in {counted(steps[0], 'step')}"

    @property
    def merit(self) -> Merit:
        """What speaks for it."""
        if self.verified:
            return Merit.VERIFIED
        if self.clears and not self.introduces:
            return Merit.HELPED
        return Merit.IN_VAIN if self.after and not self.still_fails else Merit.OPEN


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnosis: a rule's name, where it holds, the numbers, the cause and the fixes."""

    rule: str
    severity: Severity
    message: str
    cause: str
    evidence: Mapping[str, Plain]
    """Always `measured` and `limit`; further numbers by name."""
    stage: StageName | None = None
    layers: tuple[int, ...] = ()
    """Row indices."""
    path: str = ""
    """The spec path it is about; its line is found at the end."""
    location: Location | None = None
    fixes: tuple[Fix, ...] = ()
    suppressed: str | None = None
    """The reason, where the person silenced it; then it does not count."""
    plainly: str = ""
    """What it means, in one sentence a person would say: what happens to the network, and why."""
    cleared_by: tuple[str, ...] = ()
    """The factors, one or a few together, whose change takes it away; empty where nothing that was tried does."""
    regret: float | None = None
    """How much more of the baseline's loss training takes away with that change, in the median over paired seeds."""
    symptom_of: str | None = None
    """The rule above it that names the cause which takes this finding away as well."""

    @property
    def is_through_time(self) -> bool:
        """Whether it is about the steps of a sequence, not about the layers."""
        return GAIN_PER_STEP in self.evidence
