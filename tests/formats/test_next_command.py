from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import Model, ModelReport, Report, Settings
from gradaudit.formats.next_command import next_command

VERIFIED = Fix("relu", (Change("activation", "sigmoid", "relu"),), verified=True, clears=("r",), after={"loss": 0.1})
TRIED = Fix("wider", (Change("layers[1]", 8, 64),), after={"loss": 2.0})
UNTRIED = Fix("fewer layers", (Change("layers[1].repeat", 9, 2),))


def found(*fixes: Fix, severity: Severity = Severity.ERROR, rule: str = "r") -> Finding:
    """A finding with these fixes."""
    return Finding(rule, severity, "m", "c", {}, fixes=fixes)


def model(*findings: Finding, command: str = "gradaudit check m.yaml") -> ModelReport:
    """A model with these findings."""
    return ModelReport(Model("m", "m.yaml", 1, 1, ()), Settings(), "", "A summary.", findings, Measurements(), command)


def next_of(*models: ModelReport) -> str:
    """What to type next."""
    return next_command(Report(models))


def test_next_comes_fix_with_the_same_source_seeds_and_data() -> None:
    """What only check knows is left out; words with blanks stay one."""
    called = "gradaudit check 'my model.yaml' --seeds 4 --effort quick --select r --data d.csv:y"

    assert (
        next_of(model(found(VERIFIED), command=called))
        == "next: gradaudit fix 'my model.yaml' --seeds 4 --data d.csv:y"
    )
    assert next_of(model(found(UNTRIED))) == "next: gradaudit fix m.yaml"


def test_a_name_with_a_line_break_is_typed_on_one_line() -> None:
    """As bash and zsh read it."""
    called = shlex.join(["gradaudit", "check", "a\nb.yaml"])

    assert next_of(model(found(VERIFIED), command=called)) == r"next: gradaudit fix $'a\012b.yaml'"


def test_several_models_are_counted() -> None:
    """One command, and how many more it is good for."""
    both = [model(found(VERIFIED), command=f"gradaudit check {name}.yaml") for name in "ab"]

    assert next_of(*both) == "next: gradaudit fix a.yaml   (and 1 more)"


@pytest.mark.parametrize(
    "models",
    [
        (model(found()),),
        (model(found(replace(TRIED, introduces=("x",)))),),
        (model(found(VERIFIED)),) * 2,
        (model(found(VERIFIED), command="gradaudit check -"),),
    ],
    ids=["no fix", "in vain", "two models in one source", "standard input"],
)
def test_where_fix_cannot_help_the_manual_does(models: tuple[ModelReport, ...]) -> None:
    """No fix is known, or `fix` would refuse the source."""
    assert next_of(*models) == "next: gradaudit explain r"


@pytest.mark.parametrize("command", ["", "gradaudit check", "gradaudit", "python x.py", "gradaudit check 'a"])
def test_nothing_is_advised_where_the_command_is_unknown(command: str) -> None:
    """Reports made in Python have none, and reports from elsewhere may have any."""
    assert next_of(model(found(VERIFIED), command=command)) == ""


def test_nothing_is_advised_to_the_healthy() -> None:
    """Information alone is no trouble."""
    assert next_of(model(found(VERIFIED, severity=Severity.INFO)), model()) == ""


def test_what_was_not_shown_to_learn_is_worth_more_effort() -> None:
    """As long as there is more of it."""
    unsure = replace(model(command="gradaudit check m.yaml --effort quick"), conclusive=False)
    assert next_of(unsure) == "next: gradaudit check m.yaml --effort thorough"
    assert not next_of(replace(unsure, settings=Settings(effort="thorough")))


def test_a_run_of_the_whole_plan_cannot_be_made_longer() -> None:
    """Where all targets are equal it shows nothing, and no effort would."""
    unsure = replace(model(), conclusive=False, covered=20, planned=50)

    assert next_of(unsure) == "next: gradaudit check m.yaml --effort thorough"
    assert next_of(replace(unsure, covered=50)) == ""
