"""How an audit is to be made, as far as one place says it: a spec, the command line, the environment, a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from gradaudit.domain.findings import Severity
from gradaudit.functions.named import Scalar

Effort: TypeAlias = Literal["quick", "standard", "thorough"]

FAIL_ON: Mapping[str, Severity | None] = MappingProxyType(
    {"error": Severity.ERROR, "warning": Severity.WARNING, "never": None}
)
"""`fail_on` → the least severity that fails a check; None is above all."""


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """How to audit, as far as one place says it; None and empty mean: not said here."""

    seeds: int | None = None
    seed: int | None = None
    samples: int | None = None
    effort: Effort | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Literal["error", "warning", "never"] | None = None
    thresholds: tuple[tuple[str, str, Scalar], ...] = ()
    """(rule, threshold, value) triples: `rules: {vanishing-gradient: {ratio_limit: 1e-4}}`."""
