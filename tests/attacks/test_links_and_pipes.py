"""Pipes, devices and links in the place of any input file: one message and status 2, nothing waited for or shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradaudit.cli import main

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here, and links need a right")

NOT_YOURS = "root:x:0:0,hunter2,-----BEGIN PRIVATE KEY-----\n"
SPEC = "layers: [2, 1]\noutput: identity\n"
SOURCES = tuple(
    f"model.{suffix}"
    for suffix in "yaml yml json joblib pkl pickle skops keras onnx".split()  # noqa: SIM905
)
PARTS = {
    "data.csv": "data: {name: csv, path: data.csv}\n",
    "data.npz": "data: {name: npz, path: data.npz}\n",
    "weights.npz": "weights: weights.npz\n",
    "weights.safetensors": "weights: weights.safetensors\n",
}
"""Files that a spec names, each with the line that does."""
OPTIONS = {
    "before.json": ("--baseline", "before.json"),
    "settings.toml": ("--config", "settings.toml"),
    "look/report.html.j2": ("--template", "look", "-o", "r.html"),
    "given.csv": ("--data", "given.csv"),
}
"""Files that a caller names, each with the words that do."""
EVERY = (*SOURCES, *PARTS, *OPTIONS)


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, with a secret beside it."""
    (tmp_path / "secret").write_text(NOT_YOURS)
    (here := tmp_path / "work").mkdir()
    (here / "look").mkdir()
    for name in ("CI", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GRADAUDIT_WORKSPACE", "GRADAUDIT_OUTSIDE_FILES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(here)
    yield here
    assert (tmp_path / "secret").read_text() == NOT_YOURS


def called(name: str) -> tuple[str, ...]:
    """The command that reads the file of that name, the spec in front of it being written."""
    if name in SOURCES:
        return ("check", name)
    Path("spec.yaml").write_text(SPEC + PARTS.get(name, ""))
    return ("check", "spec.yaml", *OPTIONS.get(name, ()))


Refused = Callable[[str], str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """The one line in which reading the file ends."""

    def refusal(name: str) -> str:
        status = main(called(name))
        out, err = capsys.readouterr()
        assert status == 2, (name, out, err)
        (line,) = err.splitlines()
        assert Path(name).name in line or name.split("/", maxsplit=1)[0] in line
        assert not any(part in out + err for part in ("root", "hunter2", "PRIVATE", "Traceback"))
        return line

    return refusal


@pytest.mark.parametrize("name", EVERY)
def test_a_pipe_is_not_waited_for(name: str, refused: Refused) -> None:
    """Nobody writes to it."""
    os.mkfifo(name)

    assert "no regular file" in refused(name) or name.startswith("look/")


@pytest.mark.parametrize("name", EVERY)
def test_a_link_to_a_device_is_not_read(name: str, refused: Refused) -> None:
    """/dev/zero never ends."""
    Path(name).symlink_to("/dev/zero")

    assert "no regular file" in refused(name) or name.startswith("look/")


@pytest.mark.parametrize("name", EVERY)
def test_in_ci_a_link_out_of_the_workspace_is_not_read(
    name: str, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another link, and from a folder below, too: the log may be public."""
    monkeypatch.setenv("CI", "true")
    Path("up").symlink_to("..")
    Path(name).symlink_to(Path("..") / "up" / "secret" if "/" in name else Path("up/secret"))

    assert "lies outside" in (line := refused(name)) or "leads out of the workspace, which is refused in CI" in line


@pytest.mark.parametrize("path", ["../secret", "{}/secret", "up/secret", "/etc/passwd"])
@pytest.mark.parametrize(
    "line", ["data: {{name: csv, path: '{}'}}", "data: {{name: npz, path: '{}'}}", "weights: '{}'"]
)
def test_in_ci_a_spec_names_nothing_outside_the_workspace(
    line: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is there, and whether it is: the message has the spec's line and the path as it says it."""
    monkeypatch.setenv("CI", "true")
    Path("up").symlink_to("..")
    Path("spec.yaml").write_text(SPEC + line.format(path.format(tmp_path)) + "\n")

    assert main(("check", "spec.yaml")) == 2
    err = capsys.readouterr().err
    assert err.startswith("spec.yaml:3:")
    assert "leads out of the workspace, which is refused in CI; GRADAUDIT_OUTSIDE_FILES=1" in err
    assert not any(part in err for part in ("root:", "hunter2", "no such file"))


def test_links_inside_and_data_outside_on_one_s_own_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In CI a link within the workspace is a file like others; elsewhere, and where it is allowed, so is any."""
    rows = "a,b,y\n" + "".join(f"{k},{k % 3},{k % 2}.5\n" for k in range(8))
    for place in (Path("rows.csv"), tmp_path / "rows.csv"):
        place.write_text(rows)
    Path("inside.csv").symlink_to("rows.csv")
    words = ("check", "spec.yaml", "--effort", "quick", "--seeds", "1", "--select", "symmetric-units")

    def status(path: str) -> int:
        Path("spec.yaml").write_text(f"{SPEC}data: {{name: csv, path: {path}}}\n")
        return main(words)

    assert status("../rows.csv") == 0, capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    assert status("inside.csv") == 0, capsys.readouterr().err
    assert status("../rows.csv") == 2
    monkeypatch.setenv("GRADAUDIT_OUTSIDE_FILES", "true")
    assert status("../rows.csv") == 0, capsys.readouterr().err
