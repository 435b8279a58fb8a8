"""The verdict that a person reads, and the order of many."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations

from gradaudit.domain.report import Report
from gradaudit.formats import markdown
from gradaudit.formats.page.build import SCREEN, build
from tests.formats.small import small_report, text


def test_every_format_has_one_order() -> None:
    """The worst verdict first, within it what loses most, whatever order they were audited in."""
    sick = small_report()
    models = {
        "most": replace(sick, findings=(replace(sick.findings[0], regret=0.9),)),
        "less": replace(sick, findings=(replace(sick.findings[0], regret=0.2),)),
        "fine": replace(sick, verdict="healthy", findings=()),
    }
    named = [replace(each, model=replace(each.model, name=name, source="")) for name, each in models.items()]
    for order in permutations(named):
        report = Report(order)
        tabled = markdown.FORMAT.render(report).decode()
        assert re.findall(r"^\| `(\w+)`", tabled, re.MULTILINE) == ["most", "less", "fine"]
        assert [row.name for row in build(report, SCREEN).index] == ["most", "less", "fine"]
        assert re.findall("^(most|less|fine):", text(report), re.MULTILINE) == ["most", "less", "fine"]
