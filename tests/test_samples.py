"""The sample models are the acceptance tests: each says in its header what an audit of it must find."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradaudit
from gradaudit.domain.findings import Severity
from tests.corpus.judging import Label
from tests.plain_sentences import wrong_with
from tests.said_numbers import without_source

FOLDER = Path(__file__).parents[1] / "sample_models"
WITHOUT_COMMENTS = {  # what would stand on top; make_samples.py and make_framework_samples.py write these
    "healthy-pipeline.skops": "# verdict: healthy",
    "keras-sigmoid.json": "# verdict: error\n# present: vanishing-gradient",
    "torch-relu.onnx": "# verdict: healthy",
    "vanishing-gradient-pipeline.joblib": "# verdict: error\n# present: vanishing-gradient\n# absent: dead-units",
}
SAMPLES = sorted([*FOLDER.rglob("*.yaml"), *(FOLDER / name for name in WITHOUT_COMMENTS)])
VERDICTS = {"error", "warning", "healthy"}
DEAR = (
    "exploding-gradient",
    "exploding-gradient-recurrent",
    "gradient-underflow",
    "healthy-residual-convolutions",
    "keras-sigmoid",
    "representation-collapse",
    "unscaled-inputs-pixels",
    "vanishing-gradient",
    "vanishing-gradient-convolutions",
    "vanishing-gradient-recurrent",
)
"""Ten wide layers, eight convolutions or thirty steps each, or a fault in which causes and fixes are tried."""


def label_of(path: Path) -> Label:
    """Of a sample: its own comments, or those that are kept here for it."""
    text = WITHOUT_COMMENTS.get(path.name)
    return Label.of(path.read_text(encoding="utf-8") if text is None else text)


def test_every_sample_is_one_of_these() -> None:
    """No file lies there that is not audited."""
    assert sorted(path for path in FOLDER.rglob("*") if path.is_file()) == SAMPLES


def test_there_are_samples_of_both_kinds() -> None:
    """Some samples must be found faulty and some must not."""
    verdicts = [label_of(path).verdicts for path in SAMPLES]

    assert {"error"} in verdicts
    assert {"healthy"} in verdicts


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow if path.stem in DEAR else ()) for path in SAMPLES],
    ids=lambda path: path.name,
)
def test_a_sample_is_diagnosed_as_its_header_says(path: Path) -> None:
    """Right verdict, one rule of each `present` group speaks up plainly, none of `absent` does; no new number."""
    label = label_of(path)
    assert label.verdicts, "a sample says what its verdict must be"
    assert label.verdicts <= VERDICTS
    report = gradaudit.audit(str(path))

    assert report.errors == ()
    (model,) = report.reports
    found = {finding.rule for finding in model.counted if finding.severity >= Severity.WARNING}
    assert model.verdict in label.verdicts, found
    assert [sorted(group) for group in label.present if not group & found] == [], found
    assert found & label.absent == set()
    assert [fault for finding in model.findings for fault in wrong_with(finding.plainly)] == []
    assert without_source(model) == []
