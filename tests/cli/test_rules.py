from __future__ import annotations

from gradaudit import rules


def test_every_rule_has_a_line(run) -> None:
    """The list has each rule's name and summary, in order."""
    lines = run("rules").out.splitlines()

    assert [line.split(maxsplit=1) for line in lines] == [[rule.name, rule.summary] for rule in rules.ALL]
