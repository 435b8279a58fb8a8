"""The sample models are the acceptance tests: each says in its header what an audit of it must find."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

import gradaudit
from gradaudit.domain.findings import Severity
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


@dataclass(frozen=True)
class Header:
    """What a sample's leading comment lines ask for."""

    verdicts: frozenset[str]
    """The verdicts that are right; there is at least one."""
    present: tuple[frozenset[str], ...] = ()
    """Of each group one rule must be found, as a warning or an error."""
    absent: frozenset[str] = frozenset()
    """None of these may be."""

    @classmethod
    def of(cls, text: str) -> Header:
        """From `# verdict: error warning`, `# present: a|b, c` and `# absent: d, e`, in any order."""
        lines = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                break
            key, _, value = line[1:].partition(":")
            lines[key.strip()] = value.strip()
        groups = {
            key: tuple(frozenset(group.strip().split("|")) for group in lines.get(key, "").split(",") if group.strip())
            for key in ("present", "absent")
        }
        verdicts = frozenset(lines.get("verdict", "").split())
        return cls(verdicts, groups["present"], frozenset().union(*groups["absent"]))


def header_of(path: Path) -> Header:
    """Of a sample: its own comments, or those that are kept here for it."""
    text = WITHOUT_COMMENTS.get(path.name)
    return Header.of(path.read_text(encoding="utf-8") if text is None else text)


def test_every_sample_is_one_of_these() -> None:
    """No file lies there that is not audited."""
    assert sorted(path for path in FOLDER.rglob("*") if path.is_file()) == SAMPLES


def test_a_header_is_read() -> None:
    """Verdicts are parted by spaces, groups by commas, and the rules of a group by bars; other lines are for people."""
    header = Header.of("# verdict: error warning\n# because: a, b\n# present: a|b, c\n# absent: d, e\nname: x\n# x: y")

    expected = (frozenset({"a", "b"}), frozenset({"c"}))
    assert header == Header(frozenset({"error", "warning"}), expected, frozenset({"d", "e"}))


def test_there_are_samples_of_both_kinds() -> None:
    """Some samples must be found faulty and some must not."""
    verdicts = [header_of(path).verdicts for path in SAMPLES]

    assert {"error"} in verdicts
    assert {"healthy"} in verdicts


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow if path.stem in DEAR else ()) for path in SAMPLES],
    ids=lambda path: path.name,
)
def test_a_sample_is_diagnosed_as_its_header_says(path: Path) -> None:
    """Right verdict, one rule of each `present` group speaks up plainly, none of `absent` does; no new number."""
    header = header_of(path)
    assert header.verdicts, "a sample says what its verdict must be"
    assert header.verdicts <= VERDICTS
    report = gradaudit.audit(str(path))

    assert report.errors == ()
    (model,) = report.reports
    found = {finding.rule for finding in model.counted if finding.severity >= Severity.WARNING}
    assert model.verdict in header.verdicts, found
    assert [sorted(group) for group in header.present if not group & found] == [], found
    assert found & header.absent == set()
    assert [fault for finding in model.findings for fault in wrong_with(finding.plainly)] == []
    assert without_source(model) == []
