"""`gradaudit fix`: the diff and the numbers, written only where the file is a spec that nobody touched meanwhile."""

from __future__ import annotations

import importlib
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gradaudit.api import Subject, load
from gradaudit.cli import fix as room
from gradaudit.cli import main
from gradaudit.cli.status import Status
from gradaudit.errors import InputError
from gradaudit.text.text_style import TextStyle

SAMPLES = Path(__file__).parents[2] / "sample_models"
SICK = """\
# a comment above
layers: [2, 8, 8, 1]   # two hidden layers
activation: tanh

init: zeros            # never learns
loss: binary_cross_entropy
optimizer: {name: sgd, learning_rate: 0.5}
epochs: 100
data: xor
"""
CHANGE = re.compile(r" -> |\(new\)$")
"""What a line about one change has."""
HEALTHY = SICK.replace("zeros ", "glorot_uniform ")


def count_calls(function: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each call of it from now on."""
    calls: list[object] = []
    module, _, name = function.rpartition(".")
    real = getattr(importlib.import_module(module), name)
    monkeypatch.setattr(function, lambda *given, **named: calls.append(given) or real(*given, **named))
    return calls


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec that one change heals, in the working directory."""
    monkeypatch.chdir(tmp_path)
    path = Path("model.yaml")
    path.write_text(SICK)
    return path


def test_the_diff_and_the_numbers_are_shown_and_nothing_is_written(model: Path, capsys) -> None:
    """Changes proposed: status 1. git takes what is printed as a patch."""
    assert main(["fix", "model.yaml"]) == Status.FINDINGS
    shown = capsys.readouterr()
    assert "-init: zeros            # never learns\n+init: glorot_normal    # never learns" in shown.out
    assert "verified: fixes every error and warning" in shown.out
    assert "Share of seeds that learn" in shown.out
    assert "[Glorot" not in shown.out
    assert shown.err == ""
    assert model.read_text() == SICK
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "apply", "-"], input=shown.out, text=True, check=True)
    assert model.read_text() == SICK.replace("zeros        ", "glorot_normal")


def test_writing_changes_that_line_alone_and_checks_again(model: Path, capsys) -> None:
    """Cleared: status 0, and the second time there is nothing to change."""
    assert main(["fix", "--write", "model.yaml"]) == Status.CLEAN
    shown = capsys.readouterr()
    assert shown.out.endswith("checked again: healthy\n")
    assert shown.err == "wrote model.yaml\n"
    assert model.read_text() == SICK.replace("zeros        ", "glorot_normal")
    assert main(["fix", "--write", "model.yaml"]) == Status.CLEAN
    assert capsys.readouterr().out == "nothing to change: no error and no warning\n"


def test_a_plan_is_searched_once(model: Path, capsys, monkeypatch) -> None:
    """The same words again, and the audit before it is `check`'s too; --no-cache keeps nothing and asks nothing."""
    monkeypatch.delenv("GRADAUDIT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("home").resolve()))
    audits = count_calls("gradaudit.auditing.pipeline.audit", monkeypatch)
    outputs = [(main(["fix", "model.yaml", *more]), capsys.readouterr().out) for more in (["--no-cache"], [], [])]
    assert outputs[0] == outputs[1] == outputs[2]
    assert len(audits) == 2
    assert main(["check", "model.yaml"]) == Status.FINDINGS
    assert len(audits) == 2
    assert main(["fix", "model.yaml", "--max-changes", "1", "-q"]) == Status.FINDINGS
    assert len(audits) == 3


def test_a_file_that_changed_meanwhile_is_left_alone(model: Path, capsys, monkeypatch) -> None:
    """The search takes seconds, in which a person may save the file."""
    edited = room.SpecFile.edited
    later = SICK + "# saved meanwhile\n"

    def slow(self, *given):
        model.write_text(later)
        return edited(self, *given)

    monkeypatch.setattr(room.SpecFile, "edited", slow)
    assert main(["fix", "--write", "model.yaml"]) == Status.NOT_AUDITED
    assert "model.yaml: has changed since it was read, so nothing was written; run fix again" in capsys.readouterr().err
    assert model.read_text() == later


def test_where_nothing_that_is_allowed_helps_it_says_so(model: Path, capsys) -> None:
    """With what was tried, and status 1."""
    assert main(["fix", "--allow", "optimizer", "--write", "model.yaml"]) == Status.FINDINGS
    shown = capsys.readouterr().out
    assert shown.startswith("no change that was tried helps; still found: ")
    assert "use adam with learning rate 0.001: leaves" in shown
    assert model.read_text() == SICK


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--only", "vanishing"], "'vanishing' is no rule; did you mean 'vanishing-gradient'?"),
        (["--allow", "activations"], "'activations' is no kind of change; did you mean 'activation'?"),
        (["--max-changes", "0"], "'--max-changes'"),
    ],
)
def test_unknown_names_are_refused(model: Path, capsys, arguments, says) -> None:
    """Before anything is measured, with the nearest name."""
    assert main(["fix", *arguments, "model.yaml"]) == Status.NOT_AUDITED
    assert says in capsys.readouterr().err


ESTIMATOR = """\
from sklearn.datasets import make_moons
from sklearn.neural_network import MLPClassifier
X, y = make_moons(60, random_state=0)
model = MLPClassifier((6,) * 8, activation="logistic", solver="sgd", learning_rate_init=0.1, max_iter=30)
bundle = model, X, y
"""


