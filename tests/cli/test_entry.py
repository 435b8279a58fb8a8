from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gradaudit import __version__
from gradaudit.cli import main


def test_an_unknown_command_is_a_usage_error(run) -> None:
    """A command that does not exist is exit 2, with the nearest name and no traceback."""
    done = run("chek")

    assert done.status == 2
    assert "'chek' is no command; did you mean 'check'?" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "arguments",
    [("check",), ("check", "--nonsense", "a.yaml"), ("check", "a.yaml", "--seeds", "0"), ("explain",), ("-x",)],
)
def test_wrong_usage_exits_2(run, arguments: tuple[str, ...]) -> None:
    """Missing arguments, unknown options and impossible values are exit 2."""
    done = run(*arguments)

    assert done.status == 2
    assert "Error: " in done.err
    assert "Traceback" not in done.err


def test_the_version_is_printed(run) -> None:
    """--version prints the package's version."""
    assert run("--version").out == f"gradaudit {__version__}\n"


def test_a_value_of_the_environment_is_checked_too(run, spec, monkeypatch) -> None:
    """GRADAUDIT_CHECK_SEEDS with an impossible value is a usage error."""
    monkeypatch.setenv("GRADAUDIT_CHECK_SEEDS", "many")

    assert run("check", "model.yaml").status == 2


@pytest.mark.parametrize("verbose", [False, True])
def test_a_fault_of_our_own_exits_3(run, monkeypatch, verbose: bool) -> None:
    """An unexpected exception says that it is gradaudit's fault and how to report it; -v shows where."""
    monkeypatch.setattr("gradaudit.cli.check.refuse_to_overwrite", lambda *_: 1 / 0)

    done = run("check", "model.yaml", *(["-v"] if verbose else []))

    assert done.status == 3
    assert "internal error: ZeroDivisionError: division by zero" in done.err
    assert "Please report it" in done.err
    assert ("Traceback" in done.err) is verbose


def test_an_unexpected_end_of_input_is_no_interrupt(run, monkeypatch) -> None:
    """click takes EOFError for Ctrl-D at a prompt; here it is a fault."""

    def end(*_: object) -> None:
        raise EOFError("no more")

    monkeypatch.setattr("gradaudit.cli.check.refuse_to_overwrite", end)

    assert run("check", "model.yaml").status == 3


def test_an_error_of_the_system_exits_2(run, monkeypatch) -> None:
    """An OSError is a message that names the file, and exit 2."""

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error", "disk")

    monkeypatch.setattr("gradaudit.cli.check.refuse_to_overwrite", fail)

    done = run("check", "model.yaml")

    assert (done.status, done.err) == (2, "disk: input/output error\n")


def test_blas_is_told_to_use_one_thread(monkeypatch, capsys) -> None:
    """Whatever the environment says, the program computes with one BLAS thread."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")

    main(["--version"])

    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


def test_the_module_is_the_program(launch) -> None:
    """`python -m gradaudit` answers like `gradaudit`."""
    process = launch("--help")
    out, err = process.communicate()

    assert process.returncode == 0
    assert out.startswith(b"Usage: gradaudit [OPTIONS] COMMAND [ARGS]...")
    assert err == b""


def left_by_its_reader(launch, *arguments: str, **given: object) -> tuple[int, bytes]:
    """Status and standard error of the program whose standard output nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = launch(*arguments, stdout=writer, **given)
    finally:
        os.close(writer)
    _, err = process.communicate()
    return process.returncode, err


@pytest.mark.parametrize(("findings", "status"), [(0, 0), (1, 1)])
def test_a_closed_pipe_keeps_the_status(launch, spec: Path, findings: int, status: int) -> None:
    """A reader that leaves, as `head` does, changes neither the status nor says anything."""
    assert left_by_its_reader(launch, "check", "model.yaml", findings=findings) == (status, b"")


@pytest.mark.parametrize("arguments", [("--help",), ("check", "--help"), ("rules",), ("schema",)])
def test_a_closed_pipe_is_no_failure(launch, arguments: tuple[str, ...]) -> None:
    """Help, lists and manuals into a closed pipe are exit 0 without a word."""
    assert left_by_its_reader(launch, *arguments) == (0, b"")


def test_both_streams_closed_keep_the_status(launch, spec: Path) -> None:
    """With nobody reading messages either, the status is still the computed one."""
    reader, writer = os.pipe()
    os.close(reader)
    process = launch("check", "model.yaml", "missing.yaml", findings=1, stdout=writer, stderr=writer)
    os.close(writer)

    assert process.wait() == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_told_of(launch, spec: Path) -> None:
    """Standard output that cannot be written is one message and exit 2."""
    with Path("/dev/full").open("wb") as full:
        process = launch("check", "model.yaml", findings=1, stdout=full)
        _, err = process.communicate()

    assert process.returncode == 2
    assert err == b"cannot write to standard output: No space left on device\n"


def test_another_encoding_is_overruled(launch, spec: Path, monkeypatch) -> None:
    """Where the locale's encoding lacks a character, UTF-8 is written all the same."""
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")

    process = launch("check", "λ.yaml")
    _, err = process.communicate()

    assert process.returncode == 2
    assert err.decode() == "λ.yaml: there is no such file\n"


WAITING = """
import sys, time
import gradaudit.auditing.pipeline

def wait(*_, **__):
    print("measuring", flush=True)
    time.sleep(60)

gradaudit.auditing.pipeline.audit = wait
from gradaudit.cli import main
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_an_interrupt_exits_130_and_leaves_nothing(launch, spec: Path, folder: Path) -> None:
    """Ctrl-C while measuring is exit 130 with a word, no traceback and no file."""
    process = launch("check", "model.yaml", "-o", "report.json", code=WAITING)
    assert process.stdout.readline() == b"measuring\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert err.strip() == b"interrupted"
    assert [path.name for path in folder.iterdir()] == ["model.yaml"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere Python reads file names as UTF-8 in any locale")
@pytest.mark.parametrize("source", ["möd→.yaml", "."])
def test_a_name_outside_ascii_is_the_same_in_every_locale(tmp_path: Path, source: str) -> None:
    """Where the locale knows ASCII alone, reports are those of any other, byte for byte."""
    (tmp_path / "möd→.yaml").write_text("layers: [2, 1]\ninit: nope\n")
    made = []
    for locale in ({"LC_ALL": "C.UTF-8"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        command = [sys.executable, "-m", "gradaudit", "check", source.encode(), "-o", "r.json"]
        done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **locale}, capture_output=True, check=False)
        report = tmp_path / "r.json"
        made.append((done.returncode, done.stdout, done.stderr, report.read_bytes() if report.exists() else b""))
        report.unlink(missing_ok=True)
    assert made[0] == made[1]
    assert "möd→.yaml:2:7".encode() in made[0][2]
