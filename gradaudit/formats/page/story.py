"""The one picture of the first screen: where the trouble shows, and what the fix does to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from gradaudit.domain.findings import Fix
from gradaudit.domain.report import ModelReport
from gradaudit.formats.page.descent import run_story
from gradaudit.formats.page.remedy import helpful_fix
from gradaudit.formats.page.signal import signal_story
from gradaudit.formats.page.through_time import time_story
from gradaudit.formats.page.units import units_story
from gradaudit.formats.page.view import Picture
from gradaudit.rules.manuals import PICTURES

_Draw: TypeAlias = Callable[[ModelReport, "Fix | None"], "Picture | None"]

_STORIES: Mapping[str, _Draw] = {"run": run_story, "signal": signal_story, "units": units_story}


def story_picture(report: ModelReport) -> Picture | None:
    """The picture that goes with the verdict; None where nothing was measured that could be drawn."""
    main = report.counted[0] if report.counted else None
    draw = _STORIES[PICTURES.get(main.rule, "run") if main is not None else "run"]
    draw, fix = time_story if main is not None and main.is_through_time else draw, helpful_fix(report)
    drawn = (picture(report, fix) for picture in dict.fromkeys((draw, run_story, signal_story)))
    return next((picture for picture in drawn if picture is not None), None)
