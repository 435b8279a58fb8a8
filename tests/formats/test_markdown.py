from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gradaudit.domain.findings import Change, Fix, Severity
from gradaudit.domain.report import Failure, Report
from gradaudit.formats.markdown import FORMAT
from gradaudit.text.markdown_text import MOST
from tests.formats.golden_file import golden
from tests.formats.pull_request import SILENCED, finding, report

COMMENT = 65_536
"""Characters that GitHub takes for a comment."""


def markdown(found: Report) -> str:
    """The text."""
    return FORMAT.render(found).decode()


def tags(text: str) -> list[str]:
    """What a browser would see of HTML, rendered as GitHub's dialect."""
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    page = markdown_it.MarkdownIt("gfm-like", {"html": True}).render(text)
    return sorted(set(re.findall(r"<(\w+)", page)))


def test_a_comment_says_what_why_and_what_helps() -> None:
    """Verdict, place, layers, cause, and the fix with its numbers before and after."""
    fix = Fix(
        "zero biases",
        (Change("bias", "normal", "zeros"), Change("l2", None, 0.1), Change("init", "a", None)),
        verified=True,
        clears=("dead-units",),
        before={"progress": 0.0, "stable_limit": 0.1},
        after={"progress": 0.8, "stable_limit": 0.1},
    )

    lines = markdown(report(finding(fixes=(fix,)))).split("\n")

    assert lines[0] == "### gradaudit: 1 error, 0 warnings in 1 model"
    assert "| `deep` | ❌ error | Units are dead. |" in lines
    assert "- ❌ **error** `dead-units` at `models/my net.yaml:3:7` (layer 1): units of encoder are dead" in lines
    assert "  - **Cause:** negative biases" in lines
    assert "  - **Fix:** zero biases (verified: the finding is gone)" in lines
    assert "    - `bias`: `normal` → `zeros`" in lines
    assert "    - `l2`: `0.1` (new)" in lines
    assert "    - `init`: `a` → removed" in lines
    assert "    - Training loss, share of the baseline: 100% → **20%**" in lines
    assert not any("stable" in line for line in lines)


def test_a_healthy_model_is_a_row(healthy: Report) -> None:
    """There is no more to say of it."""
    assert markdown(healthy).count("\n") == 5
    assert "✅ healthy" in markdown(healthy)


def test_silenced_findings_are_counted_and_not_shown() -> None:
    """They are in the other reports."""
    text = markdown(report(SILENCED))

    assert "1 finding suppressed" in text
    assert "plateau" not in text


def test_what_was_not_audited_is_said(several: Report) -> None:
    """With its place, and whose fault it is."""
    text = markdown(several)

    assert "- `broken.yaml:4:13`: 'sigmod' is no activation; did you mean 'sigmoid'?" in text
    assert "- `odd.yaml`: a fault of gradaudit's own: the rule saddle-point broke: KeyError: 3" in text


def test_the_layers_are_a_small_picture(sick: Report) -> None:
    """In a block of code, behind a line to click on."""
    folded = markdown(sick).split("<details>")[1]

    assert "```text\ngradient across the layers" in folded
    assert re.search(r"^ +layer 1 +[0-9.e-]+ \|#$", folded, re.MULTILINE)
    assert folded.rstrip().endswith("</details>")


@pytest.mark.parametrize("models", [1, 40, 400])
@pytest.mark.parametrize("fixture", ["sick", "hostile"])
def test_it_fits_into_a_comment(fixture: str, models: int, request: pytest.FixtureRequest) -> None:
    """However many models there are and whatever they are called; what is left out is counted."""
    whole = request.getfixturevalue(fixture)
    many = report(*[finding(severity=each) for each in Severity] * 50).reports[0]
    text = markdown(replace(whole, reports=(*whole.reports, many) * models, errors=whole.errors * models))

    assert len(text) <= MOST < COMMENT
    assert text.count("<details>") == text.count("</details>") > 0
    assert text.count("```") % 2 == 0
    assert models == 1 or "more models" in text


@pytest.mark.parametrize("fixture", ["sick", "healthy", "patchy", "hostile", "several"])
def test_every_report_shows_names_as_text(fixture: str, request: pytest.FixtureRequest) -> None:
    """No tag but those that we write, no link, no image."""
    text = markdown(request.getfixturevalue(fixture))

    assert set(tags(text)) <= {
        "code", "details", "em", "h3", "h4", "li", "p", "pre", "strong", "summary", "ul",
        "table", "tbody", "td", "th", "thead", "tr",
    }  # fmt: skip


def test_a_name_does_not_leave_its_place() -> None:
    """Not the table, not the code, not the folded part."""
    evil = "x`|`</details>\n\n# @team ![i](http://x.y) <img src=x> ``` #1"
    model = replace(report().reports[0].model, name=evil, source=evil)
    found = report(finding(rule=evil, message=evil, cause=evil), model=model, errors=(Failure(evil, evil),))

    text = markdown(found)

    assert text.count("</details>\n") == 1
    assert "img" not in tags(text)
    assert "a" not in tags(text)
    assert not any(line.startswith(("# ", "@", "```\x20")) for line in text.split("\n"))


def test_the_comment_reads_as_it_did(several: Report) -> None:
    """Every line of it stands in the golden file."""
    written = FORMAT.render(several)

    assert written == golden("several.md", written)


def test_a_symptom_names_the_finding_that_has_the_fix(sick: Report) -> None:
    """As page and terminal do: the same fix is not said twice."""
    first, second, *_ = sick.reports[0].findings
    symptom = replace(second, symptom_of=first.rule, fixes=first.fixes)
    text = markdown(Report((replace(sick.reports[0], findings=(first, symptom)),)))

    assert f"  - Cured by the same change as `{first.rule}`.\n" in text
    assert text.count("**Fix:**") == 1
