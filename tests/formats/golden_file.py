"""Golden files: what a format wrote when somebody last looked at it."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def golden(name: str, written: bytes) -> bytes:
    """What the golden file holds; run with UPDATE_GOLDEN=1 to put what was written in its place."""
    file = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_bytes(written)
    return file.read_bytes()
