from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from gradaudit import load
from gradaudit.auditing.options import configured_rules, resolve
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.errors import InputError
from gradaudit.rules import ALL, Rule


@dataclass(frozen=True)
class First(Rule):
    """A rule with two thresholds."""

    name = "first-rule"
    limit: float = 1.0
    share: float = 0.5


@dataclass(frozen=True)
class Second(Rule):
    """A rule without thresholds."""

    name = "second-rule"


RULES = (First(), Second())


def configured(**options):
    """The two rules, configured."""
    return configured_rules(RULES, resolve(AuditOptions(**options)))


def test_defaults_are_the_contracts():
    """Eight seeds from 0, 256 samples, standard effort, every rule as it is."""
    assert resolve().measured == resolve(AuditOptions()).measured == (8, 0, 256, "standard")
    assert configured() == RULES


def test_a_quick_audit_halves_the_seeds():
    """Unless somebody says how many."""
    assert resolve(AuditOptions(effort="quick")).measured == (4, 0, 256, "quick")
    assert resolve(AuditOptions(effort="quick"), AuditOptions(seeds=16)).seeds == 16


def test_the_first_place_that_says_a_thing_decides_it():
    """Command line above spec above configuration, key by key; 0 is a word, too."""
    resolved = resolve(
        AuditOptions(seed=0, select=("a",)),
        AuditOptions(seed=5, seeds=3, select=("b",)),
        AuditOptions(samples=7, seeds=1),
    )
    assert resolved.measured == (3, 0, 7, "standard")
    assert resolved.select == ("a",)


def test_thresholds_of_all_places_are_kept_and_the_first_wins():
    """Two places may set different thresholds of one rule."""
    upper = AuditOptions(thresholds=(("first-rule", "limit", 2.0),))
    lower = AuditOptions(thresholds=(("first-rule", "limit", 3.0), ("first-rule", "share", 0.1)))
    assert configured_rules(RULES, resolve(upper, lower))[0] == First(limit=2.0, share=0.1)


def test_select_and_ignore_choose_the_rules():
    """Selected and not ignored; the room's order stays."""
    assert configured(select=("second-rule", "first-rule")) == RULES
    assert configured(select=("second-rule",)) == (Second(),)
    assert configured(ignore=("second-rule",)) == (First(),)


def test_at_least_one_rule_must_be_left():
    """An audit that checks nothing would call everything healthy."""
    with pytest.raises(InputError, match="leave no rule to check"):
        configured(select=("first-rule",), ignore=("first-rule",))


@pytest.mark.parametrize("option", [{"select": ("frist-rule",)}, {"ignore": ("frist-rule",)}])
def test_an_unknown_rule_is_an_error_with_the_nearest_name(option):
    """A typo must not silence anything."""
    with pytest.raises(InputError, match="'frist-rule' is no rule; did you mean 'first-rule'"):
        configured(**option)


def test_where_no_name_is_near_all_are_listed():
    """The person chooses from what there is."""
    with pytest.raises(InputError, match="'x' is no rule; known are first-rule, second-rule"):
        configured(select=("x",))


@pytest.mark.parametrize(
    ("triple", "message"),
    [
        (("third", "limit", 1.0), "'third' is no rule"),
        (("first-rule", "limits", 1.0), "rules.first-rule: 'limits' is no threshold of it; did you mean 'limit'?"),
        (("second-rule", "limit", 1.0), "rules.second-rule: 'limit' is no threshold of it$"),
        (("first-rule", "limit", "much"), "rules.first-rule.limit: 'much' is no number"),
        (("first-rule", "limit", True), "rules.first-rule.limit: True is no number"),
        (("first-rule", "name", "x"), "'name' is no threshold of it"),
    ],
)
def test_thresholds_are_checked(triple, message):
    """A rule, a threshold or a number that is none is an error with its name."""
    with pytest.raises(InputError, match=message):
        configured(thresholds=(triple,))


def test_a_threshold_of_an_ignored_rule_still_needs_its_name():
    """A misspelt rule is found even where it would not run; a right one that is ignored is no error."""
    assert configured(ignore=("first-rule",), thresholds=(("first-rule", "limit", 2.0),)) == (Second(),)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_every_threshold_of_every_rule_can_be_set(rule):
    """They are fields of numbers, so that a spec can name them."""
    for name in (field.name for field in fields(rule)):
        options = AuditOptions(thresholds=((rule.name, name, 0.125),))
        (changed,) = (r for r in configured_rules(ALL, resolve(options)) if r.name == rule.name)
        assert getattr(changed, name) == 0.125


@pytest.mark.parametrize(
    ("audit", "place", "message"),
    [
        ("  select: [first-rule, frist-rule]", "m.yaml:4:24", "'frist-rule' is no rule"),
        ("  rules:\n    frist-rule: {limit: 1}", "m.yaml:5:5", "'frist-rule' is no rule"),
        ("  rules:\n    first-rule: {limt: 1}", "m.yaml:5:18", "'limt' is no threshold of it; did you mean 'limit'"),
        ("  rules:\n    first-rule: {limit: -1}", "m.yaml:5:18", "-1 is below 0"),
    ],
)
def test_what_a_spec_says_wrongly_has_its_line(tmp_path, monkeypatch, audit, place, message):
    """File, line and column, as for every other fault of a spec."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.yaml").write_text(f"layers: [2, 1]\ndata: xor\naudit:\n{audit}\n")
    spec = load("m.yaml")
    with pytest.raises(InputError) as caught:
        configured_rules(RULES, resolve(AuditOptions(), spec.audit), spec)
    assert str(caught.value).startswith(f"{place}: ")
    assert message in str(caught.value)
