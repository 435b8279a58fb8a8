"""Files whose content is hostile, by the command that reads them: one message, status 2, and nothing more."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gradaudit.cli import main
from gradaudit.domain.report import Report
from gradaudit.formats import get

SPEC = "layers: [2, 3, 2]\nloss: cross_entropy\n"
ROWS = 30_000_000


def npy(header: str) -> bytes:
    """A file of an array that says this of itself, without numbers."""
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


def described(shape: str, kind: str = "|u1") -> str:
    """NumPy's own header."""
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"


def archive(path: Path, **members: bytes) -> None:
    """An npz of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, data in members.items():
            made.writestr(f"{name}.npy", data)


def refused(folder: Path, spec: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The one message of a check of this spec."""
    (folder / "m.yaml").write_text(spec)
    assert main(["check", str(folder / "m.yaml"), "--effort", "quick"]) == 2
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert "internal error" not in shown.err
    return shown.err


@pytest.mark.slow
def test_rows_that_would_fill_the_memory_are_refused_with_their_number(tmp_path: Path, capsys) -> None:
    """A hundred kilobytes of zeros, deflated, that became 9.3 GB."""
    member = io.BytesIO()
    np.lib.format.write_array(member, np.zeros(ROWS, np.uint8))
    x = npy(described(f"({ROWS}, 2)")) + bytes(2 * ROWS)
    archive(tmp_path / "d.npz", X=x, y=member.getvalue())
    assert (tmp_path / "d.npz").stat().st_size < 1_000_000
    says = refused(tmp_path, SPEC + "data: {name: npz, path: d.npz}\n", capsys)
    assert "30,000,000 rows, 90,000,000 numbers: 5.7 GiB in an audit, 1.25 GiB are the most; give 6,6" in says


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2",
        "{'descr': '<f8' 'fortran_order': False, 'shape': (4, 2)}",
        "(" * 5000,
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }\n\n  '''",
        "\x00" * 100,
        "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 9000 + ",), }",
    ],
)
def test_a_broken_header_is_one_message(tmp_path: Path, header: str, capsys) -> None:
    """What ends Python's parser in a SyntaxError, a TokenError or a MemoryError: in data and in weights."""
    archive(tmp_path / "d.npz", X=npy(header), y=npy(described("(4,)")) + bytes(4), coefs_0=npy(header))
    data = refused(tmp_path, SPEC + "data: {name: npz, path: d.npz}\n", capsys)
    weights = refused(tmp_path, SPEC + "weights: d.npz\n", capsys)
    assert "'X' has a damaged header" in data
    assert "'X' has a damaged header" in weights


@pytest.mark.parametrize(
    "template", ["a\n{# ", "{{ " + "(" * 999, "\n{% for i in range(99999) %}{% for j in range(99999) %}"]
)
def test_a_broken_template_is_one_message(tmp_path: Path, template: str, capsys) -> None:
    """By the command that renders."""
    (tmp_path / "look").mkdir()
    (tmp_path / "look" / "report.html.j2").write_text(template)
    (tmp_path / "r.json").write_bytes(get("json").render(Report((), (), "0")))
    command = ["report", str(tmp_path / "r.json"), "-o", str(tmp_path / "r.html"), "--template", str(tmp_path / "look")]
    assert main(command) == 2
    assert "report.html.j2:" in capsys.readouterr().err
    assert not (tmp_path / "r.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "audit", ["{}", "{ignore: []}", "{select: []}", "{rules: {vanishing-gradient: {}}}", "\n  rules:\n    {}"]
)
def test_empty_collections_are_fixed_around(tmp_path: Path, audit: str) -> None:
    """The whole command: a finding, its fix, the file."""
    path = tmp_path / "m.yaml"
    path.write_text(f"layers: [2, 8, 1]\nactivation: tanh\ninit: zeros\nloss: mse\ndata: xor\naudit: {audit}\n")
    assert main(["fix", "--write", "-q", str(path)]) in (0, 1)
    assert "init: glorot_normal\n" in path.read_text()
    assert path.read_text().endswith(f"audit: {audit}\n")
