"""How an audit is to be made, as far as one place says it: a spec, the command line, the environment, a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from gradaudit.functions.named import Scalar

Effort: TypeAlias = Literal["quick", "standard", "thorough"]


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
