"""The summary and the comment: what they say first, and that they fit where they go."""

from __future__ import annotations

from dataclasses import replace

from gradaudit.ci.event import Base
from gradaudit.ci.outcome import relocated, renamed, side_by_side
from gradaudit.ci.summary import StepResult, headline, markdown
from gradaudit.domain.findings import BASELINED, Severity
from gradaudit.domain.report import Failure, Report
from gradaudit.errors import Location
from tests.formats.pull_request import finding, report

COMMENT = 65_536
"""Characters that GitHub takes."""


def told(head: Report, before: Report | None = None, **given: object) -> StepResult:
    """As the audit step would tell it."""
    return StepResult(head, side_by_side(head, before), compared=before is not None, **given)


def rows(text: str) -> list[list[str]]:
    """The cells of the table's rows."""
    return [line.strip("| ").split(" | ") for line in text.split("\n") if line.startswith("| `")]


def test_new_worse_known_and_gone() -> None:
    """Each finding stands in the column of what became of it."""
    before = report(
        finding(rule="dead-units", severity=Severity.WARNING), finding(rule="plateau"), finding(rule="saddle-point")
    )
    now = report(
        finding(rule="dead-units"), finding(rule="symmetric-units"), finding(rule="plateau", suppressed=BASELINED)
    )

    text = markdown(told(now, before, base=Base("a" * 40)))

    assert text.startswith("### gradaudit: 2 new errors in 1 model, 1 finding gone\n\nCompared with `aaaaaaaaaa`")
    ((_, was, now_, new, known, gone),) = rows(text)
    assert (was, now_) == ("❌ error", "❌ error")
    assert new == "`symmetric-units` (error), `dead-units` (error): worse"
    assert known == "`plateau` (error)"
    assert gone == "`saddle-point` (error)"


def test_what_a_comment_in_the_spec_silences_is_neither() -> None:
    """It is not the baseline's."""
    ((_, was, now, new, known, gone),) = rows(
        markdown(told(report(finding(suppressed="we know")), report(finding(suppressed="we know"))))
    )

    assert (was, now) == ("⚪ no new findings (1 suppressed)",) * 2
    assert {new, known, gone} == {"–"}


def test_headlines() -> None:
    """One sentence for each way that it can end."""
    failed = Report((), (Failure("a.yaml", "is no YAML"),))

    assert headline(told(report(finding()))) == "1 error in 1 model"
    assert headline(told(report())) == "nothing found in 1 model"
    assert headline(told(report(), report())) == "nothing new in 1 model"
    assert headline(told(failed)) == "1 source not audited, or not in full"
    assert headline(told(report(), report(finding()))) == "nothing new in 1 model, 1 finding gone"
    assert headline(told(replace(report(finding()), errors=failed.errors))).startswith("1 error in 1 model; 1 source")
    assert headline(told(Report(()))) == "no model changed"
    assert headline(StepResult(None)) == "the audit could not be finished"


def test_news() -> None:
    """A comment is worth making for what is bad, for what is mended, and for what failed."""
    known = report(finding(suppressed=BASELINED))

    assert told(report(finding()), report()).is_news
    assert told(report(), report(finding())).is_news
    assert told(Report((), (Failure("a", "b"),))).is_news
    assert StepResult(None).is_news
    assert not told(known, report(finding())).is_news
    assert not told(report(), report()).is_news


def test_however_much_it_is_it_fits() -> None:
    """Hundreds of models with everything wrong, long names and long lists are still one comment."""
    one = report(*(finding(rule=f"rule-{n}", message="| <b> @x " * 60) for n in range(30))).reports[0]
    many = Report(
        tuple(
            replace(one, model=replace(one.model, name="n" * 300, source=f"{'|`' * 200}{n}.yaml")) for n in range(300)
        ),
        tuple(Failure("f" * 200, "why " * 300) for _ in range(200)),
    )

    text = markdown(told(many, many, removed=tuple("d" * 300 for _ in range(300)), base=Base("a" * 40)))

    assert len(text) < COMMENT - 500
    assert text.count("<details") == text.count("</details>")
    assert "and 290 more" in text
    assert "270 more models are in the reports" in text


def test_a_renamed_model_keeps_its_past() -> None:
    """By its file where it has no name of its own."""
    base = report(finding())
    old = base.reports[0]
    as_now = Report((replace(old, model=replace(old.model, source="deep/new.yaml", name="new", named=False)),))
    as_before = Report((replace(old, model=replace(old.model, source="old.yaml", name="old", named=False)),))

    (model,) = side_by_side(as_now, renamed(as_before, {"old.yaml": "deep/new.yaml"}))

    assert model.before is not None
    assert side_by_side(as_now, as_before)[0].before is None


def test_files_are_named_from_the_top() -> None:
    """Sources, findings and failures alike; what is absolute or no file stays as it is."""
    one = report(finding(location=Location("net.yaml", 3))).reports[0]
    sources = ("net.yaml", "/x/net.yaml", "package.module:model", "net.py:model")
    whole = Report(
        tuple(replace(one, model=replace(one.model, source=source)) for source in sources),
        (Failure("bad.yaml", "x", Location("bad.yaml", 1)),),
    )

    found = relocated(whole, "sub/")

    assert [each.model.source for each in found.reports] == [
        "sub/net.yaml",
        "/x/net.yaml",
        "package.module:model",
        "sub/net.py:model",
    ]
    assert found.reports[0].findings[0].location == Location("sub/net.yaml", 3)
    assert found.errors[0] == Failure("sub/bad.yaml", "x", Location("sub/bad.yaml", 1))
    assert relocated(whole, "") is whole
