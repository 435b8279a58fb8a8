"""What a finding is, apart from where it stands and what was measured: the key by which two reports are compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import PurePath

from gradaudit.domain.findings import Finding
from gradaudit.domain.report import Model


@dataclass(frozen=True, slots=True)
class Identity:
    """A finding's model, rule, stage and layers: neither lines, nor numbers, nor words."""

    model: str
    """As `model_key` has it."""
    rule: str
    stage: str
    layers: frozenset[str]
    """The names of its rows."""

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits, equal in every report that finds the same."""
        whole = json.dumps([self.model, self.rule, self.stage, sorted(self.layers)])
        return hashlib.sha256(whole.encode()).hexdigest()[:32]

    def covers(self, other: Identity) -> bool:
        """Whether the other is the same finding, on these layers or on fewer of them."""
        same = (self.model, self.rule, self.stage) == (other.model, other.rule, other.stage)
        return same and self.layers >= other.layers


def identity(model: Model, finding: Finding) -> Identity:
    """What tells this finding of the model from all others."""
    names = {row.index: row.name or row.path for row in model.layers}
    layers = frozenset(names.get(index, str(index)) for index in finding.layers)
    return Identity(model_key(model), finding.rule, finding.stage or "", layers)


def model_key(model: Model) -> str:
    """Its name where the spec gives one, which survives a renamed file; else its source with the name inside it."""
    return model.name if model.named else f"{PurePath(model.source).as_posix()}::{model.name}"
