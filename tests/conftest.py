"""Tests measure, each time: what an earlier run kept would hide what was broken since."""

from __future__ import annotations

import os

os.environ["GRADAUDIT_CACHE_DIR"] = os.devnull  # no folder, so nothing is kept; in processes that tests start, too
os.environ.pop("CI", None)  # where it is set, files outside the workspace are refused: tests that ask for that set it
