"""The new reader is told by the file's ending; what is wrong has its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit import load
from gradaudit.errors import InputError


def test_widths_are_a_model(tmp_path: Path) -> None:
    """Read by the road that every reader takes."""
    (tmp_path / "m.widths").write_text("4 16 3")
    spec = load(str(tmp_path / "m.widths"))
    assert (spec.inputs, [layer.units for layer in spec.layers]) == (4, [16, 3])


def test_what_is_none_is_refused(tmp_path: Path) -> None:
    """With file and line."""
    (tmp_path / "m.widths").write_text("4 x")
    with pytest.raises(InputError, match=r"m\.widths:1: holds no widths"):
        load(str(tmp_path / "m.widths"))
