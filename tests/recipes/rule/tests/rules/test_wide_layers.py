"""The new rule speaks above its limit."""

from __future__ import annotations

import pytest
from gradaudit.rules.wide_layers import WideLayers


@pytest.mark.parametrize(("units", "count"), [(33, 1), (32, 0)])
def test_it_speaks_above_its_limit(given, units, count) -> None:
    """And not at it."""
    assert len(given.all(WideLayers(units_limit=32), given.case(widths=(4, units, 3)))) == count
