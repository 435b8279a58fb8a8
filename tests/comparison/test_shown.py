"""A comparison as text, Markdown and JSON: the same things said, and nothing from outside obeyed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from math import inf

import pytest

from gradaudit.comparison import Comparison, compare_reports, markdown
from gradaudit.comparison import json as json_format
from gradaudit.comparison.text import ComparisonText
from gradaudit.domain.findings import Severity
from gradaudit.domain.report import Failure, Model
from gradaudit.errors import InputError
from gradaudit.formats.json_reader import parse_report
from gradaudit.text.text_style import TextStyle
from tests.comparison.reports import EIGHT, found, measured, model, report

EVIL = "::error::x `y` @me #1 <script>|\x1b[31m\n## h ##[group]$(touch x)\u202e\ud800 " + "z" * 5000
STUCK = (0.0,) * 8


def sick() -> Comparison:
    """A model that got worse, one that got better, an added and a deleted one, and an equal one that is not shown."""
    another = model(source="d.yaml", name="d")
    another = replace(another, model=replace(another.model, parameters=7))
    base = report(
        model(source="a.yaml", name="a", measurements=measured(EIGHT, dead=[0.0] * 8)),
        model(found(), source="b.yaml", name="b", measurements=measured(STUCK)),
        model(source="c.yaml", name="c"),
        model(source="same.yaml", name="same"),
    )
    head = report(
        model(
            found(severity=Severity.ERROR), source="a.yaml", name="a", measurements=measured([-inf] * 8, dead=[0.5] * 8)
        ),
        model(source="b.yaml", name="b"),
        another,
        model(source="same.yaml", name="same"),
    )
    return compare_reports(base, head, names=("main", "the working tree"), unchanged=("e.yaml",))


TEXT = """\
a (a.yaml): worse (healthy -> error)
  new      m.yaml:2:1: error[dead-units] dead-units here
  worse    training loss, share of the baseline: 9% -> diverges, in 8 of 8 paired seeds
  worse    seeds that learn: 100% -> 0%, in 8 of 8 paired seeds
  worse    loss after the run: 0.19 -> ∞, in 8 of 8 paired seeds
  worse    dead units in the worst layer: 0% -> 50%, in 8 of 8 paired seeds

b (b.yaml): better (error -> healthy)
  gone     error[dead-units] dead-units here
  better   training loss, share of the baseline: 100% -> 9%, in 8 of 8 paired seeds
  better   seeds that learn: 0% -> 100%, in 8 of 8 paired seeds
  better   loss after the run: 2 -> 0.19, in 8 of 8 paired seeds

d (d.yaml): added (healthy)

c (c.yaml): deleted (was healthy)

1 model worse, 1 better, 3 neither; 1 source equal on both sides, not measured
"""


def test_the_text_says_the_worst_first() -> None:
    """Model by model what came, went and moved; what did not change is counted."""
    shown = ComparisonText().render(sick()).decode()
    by_trend = shown.split("\n\n")

    assert by_trend[0] + "\n\n" + by_trend[1] == "\n\n".join(TEXT.split("\n\n")[:2])
    assert sorted(by_trend) == sorted(TEXT.split("\n\n"))


def test_quiet_and_verbose_text() -> None:
    """Quiet: what moved; verbose: every number, and models that are as they were."""
    quiet, verbose = (ComparisonText(detail=d).render(sick()).decode() for d in ("quiet", "verbose"))

    assert "1 model worse" not in quiet
    assert "\n\n" not in quiet
    assert "same (same.yaml): no change beyond chance" in verbose
    assert "note     8 paired seeds from 0" in verbose


def test_colours_are_the_look_s() -> None:
    """None without; with, they change no letter."""
    plain, coloured = (ComparisonText(TextStyle(color=c)).render(sick()).decode() for c in (False, True))

    assert "\x1b" not in plain
    assert "\x1b[1;31mworse\x1b[0m" in coloured


def test_markdown_has_a_table_and_a_section_for_what_moved() -> None:
    """Bounded, worst first."""
    shown = markdown.render(sick()).decode()

    assert shown.startswith("### gradaudit diff: 1 model worse, 1 better, 3 neither")
    assert "From `main` to `the working tree`." in shown
    assert "| `a` | ❌ worse | healthy → error |" in shown
    assert "- **new** error `dead-units` at `m.yaml:2:1`: dead-units here" in shown
    assert "#### ➖ `same`" not in shown
    many = compare_reports(
        report(), report(*(model(found(message=EVIL), source=f"{k}.yaml", name=f"{k}") for k in range(900)))
    )
    assert len(markdown.render(many).decode()) < 62_000


def test_json_has_its_own_version_and_is_no_report() -> None:
    """Numbers that are not finite are null with their word; `gradaudit report` refuses it."""
    written = json_format.render(sick())
    document = json.loads(written)

    assert (document["schema_version"], document["kind"], document["regression"]) == (1, "comparison", "error")
    (worse, *_) = document["models"]
    assert worse["verdict"] == {"before": "healthy", "after": "error"}
    assert worse["numbers"][2]["after"] is None
    assert worse["numbers"][2]["after_non_finite"] == "inf"
    assert worse["findings"][0]["change"] == "new"
    assert document["unchanged"] == ["e.yaml"]
    with pytest.raises(InputError):
        parse_report(written, "comparison.json")


def test_names_from_outside_are_mere_text() -> None:
    """In every format: no escape of a terminal, no command of a runner, no markup, no mention."""
    what = Model(EVIL, EVIL, 1, 1, (), {EVIL: EVIL, "data": EVIL})
    bad = replace(model(found(rule=EVIL, message=EVIL)), model=what)
    was = replace(bad, findings=(), model=replace(what, facts={}))
    failed = replace(report(bad), errors=(Failure(EVIL, EVIL),))
    evil = compare_reports(report(was), failed, names=(EVIL, EVIL), unchanged=(EVIL,))

    for detail in ("normal", "quiet", "verbose"):
        text = ComparisonText(detail=detail).render(evil).decode()
        assert not any(line.lstrip().startswith("::") or "##[" in line for line in text.splitlines())
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert max(map(len, text.splitlines())) < 500
    shown = markdown.render(evil).decode()
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in shown.splitlines())
    outside = re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "", shown)  # of what stands there as code
    assert "<script>" not in outside
    assert "@me" not in outside
    assert b"##[" not in json_format.render(evil)
    json.loads(json_format.render(evil))
