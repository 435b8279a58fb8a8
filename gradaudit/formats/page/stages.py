"""What was measured at each stage, in the order to show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gradaudit.domain.measurements import Stage, StageName
from gradaudit.domain.report import ModelReport
from gradaudit.text.wording import STAGES

Part = TypeVar("Part")


def at_stages(report: ModelReport, part: Callable[[Stage], Part | None]) -> dict[StageName, Part]:
    """That part of every stage that has it."""
    stages = report.measurements.stages
    found = {name: part(stages[name]) for name in STAGES if name in stages}
    return {name: seen for name, seen in found.items() if seen is not None}
