"""The new format is chosen by name and by ending."""

from __future__ import annotations

from pathlib import Path

from gradaudit.cli import main


def test_it_is_printed_and_written(tmp_path: Path, capsys) -> None:
    """By `--format`, and by the ending of `-o`."""
    spec = tmp_path / "m.yaml"
    spec.write_text("layers: [2, 4, 1]\nloss: mse\naudit: {seeds: 1, effort: quick}\n")
    main(["check", str(spec), "--format", "names", "-o", str(tmp_path / "out.names"), "--no-cache"])
    assert capsys.readouterr().out.endswith("\tm\n")
    assert (tmp_path / "out.names").read_text().endswith("\tm\n")
