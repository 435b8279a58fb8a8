"""How it was measured, with what, on how much, and what to type to measure it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import ModelReport
from gradaudit.text.numbers import count
from gradaudit.text.wording import PARAGRAPH, SENTENCE, STAGES, clip, prose

_EFFORTS = {
    "quick": "quick: no fix and no other learning rate was tried",
    "standard": "",
    "thorough": "thorough: longer trial runs",
}
"""What a reader has to know of it; of the standard effort, nothing."""

_ORIGINS = {"SHA-256": "Model's SHA-256", "git revision": "Model's git revision"}
"""What each belongs to."""


@dataclass(frozen=True, slots=True)
class Method:
    """How it was measured and how to measure it again."""

    facts: tuple[tuple[str, str], ...]
    reservations: tuple[str, ...]
    """Sentences: what was measured on less than asked, or not at all."""
    command: str


def method_view(report: ModelReport) -> Method:
    """The chapter on method."""
    return Method(_facts(report), _reservations(report), clip(report.command, PARAGRAPH))


def common_method(reports: Sequence[ModelReport]) -> Method:
    """What holds of all of several models."""
    first, *others = (_facts(report) for report in reports)
    return Method(tuple(fact for fact in first if all(fact in facts for facts in others)), (), "")


def _facts(report: ModelReport) -> tuple[tuple[str, str], ...]:
    settings, versions = report.settings, ", ".join(f"{name} {version}" for name, version in report.versions.items())
    facts = {
        "Seeds": _seeds(settings.seed, settings.seeds),
        "Rows for gradients": f"up to {count(settings.samples)}",
        "Effort": _EFFORTS.get(settings.effort, clip(settings.effort)),
        "Source": clip(report.model.source, 160) if not report.command else "",
        **{_ORIGINS.get(name, name): value for name, value in report.origin.items()},
        "Versions": clip(versions, SENTENCE),
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _seeds(first: int, number: int) -> str:
    return f"{first} to {first + number - 1}" if number > 1 else str(first)


def _reservations(report: ModelReport) -> tuple[str, ...]:
    said = tuple(prose(text) for text in report.settings.reservations)
    missing = _not_measured(report.measurements)
    return (*said, f"Not measured: {', '.join(missing)}.") if missing else said


def _not_measured(measurements: Measurements) -> list[str]:
    """The probes that were not asked for or did not come through, in words."""
    stages = [measurements.stages[name] for name in STAGES if name in measurements.stages]
    seen = {
        "the gradient": any(stage.signal for stage in stages),
        "the units": any(stage.units for stage in stages),
        "the curvature of the loss": any(stage.curvature for stage in stages),
        "the trial run": measurements.descent is not None,
    }
    return [name for name, there in seen.items() if not there]
