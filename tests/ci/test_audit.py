"""Which models are worth a look at their state before, and what becomes of faults of our own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gradaudit.ci import audit, comment
from gradaudit.ci.__main__ import main
from gradaudit.ci.audit import FEW, _worth_comparing
from gradaudit.domain.report import Report
from tests.formats.pull_request import finding, report


def changed(count: int) -> Report:
    """So many models, with a finding in the first."""
    sick, well = report(finding()).reports[0], report().reports[0]
    models = (sick, *(well for _ in range(count - 1)))
    return Report(tuple(replace(m, model=replace(m.model, source=f"{n}.yaml")) for n, m in enumerate(models)))


@pytest.mark.parametrize(("count", "compared"), [(FEW, FEW), (FEW + 1, 1)])
def test_a_large_change_is_compared_where_something_is_found(count: int, compared: int) -> None:
    """Of a small one all is compared, which tells what was mended too."""
    before = {f"{n}.yaml": f"old/{n}.yaml" for n in range(count)}

    found = _worth_comparing(changed(count), before)

    assert len(found) == compared
    assert found["0.yaml"] == "old/0.yaml"


def test_a_fault_of_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said in one line, with its own status in the outputs too."""
    output = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    monkeypatch.setattr(audit, "plan", lambda *_: 1 / 0)

    status = main(["audit"])

    printed = capsys.readouterr()
    assert status == 3
    assert printed.out == "::error title=gradaudit::internal error: ZeroDivisionError: division by zero\n"
    assert "Traceback" not in printed.err
    assert output.read_text().split("\n")[1] == "3"


def test_a_fault_in_publishing_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever breaks there is a notice, and the step goes well."""
    monkeypatch.setattr(comment, "comment_step", lambda *_: 1 / 0)
    monkeypatch.delenv("GITHUB_EVENT_PATH", raising=False)

    assert main(["comment"]) == 0
    assert capsys.readouterr().out.startswith("::notice title=gradaudit::internal error")

    monkeypatch.setenv("GITHUB_EVENT_PATH", "/nowhere")
    assert main(["comment"]) == 0
    assert capsys.readouterr().out.startswith("::notice title=gradaudit::no comment: /nowhere")


def test_other_words_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The two steps are all that there is."""
    assert main([]) == 2
    assert "audit|comment" in capsys.readouterr().err
