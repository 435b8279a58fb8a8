"""What a remedy is: it proposes edits of the spec for a finding, and says why. Others try them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Finding, Fix
from gradaudit.domain.spec import ModelSpec

GROWS_WITH_DEPTH = (
    "vanishing-gradient",
    "exploding-gradient",
    "non-finite-values",
    "dead-units",
    "representation-collapse",
    "seed-sensitivity",
)
"""The rules whose trouble each further layer adds to."""


class Remedy(Protocol):
    """One kind of change, with the rules whose findings it may clear."""

    @property
    def name(self) -> str:
        """What kind of change it is."""

    @property
    def tells_cause(self) -> bool:
        """Whether it takes a fault away by itself: what such a change clears when it is made alone, it has caused.

        False for what helps with most faults, whatever they are (another optimizer, a norm, a skip).
        """

    @property
    def addresses(self) -> tuple[str, ...]:
        """The rules whose findings it may clear."""

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """Candidate fixes, the least surprising first; none where the spec leaves nothing to change.

        Without a finding the run fails and nobody knows why: what the remedy would change then.
        """
