from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gradaudit.domain.findings import BASELINED, Finding, Severity
from gradaudit.errors import Location


def found(rule: str = "dead-units", severity: Severity = Severity.ERROR, **changes: object) -> Finding:
    """One finding on the second line of model.yaml."""
    plain = Finding(
        rule, severity, f"{rule} here", "a cause", {"measured": 1.0}, location=Location("model.yaml", 2, 13)
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.fixture
def base(run, spec, pipeline):
    """What writes `base.json` for findings, and then checks with it for others."""

    def check(before: tuple[Finding, ...], now: tuple[Finding, ...], *options: str):
        pipeline.findings = before
        run("check", "model.yaml", "-o", "base.json", "-q")
        pipeline.findings = now
        return run("check", "model.yaml", "--baseline", "base.json", *options)

    return check


def test_what_is_in_the_baseline_does_not_count(base) -> None:
    """Neither for the status nor for the verdict, and the summary says what was passed over."""
    done = base((found(),), (found(location=Location("model.yaml", 9, 1), message="other words"),))

    assert done.status == 0
    said = "model (model.yaml): no new findings (1 in the baseline) - Not counted: dead-units (in the baseline)."
    assert said in " ".join(done.out.split())
    assert done.out.endswith("0 errors, 0 warnings in 1 model; 1 finding as in the baseline\n")
    assert "stale" not in done.err


def test_what_is_new_counts(base) -> None:
    """It alone decides, and is the summary."""
    done = base((found(),), (found(), found("plateau")))

    assert done.status == 1
    assert "dead-units here" not in done.out
    assert "model (model.yaml): error - Plateau here." in done.out


@pytest.mark.parametrize(("before", "now", "status"), [("WARNING", "ERROR", 1), ("ERROR", "WARNING", 0)])
def test_what_is_worse_counts(base, before: str, now: str, status: int) -> None:
    """An error that was a warning fails; a warning that was an error does not, and neither is stale."""
    done = base((found(severity=Severity[before]),), (found(severity=Severity[now]),), "--fail-on", "warning")

    assert done.status == status
    assert "stale" not in done.err


def test_more_layers_count_and_fewer_do_not(base) -> None:
    """A fault that spreads is new."""
    assert base((found(layers=(0, 1)),), (found(layers=(0, 1, 2)),)).status == 1
    assert base((found(layers=(0, 1)),), (found(layers=(1,)),)).status == 0


def test_an_entry_excuses_one_finding(base) -> None:
    """A second one like it, in a copy of the model, is new; the entry for more layers goes to the finding on them."""
    assert base((found(),), (found(), found())).status == 1
    both = (found(layers=(0, 1)), found(layers=(0,)))
    assert base(both, both).status == 0
    assert base(both, both[::-1]).status == 0


def test_what_is_found_no_more_is_told(run, spec, pipeline, folder) -> None:
    """On standard error; not for a rule that was not checked now, nor for a model that was not audited."""
    pipeline.findings = (found(), found("plateau", stage="trained"))
    run("check", "model.yaml", "-o", "base.json", "-q")
    (folder / "other.yaml").write_text(spec.read_text())
    pipeline.findings, pipeline.rules = (), ("plateau",)

    done = run("check", "model.yaml", "--baseline", "base.json")
    other = run("check", "other.yaml", "--baseline", "base.json")

    assert done.err == "base.json: stale: plateau (trained) is no longer found in model.yaml\n"
    assert other.err == ""


def test_rewriting_the_baseline_prunes_it(base, run, folder) -> None:
    """What it excuses stays in it as such and is excused again; what is stale is gone."""
    base((found(), found("plateau")), (found(),), "-o", "base.json")
    written = json.loads((folder / "base.json").read_text())
    again = run("check", "model.yaml", "--baseline", "base.json")

    assert [(f["rule"], f["suppressed"]) for f in written["reports"][0]["findings"]] == [("dead-units", BASELINED)]
    assert again.status == 0


def test_what_a_comment_silenced_is_not_in_the_baseline(base) -> None:
    """It counts once the comment is gone."""
    assert base((found(suppressed="on purpose"),), (found(),)).status == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema_version": 1, "reports": [{}]}', "\x00", "[" * 10_000])
def test_what_is_no_report_is_no_baseline(run, spec, pipeline, folder, text: str) -> None:
    """One message, exit 2, and nothing is measured."""
    (folder / "base.json").write_text(text)

    done = run("check", "model.yaml", "--baseline", "base.json")

    assert (done.status, done.out, pipeline.calls) == (2, "", [])
    assert done.err.startswith("base.json")
    assert done.err.count("\n") == 1


def test_a_missing_baseline_is_an_error(run, spec, pipeline) -> None:
    """Silence would let everything pass, or nothing."""
    done = run("check", "model.yaml", "--baseline", "gone.json")

    assert (done.status, done.out) == (2, "")
    assert done.err == "gone.json: there is no such file\n"
