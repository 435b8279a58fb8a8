"""Train on small batches."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec


class Shuffle:
    """For a run that takes all rows at once."""

    name = "shuffle"
    tells_cause = False
    addresses = ("plateau",)

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """Batches of 32 where none are named."""
        if spec.batch_size is None:
            yield Fix("batches of 32 rows", (Change("batch_size", None, 32),), "noise leaves flat ground sooner")
