"""Tests measure, each time: what an earlier run kept would hide what was broken since."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ["GRADAUDIT_CACHE_DIR"] = os.devnull  # no folder, so nothing is kept; in processes that tests start, too
os.environ.pop("CI", None)  # where it is set, files outside the workspace are refused: tests that ask for that set it

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # a busy one draws slowly, which is no fault of what is tested
