"""What a rule is: one class that reads Measurements and raises findings. It runs nothing and draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from gradaudit.finding import Finding, Fix, Severity
from gradaudit.measurement import Measurements, Stage, StageName
from gradaudit.rows import Row
from gradaudit.spec import ModelSpec

Need: TypeAlias = Literal["data", "signal", "units", "curvature", "descent", "critical_point", "trials"]

START: tuple[StageName, ...] = ("initialised", "fitted")
"""The stages before the audit's own run."""


@dataclass(frozen=True, slots=True)
class Case:
    """What one rule may see: the complete spec, its rows, and the measurements that the rule declared."""

    spec: ModelSpec
    rows: tuple[Row, ...]
    measurements: Measurements
    trials: tuple[Trial, ...] = ()
    """The same model with one factor changed at a time, measured again with the same seeds."""

    @property
    def dense(self) -> tuple[Row, ...]:
        """The dense rows, in forward order."""
        return tuple(row for row in self.rows if row.kind == "dense")

    def stages(self, names: tuple[StageName, ...] = START) -> Iterator[tuple[StageName, Stage]]:
        """The stages of these names that were measured."""
        for name in names:
            if name in self.measurements.stages:
                yield name, self.measurements.stages[name]


@dataclass(frozen=True, slots=True)
class Trial:
    """One change of the spec, what was measured with it, and which rules still find something."""

    fix: Fix
    case: Case
    found: Mapping[str, Severity] = field(default_factory=dict)
    """Rules with a warning or an error on the changed model, and which; trials are judged before the model itself."""

    @property
    def kind(self) -> str:
        """The factor that was changed: the remedy's name; two are joined by ` + `."""
        return self.fix.kind

    @property
    def kinds(self) -> tuple[str, ...]:
        """The factors one by one."""
        return tuple(self.fix.kind.split(" + "))


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

    def judge(self, case: Case) -> Iterator[Finding]:
        """The findings, none for a network that is healthy in this respect."""
        raise NotImplementedError
