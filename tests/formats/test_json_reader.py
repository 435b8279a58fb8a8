"""Reports that come back from their JSON, and documents that are none."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradaudit.domain.findings import Fix
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Report
from gradaudit.errors import InputError
from gradaudit.formats import get, json_reader
from gradaudit.formats.json import FORMAT
from gradaudit.formats.json_reader import parse_report, read_report
from gradaudit.formats.text import TextFormat

FIXTURES = ("sick", "healthy", "patchy", "hostile", "several")


@pytest.fixture(params=FIXTURES)
def report(request: pytest.FixtureRequest) -> Report:
    """Each of the reports."""
    found: Report = request.getfixturevalue(request.param)
    return found


def again(report: Report) -> Report:
    """Written and read back."""
    return parse_report(FORMAT.render(report), "r.json")


def test_json_is_read_and_written_to_the_same_bytes(report: Report) -> None:
    """Whatever a report holds or lacks."""
    assert FORMAT.render(again(report)) == FORMAT.render(report)


@pytest.mark.slow
def test_every_format_renders_the_same_bytes(report: Report) -> None:
    """The page and the longest text from what was read back, and from what was measured."""
    for form in (get("html"), TextFormat(verbose=True)):
        assert form.render(again(report)) == form.render(report)


def test_undefined_in_every_seed_is_not_unmeasured(sick: Report) -> None:
    """The number of seeds survives where no seed has a value."""
    model = sick.reports[0]
    stage = model.measurements.stages["initialised"]
    assert stage.signal is not None
    undefined = replace(stage, signal=replace(stage.signal, error_signal_ratio=PerSeed((None, None, None))))
    measured = replace(model.measurements, stages={**model.measurements.stages, "initialised": undefined})
    report = replace(sick, reports=(replace(model, measurements=measured),))

    assert again(report) == report


def test_a_report_is_equal_to_what_was_written(sick: Report, healthy: Report) -> None:
    """Not the same bytes alone: the same values in the same types."""
    assert again(sick) == sick
    assert again(healthy) == healthy


@pytest.mark.parametrize("kinds", [(), ("initializer",), ("initializer", "bias")])
def test_all_remedies_of_a_fix_come_back(sick: Report, kinds: tuple[str, ...]) -> None:
    """However many they are, the document has one text of them."""
    model = sick.reports[0]
    finding = replace(model.findings[0], fixes=(Fix("one change", (), kinds=kinds),))
    report = replace(sick, reports=(replace(model, findings=(finding,)),))

    assert again(report) == report


def change(report: Report, path: str, value: object) -> bytes:
    """The report's JSON with one value in another's place; `reports.0.verdict` is a path."""
    document = json.loads(FORMAT.render(report))
    *way, last = (int(key) if key.isdecimal() else key for key in path.split("."))
    holder = document
    for key in way:
        holder = holder[key]
    if value is MISSING:
        del holder[last]
    else:
        holder[last] = value
    return json.dumps(document).encode()


MISSING = object()
STAGE = "reports.0.measurements.stages.initialised"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("schema_version", 2, "schema_version: 2 is not read; this gradaudit reads 1"),
        ("schema_version", True, "schema_version: true is not read; this gradaudit reads 1"),
        ("schema_version", [1], "schema_version: of that kind is not read; this gradaudit reads 1"),
        ("schema_version", MISSING, "schema_version: is missing; a report of gradaudit has it"),
        ("reports", {}, "reports: a list is needed, not a mapping"),
        ("reports", MISSING, "reports: is missing"),
        ("reports.0.verdict", None, "reports[0].verdict: text is needed, not null"),
        ("reports.0.model.layers.1.units", 2.5, "reports[0].model.layers[1].units: a whole number is needed, not a"),
        ("reports.0.model.parameters", True, "reports[0].model.parameters: a whole number is needed, not true"),
        ("reports.0.findings.1.severity", "fatal", "reports[0].findings[1].severity: 'fatal' is none of info, warning"),
        ("reports.0.findings.0.stage", "late", "reports[0].findings[0].stage: 'late' is none of initialised, trained"),
        ("reports.0.findings.0.fixes.0.changes.0.path", 3, "reports[0].findings[0].fixes[0].changes[0].path: text is"),
        ("reports.0.findings.0.fixes.0.changes.0.to", MISSING, "findings[0].fixes[0].changes[0].to: is missing"),
        ("reports.0.findings.0.fixes.0.better", [1], "fixes[0].better: 2 values are needed, not 1"),
        (f"{STAGE}.loss.values.2", "x", "stages.initialised.loss.values[2]: a number is needed, not 'x'"),
        (f"{STAGE}.loss.values", MISSING, "stages.initialised.loss.values: is missing"),
        (f"{STAGE}.layers.3.weight_gain.values", 1, "stages.initialised.layers[3].weight_gain.values: a list is"),
        (f"{STAGE}.layers.3.error_signal_rms", MISSING, "initialised.layers[3].error_signal_rms: is missing"),
        (f"{STAGE}.curvature.lambda_max", 10**400, "curvature.lambda_max: a list is needed, not a number"),
        ("reports.0.measurements.stages.later", {}, "measurements.stages: 'later' is none of initialised, trained"),
        ("reports.0.measurements.descent.trivial_loss", 10**400, "descent.trivial_loss: the number is out of range"),
        ("reports.0.measurements.descent.configured.steps", [0], "configured.loss: one look a step is needed: 1, not"),
        ("reports.0.findings.0.evidence.deep", json.loads("[" * 40 + "]" * 40), "is nested deeper than 32"),
        ("tool", 3, "tool: a mapping is needed, not a number"),
        ("tool.version", 3, "version: text is needed, not a number"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(sick: Report, path: str, value: object, message: str) -> None:
    """One message, with the place in the document and what was needed there."""
    with pytest.raises(InputError) as error:
        parse_report(change(sick, path, value), "r.json")

    assert str(error.value).startswith("r.json: ")
    assert message in str(error.value)
    assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "r.json:1:1: is no JSON report: expecting value"),
        (b"layers: [2, 1]\n", "r.json:1:1: is no JSON report: expecting value"),
        (b'{"schema_version": 1,\n "reports": [}', "r.json:2:14: is no JSON report: expecting value"),
        (b"[1]", "r.json: a mapping is needed, not a list"),
        (b'{"layers": [2, 1]}', "r.json: schema_version: is missing; a report of gradaudit has it"),
        (b'{"schema_version": NaN}', "r.json: is no JSON report: NaN is no number of JSON"),
        (b'{"schema_version": -Infinity}', "r.json: is no JSON report: -Infinity is no number of JSON"),
        (b'{"schema_version": 1e999}', "r.json: is no JSON report: the number 1e999 is out of range"),
        (b"[" + b"1" * 5000 + b"]", "r.json: is no JSON report: it holds a number with too many digits"),
        (b"[" * 200_000, "r.json: is nested too deeply for a report"),
        (b'{"a": "\xff"}', "r.json: is no UTF-8 at byte 7"),
    ],
)
def test_what_is_no_report_is_refused(data: bytes, message: str) -> None:
    """Whatever the file holds, it ends in one message."""
    with pytest.raises(InputError) as error:
        parse_report(data, "r.json")

    assert str(error.value) == message


def test_a_report_is_read_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sick: Report) -> None:
    """A file that is too large is refused before it is parsed; one that is not there is said to be missing."""
    file = tmp_path / "r.json"
    file.write_bytes(b"\xef\xbb\xbf" + FORMAT.render(sick))
    assert read_report(file) == sick

    monkeypatch.setattr(json_reader, "MAX_BYTES", 1 << 10)
    with pytest.raises(InputError, match="is larger than 1,024 bytes, too large for a report"):
        read_report(file)
    for missing in (tmp_path / "none.json", tmp_path, "a\0b"):
        with pytest.raises(InputError, match=r"cannot be read: |there is no such file|is a folder"):
            read_report(missing)


def test_fields_of_a_newer_version_are_passed_over(sick: Report) -> None:
    """What this version does not know changes nothing."""
    document = json.loads(FORMAT.render(sick))
    extended = json.loads(json.dumps(document), object_hook=lambda found: {**found, "later": {"x": [1]}})
    free = ("evidence", "before", "after", "facts", "versions", "origin", "underflow", "stages")

    def kept(value: Any, at: str = "") -> Any:
        """Without the further key where any key has a meaning."""
        if isinstance(value, dict):
            return {k: kept(v, k) for k, v in value.items() if k != "later" or at not in free}
        return [kept(item, at) for item in value] if isinstance(value, list) else value

    assert parse_report(json.dumps(kept(extended)).encode(), "r.json") == sick


VALUES = st.sampled_from([None, True, -1, 0, 10**400, 1e308, 5e-324, -0.0, "", "inf", [], {}, [None], [[]], {"a": [1]}])


def places(value: Any, at: tuple[str, ...] = ()) -> list[str]:
    """The path of everything in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [p for k, v in inside for p in (".".join((*at, str(k))), *places(v, (*at, str(k))))]


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_report_is_refused_or_rendered(sick: Report, data: st.DataObject) -> None:
    """Whatever stands in a field's place, the end is a message or a page, never another error."""
    fields = {re.sub(r"\d+", "*", path): path for path in places(json.loads(FORMAT.render(sick)))}
    path = data.draw(st.sampled_from(sorted(fields.values())))
    damaged = change(sick, path, data.draw(st.one_of(VALUES, st.just(MISSING))))
    try:
        report = parse_report(damaged, "r.json")
    except InputError:
        return

    assert parse_report(FORMAT.render(report), "r.json") is not None
    assert get("html").render(report)
    assert TextFormat(verbose=True).render(report)
