"""What the JSON reports of the two states say, model by model: what is new, what was there, what is gone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]
"""A JSON report, as gradaudit has just written it."""
Mark: TypeAlias = tuple[str, str]
"""Severity and rule."""


@dataclass(frozen=True, slots=True)
class ModelOutcome:
    """One model of the change."""

    source: str
    name: str
    verdict: str
    """Of the findings that count."""
    new: tuple[Mark, ...]
    """The findings that count, worst first; without a state before that is all of them."""
    known: tuple[Mark, ...] = ()
    """Those that were there before."""
    before: str | None = None
    """The verdict before; None where the model was not there, or not audited."""
    gone: tuple[Mark, ...] = ()
    """What was found before, and not any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole change."""

    models: tuple[ModelOutcome, ...] = ()
    failures: tuple[tuple[str, str], ...] = ()
    """Source and message of what could not be audited."""

    def count(self, severity: str) -> int:
        """How many findings of a severity count."""
        return sum(found == severity for model in self.models for found, _ in model.new)


def load_document(file: Path) -> Document | None:
    """A report; None where gradaudit did not come so far as to write one."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def outcome_of(head: Document, base: Document | None) -> Outcome:
    """The reports side by side; models are told apart by source and name."""
    before = {_key(report): report for report in (base or {}).get("reports", ())}
    models = tuple(_model(report, before.get(_key(report))) for report in head["reports"])
    return Outcome(models, tuple((each["source"], each["message"]) for each in head["errors"]))


def _key(report: Document) -> tuple[str, str]:
    return report["model"]["source"], report["model"]["name"]


def _model(report: Document, before: Document | None) -> ModelOutcome:
    findings = report["findings"]
    present = {finding["rule"] for finding in findings}
    earlier = [finding for finding in before["findings"] if _counts(finding)] if before else []
    return ModelOutcome(
        *_key(report),
        verdict=report["verdict"],
        new=_marks([finding for finding in findings if _counts(finding)]),
        known=_marks([finding for finding in findings if is_known(finding)]),
        before=before["verdict"] if before else None,
        gone=_marks([finding for finding in earlier if finding["rule"] not in present]),
    )


def _counts(finding: Document) -> bool:
    return finding.get("suppressed") is None


def is_known(finding: Document) -> bool:
    """Silenced by the baseline, and not by a comment in the spec."""
    return not _counts(finding)


def _marks(findings: list[Document]) -> tuple[Mark, ...]:
    return tuple(dict.fromkeys((finding["severity"], finding["rule"]) for finding in findings))
