"""The new remedy is proposed where its rule speaks."""

from __future__ import annotations

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Finding, Severity
from gradaudit.inputs import from_document
from gradaudit.remedies import propose


def test_it_is_proposed() -> None:
    """For a plateau of a model that takes all rows at once, and for no other finding."""
    spec = from_document({"layers": [2, 4, 1], "loss": "mse", "output": "identity"})
    rows = tuple(flatten(expand(spec)))
    kinds = [
        [fix.kind for fix in propose(spec, rows, Finding(rule, Severity.ERROR, "m", "c", {"measured": 0, "limit": 0}))]
        for rule in ("plateau", "dead-units")
    ]
    assert "shuffle" in kinds[0]
    assert "shuffle" not in kinds[1]
