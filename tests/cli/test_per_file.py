from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gradaudit.cli.per_file import PerFile, for_source
from gradaudit.domain.audit_options import AuditOptions


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("old.yaml", "old.yaml", True),
        ("old.yaml", "deep/down/old.yaml", True),
        ("old.yaml", "very-old.yaml", False),
        ("legacy", "legacy/a/b.yaml", True),
        ("legacy/", "legacy/b.yaml", True),
        ("models/*", "models/a/b.yaml", True),
        ("models/*.yaml", "models/a/b.yaml", False),
        ("models/**/*.yaml", "models/b.yaml", True),
        ("models/**/*.yaml", "models/a/c/b.yaml", True),
        ("models/**", "models/a/b.yaml", True),
        ("/models", "models/a.yaml", True),
        ("/models/a.yaml", "other/models/a.yaml", False),
        ("b?.yaml", "b1.yaml", True),
        ("b?.yaml", "b.yaml", False),
        ("b[12].yaml", "b2.yaml", True),
        ("b[!12].yaml", "b2.yaml", False),
        ("b[!12].yaml", "b3.yaml", True),
        ("a.yaml", "aXyaml", False),
        ("!models", "models/a.yaml", False),
        ("!models", "other/a.yaml", True),
        ("", "a.yaml", False),
        ("[", "[", True),
        ("*", "../outside.yaml", True),
    ],
)
def test_a_pattern_covers_what_a_person_expects(pattern: str, path: str, covered: bool) -> None:
    """As in ruff and .gitignore: names anywhere, folders with all in them, wildcards within a name."""
    assert PerFile(pattern, AuditOptions()).covers(path) is covered


@given(st.text(alphabet="[]!*?^-\\&~|/ab.", max_size=12), st.text(alphabet="[]!*?^-\\/ab.", max_size=12))
def test_no_pattern_is_too_strange(pattern: str, path: str) -> None:
    """Whatever stands in a pattern, it covers a path or does not, and `!` in front is the opposite."""
    assume(not pattern.startswith("!"))

    covered = PerFile(pattern, AuditOptions()).covers(path)

    assert PerFile(f"!{pattern}", AuditOptions()).covers(path) is not covered


def test_later_patterns_win_and_ignores_add_up(tmp_path: Path) -> None:
    """The section is below, then each pattern that covers the source, in their order."""
    section = AuditOptions(seeds=4, ignore=("plateau",), thresholds=(("dead-units", "share", 0.1),))
    rules = (
        PerFile("models", AuditOptions(fail_on="warning", ignore=("dead-units",))),
        PerFile("*.yml", AuditOptions(fail_on="error")),
        PerFile("a.yaml", AuditOptions(fail_on="never", ignore=("plateau", "saddle-point"))),
    )

    assert for_source(section, rules, str(tmp_path / "models" / "a.yaml"), tmp_path) == AuditOptions(
        seeds=4,
        fail_on="never",
        ignore=("plateau", "dead-units", "saddle-point"),
        thresholds=(("dead-units", "share", 0.1),),
    )


def test_an_object_is_covered_by_its_file(tmp_path: Path, monkeypatch) -> None:
    """`net.py:model` is in net.py; standard input is in no file, and no pattern covers it, not even a negated one."""
    monkeypatch.chdir(tmp_path)
    quiet = AuditOptions(fail_on="never")

    assert for_source(AuditOptions(), (PerFile("net.py", quiet),), "net.py:model", tmp_path) == quiet
    assert for_source(AuditOptions(), (PerFile("!net.py", quiet),), "-", tmp_path) == AuditOptions()