def test_an_estimator_gets_a_line_of_python_and_no_diff(tmp_path: Path, capsys, monkeypatch) -> None:
    """Nothing can be written to it, and that is said before anything is measured."""
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(ESTIMATOR)
    assert main(["fix", "train.py:bundle"]) == Status.FINDINGS
    shown = capsys.readouterr().out
    assert "in scikit-learn: " in shown
    assert "@@" not in shown
    assert main(["fix", "--write", "train.py:bundle"]) == Status.NOT_AUDITED
    assert "is no spec file, so nothing can be written to it" in capsys.readouterr().err


def test_quiet_prints_the_patch_alone(model: Path, capsys) -> None:
    """For a pipe into git."""
    assert main(["fix", "-q", "model.yaml"]) == Status.FINDINGS
    shown = capsys.readouterr().out
    assert shown.startswith("--- a/model.yaml\n")
    assert shown.count("\n") == shown.count("\n ") + 5  # two heads, a place, a line out and a line in


def test_a_line_of_the_spec_commands_no_runner() -> None:
    """GitHub's would obey a line of the diff that begins with `::`, whatever stands before it."""
    shown = room.Shown(None, "  ::stop-commands::x\n+name: \t\x1b[2Ja\n", style=TextStyle(), detail="quiet")  # type: ignore[arg-type]

    assert shown.text() == "  : :stop-commands::x\n+name: \t\\x1b[2Ja\n"


def test_the_plan_is_as_wide_as_the_terminal(model: Path, capsys, monkeypatch) -> None:
    """Its prose is; the diff is the file's own."""
    monkeypatch.setenv("COLUMNS", "50")
    main(["fix", "model.yaml", "--seeds", "2"])

    last = capsys.readouterr().out.rpartition("\n\n")[2].splitlines()
    assert last[0].startswith(("verified: ", "tried: "))
    assert len(last) > 1
    assert max(map(len, last)) <= 50


def test_a_healthy_model_is_status_0(model: Path, capsys) -> None:
    """Without a word too much."""
    model.write_text(HEALTHY)
    assert main(["fix", "model.yaml"]) == Status.CLEAN
    assert capsys.readouterr().out == "nothing to change: no error and no warning\n"


def test_an_interrupt_shows_the_best_so_far(model: Path, capsys, monkeypatch) -> None:
    """Status 130, and nothing is written."""

    def stopped(self, *step):
        raise KeyboardInterrupt

    monkeypatch.setattr(room.Progress, "searching", stopped)
    assert main(["fix", "--write", "model.yaml"]) == Status.INTERRUPTED
    assert "interrupted before anything helped" in capsys.readouterr().err
    assert model.read_text() == SICK


def test_bad_input_is_one_message(tmp_path: Path, capsys, monkeypatch) -> None:
    """A file that is missing or no spec."""
    monkeypatch.chdir(tmp_path)
    assert main(["fix", "gone.yaml"]) == Status.NOT_AUDITED
    assert capsys.readouterr().err == "gone.yaml: there is no such file\n"
    Path("wrong.yaml").write_text("layers: [2, many, 1]\n")
    assert main(["fix", "--write", "wrong.yaml"]) == Status.NOT_AUDITED
    assert capsys.readouterr().err.startswith("wrong.yaml:1:13: ")


def test_a_keras_model_in_json_is_no_spec_to_write_to() -> None:
    """Its suffix is a spec's, its content is not: the changes can be shown alone."""
    sample = str(SAMPLES / "keras-sigmoid.json")
    assert room.SpecFile.of(sample, load(sample), writes=False) is None
    with pytest.raises(InputError, match="is no spec file, so nothing can be written to it"):
        room.SpecFile.of(sample, load(sample), writes=True)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ((), "holds no model"),
        (("a", "b"), "holds 2 models (a, b); make specs of them (gradaudit convert -o '{name}.yaml') and fix one"),
    ],
)
def test_it_takes_one_model(names: tuple[str, ...], says: str, model: Path, capsys, monkeypatch) -> None:
    """Several are named, with how to part them."""
    found = tuple(Subject(replace(load(model), name=name)) for name in names)
    monkeypatch.setattr(room, "subjects", lambda *_, **__: found)

    assert main(["fix", "many.joblib"]) == Status.NOT_AUDITED
    assert f"many.joblib: {says}" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("name", ["symmetric-units", "unscaled-inputs"])
def test_samples_are_healed_on_the_lines_that_are_named(name, tmp_path: Path, capsys, monkeypatch) -> None:
    """The samples' own labels say that they are sick; after fix a check with other seeds says that they are not."""
    sample = SAMPLES / f"{name}.yaml"
    monkeypatch.chdir(tmp_path)
    path = Path(sample.name)
    path.write_text(sample.read_text())
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", path.name], check=True)
    assert main(["fix", "--write", path.name]) == Status.CLEAN
    named = {line.split(":")[0].strip() for line in capsys.readouterr().out.splitlines() if CHANGE.search(line)}
    diff = subprocess.run(["git", "diff", "-U0"], capture_output=True, text=True, check=True).stdout
    touched = [line for line in diff.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert 0 < len(touched) <= len(named)
    assert main(["check", "--seed", "7", path.name]) == Status.CLEAN
