"""The page for newcomers, made from the imports."""

from __future__ import annotations

import re

from tests.test_architecture import PACKAGE


def test_the_page_for_newcomers_says_what_the_imports_say() -> None:
    """Its diagram and its table are made; whoever changes an arrow runs `python tests/make_architecture.py`."""
    from tests.make_architecture import PAGE, filled

    page = PAGE.read_text("utf-8")

    assert page == filled(page)
    assert "graph TD" in page
    assert page.count("\n") <= 120


def test_the_page_for_newcomers_points_to_what_is_there() -> None:
    """Every file, room and function that it names in code exists."""
    page = (PACKAGE.parent / ".github" / "ARCHITECTURE.md").read_text("utf-8")
    named = set(re.findall(r"`((?:[a-z_0-9]+/)+(?:[a-z_0-9]+\.py)?)`", page))

    assert len(named) > 25
    assert [
        name for name in sorted(named) if not (PACKAGE / name).exists() and not (PACKAGE.parent / name).exists()
    ] == []


def test_an_arrow_that_others_imply_is_not_drawn() -> None:
    """And one that nothing implies is."""
    from tests.make_architecture import diagram

    assert diagram({"rules": {"domain", "evidence"}, "evidence": {"domain"}, "domain": set()}).split("\n")[2:-1] == [
        "    rules --> evidence",
        "    evidence --> domain",
    ]
