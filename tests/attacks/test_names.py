"""Names that mean something to a shell, a terminal, a browser or a runner: texts, wherever they are put."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from gradaudit.cli import main

pytestmark = pytest.mark.skipif(os.name == "nt", reason="such names cannot be made there")

NAMES = (
    "-rf.yaml",
    "--unsafe-load.yaml",
    "$(touch ran).yaml",
    "`touch ran`.yaml",
    "a\n::error::x\n.yaml",
    "\x1b[2J\x1b]0;x\x07.yaml",
    "<img src=x onerror=alert(1)>.yaml",
    "\u202elmay.yaml",
    "##[error]x.yaml",
)
SPEC = """layers: [2, 3, 2]
init: zeros
loss: cross_entropy
optimizer: sgd
data: {name: blobs, samples: 16}
"""
REPORTS = ("r.html", "r.json", "r.sarif", "r.md", "r.xml")
ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("form", ["text", "github"])
def test_names_of_files_and_models_stay_texts(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In every report and in both streams: no tag, no character that acts, no line that a runner obeys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in NAMES:
        own = "" if ACTS.search(name.replace("\n", "\r")) else f"name: {json.dumps(name)}\n"  # a spec may not say those
        Path(name).write_text(own + SPEC)
    asked = ("--effort", "quick", "--seeds", "2", "--select", "symmetric-units", "--format", form)

    status = main(("check", *asked, *(word for name in REPORTS for word in ("-o", name)), "--", *NAMES))

    out, err = capsys.readouterr()
    assert status == 1, err
    assert len(json.loads(Path("r.json").read_text())["reports"]) == len(NAMES)
    texts = {"out": out, "err": err, **{name: Path(name).read_text() for name in REPORTS}}
    for place, text in texts.items():
        assert not ACTS.search(text), place
    assert "<img" not in texts["r.html"] + texts["r.xml"]
    assert not Path("ran").exists()
    lines = [line for line in (out + err).splitlines() if line.lstrip().startswith(("::", "##["))]
    assert all(re.match(r"::(error|warning|notice) (file|title)=", line) for line in lines)


def test_a_missing_file_of_such_a_name_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """And status 2."""
    for name in NAMES:
        assert main(("check", "--", name)) == 2
        out, err = capsys.readouterr()
        assert len(err.splitlines()) == 1
        assert not ACTS.search(out + err)
        assert not err.startswith(("::", "##["))
