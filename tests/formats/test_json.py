from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import (
    LayerSignal,
    LayerUnits,
    Measurements,
    Signal,
    Stage,
    Units,
)
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.report import Model, ModelReport, Report, Settings
from gradaudit.formats.json import FORMAT
from tests.formats.full_report import full_report


def document(report: Report) -> dict[str, Any]:
    """What another program reads, which knows no NaN."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    found: dict[str, Any] = json.loads(FORMAT.render(report), parse_constant=refuse)
    return found


def leaves(value: Any) -> Iterator[object]:
    """Every number and word of a report or of a document, keys included."""
    if is_dataclass(value):
        for each in fields(value):
            yield from leaves(getattr(value, each.name))
    elif isinstance(value, dict):
        yield from value
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    else:
        yield str(value) if isinstance(value, Severity) else value


def test_everything_in_the_report_is_in_the_document() -> None:
    """No field of the report is lost, so that it can be rendered again without measuring."""
    report = full_report()

    assert {type(leaf) for leaf in leaves(report)} <= {str, int, float, bool}  # nothing was left empty
    assert set(leaves(report)) - set(leaves(document(report))) == set()


def names(value: Any) -> Iterator[str]:
    """The name of every field of a report."""
    if is_dataclass(value) and not isinstance(value, PerSeed):
        for each in fields(value):
            yield each.name
            yield from names(getattr(value, each.name))
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from names(part)


def test_every_field_has_its_key() -> None:
    """Fields are called in the document as they are in the report, but for changes, reservations and merged rows."""
    report = full_report()

    assert set(names(report)) - set(leaves(document(report))) == {"old", "new", "reservations", "signal"}


CONTRACT = {
    "tool": "name version",
    "errors.0": "source message location",
    "errors.0.location": "file line column",
    "reports.0": "model settings verdict summary findings measurements",
    "reports.0.model": "name source parameters layers",
    "reports.0.model.layers.0": "index path name kind units activation init line",
    "reports.0.settings": "seeds seed samples effort",
    "reports.0.findings.0": "rule severity stage layers location message plainly cause evidence fixes suppressed",
    "reports.0.findings.0.fixes.0": "title changes verified clears introduces before after",
    "reports.0.findings.0.fixes.0.changes.0": "path from to",
    "STAGE": "loss error_signal_ratio error_signal_norm_ratio layers curvature learning_rate",
    "STAGE.layers.0": "index weight_gradient_norm bias_gradient_norm error_signal_rms activation_gain weight_gain "
    "path_gain update_ratio activation_mean activation_std dead_fraction saturated_fraction",
    "STAGE.curvature": "gradient_norm lambda_max lambda_min residual_max residual_min negative_share density",
    "STAGE.learning_rate": "configured stable_limit recommended",
}
"""The keys of the published schema, version 1, at each place."""


@pytest.mark.parametrize("place", CONTRACT)
def test_the_contract_s_fields_are_there(place: str) -> None:
    """Every key in its place; more may stand beside them."""
    found: Any = document(full_report())
    assert (found["schema_version"], found["reports"][0]["findings"][0]["severity"]) == (1, "warning")
    for key in place.replace("STAGE", "reports.0.measurements.stages.initialised").split("."):
        found = found[int(key) if key.isdigit() else key]
    assert found.keys() >= set(CONTRACT[place].split())


def signal_with(values: PerSeed, **row: PerSeed | None) -> dict[str, Any]:
    """The stage whose loss has these values, with one dense row."""
    one = PerSeed.of([1.0])
    layer = LayerSignal(0, one, one, one, **{"weight_gradient_norm": one, **row})
    signal = Signal(values, one, one, one, one, one, layers=(layer,))
    report = ModelReport(
        Model("m", "m", 1, 1, ()), Settings(), "healthy", "", (), Measurements({"fitted": Stage(signal=signal)})
    )
    stage: dict[str, Any] = document(Report((report,)))["reports"][0]["measurements"]["stages"]["fitted"]
    return stage


def test_a_triple_is_of_the_finite_values() -> None:
    """Values that are not finite are counted beside median, min and max, undefined ones are left out."""
    loss = signal_with(PerSeed((1.0, None, math.inf, 3.0, 4.0)))["loss"]

    assert loss == {"median": 3.0, "min": 1.0, "max": 4.0, "non_finite": 1, "values": [1.0, None, "inf", 3.0, 4.0]}


def test_a_triple_without_a_finite_value_says_so() -> None:
    """Where every seed overflowed, there is no median."""
    loss = signal_with(PerSeed.of([math.inf, math.nan]))["loss"]

    assert (loss["median"], loss["non_finite"]) == (None, 2)


def test_undefined_is_null_and_not_measured_is_absent() -> None:
    """0/0 and a gain behind the last layer are null; a path gain where there is no path, and curvature, are absent."""
    stage = signal_with(PerSeed((None, None)), weight_gain=None, activation_gain=PerSeed((None,)))
    row = stage["layers"][0]

    assert stage["loss"] is None
    assert (row["weight_gain"], row["activation_gain"]) == (None, None)
    assert "path_gain" not in row
    assert "curvature" not in stage


def test_signal_and_units_of_a_row_are_one_object() -> None:
    """Rows are merged by index, in forward order, whichever probe saw them."""
    one = PerSeed.of([1.0])
    signal = Signal(*(one,) * 6, layers=(LayerSignal(1, one, one, one), LayerSignal(2, one, one, one)))
    units = Units((LayerUnits(2, one, None), LayerUnits(0, one, one)))
    report = ModelReport(
        Model("m", "m", 1, 1, ()), Settings(), "healthy", "", (), Measurements({"trained": Stage(signal, units)})
    )

    rows = document(Report((report,)))["reports"][0]["measurements"]["stages"]["trained"]["layers"]

    assert [row["index"] for row in rows] == [0, 1, 2]
    assert "error_signal_rms" not in rows[0]
    assert "dead_fraction" not in rows[1]
    assert rows[2].keys() >= {"error_signal_rms", "dead_fraction"}
    assert rows[2]["saturated_fraction"] is None


def test_numbers_that_json_cannot_write_are_named_beside_a_null() -> None:
    """Infinity in the evidence is null, with the word beside it."""
    finding = Finding("r", Severity.ERROR, "", "", {"measured": math.inf, "limit": 1.0, "more": {"x": math.nan}})
    report = ModelReport(Model("m", "m", 1, 1, ()), Settings(), "error", "", (finding,), Measurements())

    evidence = document(Report((report,)))["reports"][0]["findings"][0]["evidence"]

    assert evidence == {
        "measured": None,
        "limit": 1.0,
        "more": {"x": None, "x_non_finite": "nan"},
        "measured_non_finite": "inf",
    }


def test_a_finding_that_counts_has_no_reason() -> None:
    """`suppressed` is there only where somebody silenced the finding."""
    finding = Finding("r", Severity.INFO, "", "", {})
    report = ModelReport(Model("m", "m", 1, 1, ()), Settings(), "healthy", "", (finding,), Measurements())

    found = document(Report((report,)))["reports"][0]["findings"][0]

    assert "suppressed" not in found
    assert (found["stage"], found["location"]) == (None, None)


def test_text_survives_unchanged() -> None:
    """Names with quotes, line feeds, halves of characters and a runner's commands are read back as they were."""
    name = 'a"\\\n\u2028λ\ud800##[x]</script>\x00'
    report = ModelReport(Model(name, "m", 1, 1, ()), Settings(), "healthy", "", (), Measurements())

    assert document(Report((report,)))["reports"][0]["model"]["name"] == name


def test_the_text_is_laid_out_for_reading(sick: Report) -> None:
    """No line is long but lists of numbers, and the document ends in a line feed."""
    lines = FORMAT.render(sick).decode().splitlines(keepends=True)

    assert lines[-1] == "}\n"
    assert lines[1] == ' "schema_version": 1,\n'
    assert [line for line in lines if len(line) > 500 and "[" not in line] == []
