from __future__ import annotations

import sys

import pytest


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (MemoryError(), 2, "model.yaml: there is not enough memory to audit it\n"),
        (SystemExit(0), 2, "model.yaml: its own code ended the program\n"),
        (PermissionError(13, "Permission denied", "data.csv"), 2, "model.yaml: data.csv: permission denied\n"),
    ],
)
def test_what_a_person_can_mend_is_one_line(
    run, spec, pipeline, error: BaseException, status: int, message: str
) -> None:
    """Too little memory, code that ends the program, a file that may not be read: a line each and exit 2."""
    pipeline.raises = {"model": error}

    done = run("check", "model.yaml")

    assert (done.status, done.err) == (status, message)


def test_a_fault_of_our_own_does_not_stop_the_next_model(run, spec, pipeline, folder) -> None:
    """An exception nobody expected is exit 3, one line without traceback, and the next source is audited."""
    (folder / "next.yaml").write_text("layers: [2, 1]\n")
    pipeline.raises = {"model": KeyError("oh")}

    done = run("check", "model.yaml", "next.yaml")

    assert done.status == 3
    assert done.err.splitlines()[0] == "model.yaml: internal error: KeyError: 'oh'"
    assert "Please report it" in done.err
    assert "Traceback" not in done.err
    assert "next (next.yaml): healthy" in done.out
    assert done.out.endswith("0 errors, 0 warnings in 1 model; 1 fault of gradaudit's own\n")


def test_verbose_shows_where_it_happened(run, spec, pipeline) -> None:
    """With -v a fault comes with its traceback."""
    pipeline.raises = {"model": KeyError("oh")}

    done = run("check", "model.yaml", "-v")

    assert done.status == 3
    assert "Traceback (most recent call last):" in done.err
    assert done.err.count("model.yaml: internal error") == 1


def test_an_interrupt_is_not_a_failure_of_a_source(run, spec, pipeline) -> None:
    """Ctrl-C ends the whole run with 130, prints no report and no traceback."""
    pipeline.raises = {"model": KeyboardInterrupt()}

    done = run("check", "model.yaml")

    assert (done.status, done.out) == (130, "")
    assert done.err.strip() == "interrupted"


def test_hostile_names_cannot_command_a_terminal_or_a_runner(run, folder, pipeline) -> None:
    """A file name with an escape, a line feed or a runner's command is told of harmlessly."""
    name = "\x1b[31m\n::error::x.yaml"

    done = run("check", name)

    assert done.status == 2
    assert "\x1b" not in done.err
    assert not any(line.startswith("::") for line in done.err.splitlines())
    assert len(done.err.splitlines()) == 1


def test_a_python_object_brings_its_own_data(run, folder, pipeline) -> None:
    """`path.py:NAME` that gives (model, X, y) is audited on that X and y."""
    (folder / "models.py").write_text("def model():\n    return {'layers': [2, 1]}, [[0, 1], [1, 0]], [0, 1]\n")

    done = run("check", "models.py:model")

    assert (done.status, done.err) == (0, "")
    assert pipeline.calls[0]["X"] == [[0, 1], [1, 0]]
    assert pipeline.calls[0]["spec"].source == "models.py:model"


def test_a_closed_standard_input_does_not_stop_the_next_source(run, spec, pipeline, monkeypatch) -> None:
    """`-` without a standard input is a failure like any other."""
    monkeypatch.setattr(sys, "stdin", None)

    done = run("check", "-", "model.yaml")

    assert (done.status, done.err) == (2, "-: there is no standard input\n")
    assert "model (model.yaml): healthy" in done.out
