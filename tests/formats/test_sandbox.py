"""Someone's own templates: every fault is one message with file and line; none runs for ever, or takes all memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit.errors import InputError
from gradaudit.formats import sandbox
from gradaudit.formats.templates import check_templates, rendered

NAME = "report.html.j2"
LONG = "{% for a in range(9999) %}{% endfor %}"


def render(folder: Path, template: str) -> str:
    """What the template makes, read and run as a page would be."""
    (folder / NAME).write_text(template)
    check_templates(folder)
    return rendered(NAME, folder, page={}, created="")


@pytest.mark.parametrize(
    ("template", "line", "says"),
    [
        ("a\n{# x", 2, "Missing end of comment tag"),
        ("a\n{{ 'x", 2, "unexpected char"),
        ("{{ " + "(" * 500, 1, "recursion depth"),
        ("{{ 1" + "+1" * 20_000 + " }}", 1, "recursion depth"),
        ("{{ 1" + "0" * 5000 + " }}", 1, "4300 digits"),
        ("\n{{ 1/0 }}", 2, "division by zero"),
        ("{{ page.nope }}", 1, "has no attribute 'nope'"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "recursion depth"),
        (f"{{% include '{NAME}' %}}", 1, "recursion depth"),
        ("{% import 'nope' as x %}", 1, "there is no template 'nope'"),
        ("{{ ''.__class__ }}", 1, "unsafe"),
        ("{{ 9**9**9 }}", 1, "a power of more than 1,000"),
        ("{{ 'a' * 10**3 * 10**3 * 10 }}", 1, "more than 4,000,000 characters or items"),
        ("{{ [1] * 9999999 }}", 1, "more than 4,000,000 characters or items"),
        ("{{ '%99999999d' % 1 }}", 1, "too large"),
        ("{{ '%99999999d'|format(1) }}", 1, "too large"),
        ("{{ '{:>99999999}'.format(1) }}", 1, "too large"),
        ("{{ '{:{}}'.format(1, 99999999) }}", 1, "too large"),
        ("{{ ''.center(999999999) }}", 1, "too large"),
        ("{{ [1]|batch(999999999, 0)|list }}", 1, "too large"),
        (
            "{% set n = namespace(x='aa') %}{% for i in range(40) %}\n{% set n.x = n.x ~ n.x %}{% endfor %}",
            2,
            "'~' makes",
        ),
        (
            "{% set n = namespace(x='aa') %}{% for i in range(40) %}\n{% set n.x = n.x + n.x %}{% endfor %}",
            2,
            "'+' makes",
        ),
    ],
)
def test_a_fault_is_one_message_with_its_line(tmp_path: Path, template: str, line: int, says: str) -> None:
    """At load and at render alike."""
    with pytest.raises(InputError) as caught:
        render(tmp_path, template)
    (problem,) = caught.value.problems
    assert problem.location is not None
    assert (problem.location.file, problem.location.line) == (str(tmp_path / NAME), line)
    assert says in problem.message
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    "loop",
    [
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        f"{{% macro m() %}}{LONG}{{% endmacro %}}{LONG.replace('%}{', '%}{{ m() }}{')}",
        "{% for a in range(9999) %}{% set x = range(9999)|map('string')|list %}{% endfor %}",
    ],
)
def test_a_loop_that_runs_for_long_is_ended(tmp_path: Path, loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its steps, or, where each of them is long, by its time."""
    monkeypatch.setattr(sandbox, "MAX_STEPS", 20_000)
    monkeypatch.setattr(sandbox, "MAX_SECONDS", 0.5)
    with pytest.raises(InputError, match="a loop in it runs for too long"):
        render(tmp_path, loop)


def test_what_pages_do_is_as_it_was(tmp_path: Path) -> None:
    """Arithmetic, joined text, escapes, filters that take the context."""
    template = "{{ 12345678 * 10 + 2 ** 3 }} {{ '<' ~ 1 ~ ('<b>'|safe) }} {{ '%.1f' % 2 }} {{ [3, 1]|sort|join(',') }}"
    assert render(tmp_path, template) == "123456788 &lt;1<b> 2.0 1,3"
