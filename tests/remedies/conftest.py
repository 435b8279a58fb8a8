"""Findings as the rules would raise them, and a remedy's proposals for them."""

from __future__ import annotations

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Finding, Fix, Severity
from gradaudit.domain.spec import ModelSpec, Plain
from gradaudit.editing.spec_changes import apply
from gradaudit.remedies import Remedy


@pytest.fixture
def propose():
    """A remedy's fixes for a finding of one rule; every fix must change something and say why."""

    def proposed(remedy: Remedy, spec: ModelSpec, rule: str, **finding: object) -> list[Fix]:
        evidence: dict[str, Plain] = {"measured": 0.0, "limit": 1.0}
        given = {"stage": "initialised", "evidence": evidence, **finding}
        rows = tuple(row for row in flatten(expand(spec)) if row.kind == "dense")
        fixes = list(remedy.propose(spec, rows, Finding(rule, Severity.ERROR, "m", "c", **given)))
        for fix in fixes:
            assert fix.title
            assert fix.why
            assert fix.changes
            assert not fix.verified
            assert apply(spec, fix.changes) != spec
        return fixes

    return proposed
