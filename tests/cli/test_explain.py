from __future__ import annotations

import pytest

from gradaudit import rules


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.name)
def test_a_manual_is_printed_whole(run, rule) -> None:
    """explain prints the rule's docstring with its sections, and every threshold with its value."""
    done = run("explain", rule.name)

    assert done.status == 0
    assert done.out.startswith(f"{rule.name}\n\n")
    for section in ("What it measures", "Why it hurts", "What to do", "References"):
        assert f"\n{section}\n" in done.out
    for name in vars(rule):
        assert f"    {name}: " in done.out


def test_a_threshold_is_shown_as_a_spec_sets_it(run) -> None:
    """The manual's last line can be put into a spec, and each threshold has its reason below it."""
    shown = run("explain", "vanishing-gradient").out
    assert "audit: {rules: {vanishing-gradient: {ratio_limit: 0.001, " in shown
    assert "tanh and He-initialised ReLU stay above 0.05" in " ".join(shown.split())


def test_what_is_no_rule_but_has_a_manual_is_explained(run) -> None:
    """A comment that silences nothing is reported under a name, too."""
    done = run("explain", "unused-suppression")

    assert done.status == 0
    assert "\nWhat to do\n" in done.out


def test_an_unknown_rule_names_the_nearest(run) -> None:
    """A name that no rule has is exit 2."""
    done = run("explain", "vanishing-gradients")

    assert done.status == 2
    assert "'vanishing-gradients' is no rule; did you mean 'vanishing-gradient'?" in done.err
