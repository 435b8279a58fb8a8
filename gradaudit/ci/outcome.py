"""The reports of the two states side by side, model by model: what is new, what is worse, what is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from gradaudit.domain.findings import BASELINED, Finding
from gradaudit.domain.fingerprint import model_key
from gradaudit.domain.report import Failure, ModelReport, Report, verdict
from gradaudit.errors import Location
from gradaudit.formats.places import file_of


@dataclass(frozen=True, slots=True)
class ModelOutcome:
    """One model, now and, where it was there, before."""

    now: ModelReport
    before: ModelReport | None = None

    @property
    def new(self) -> tuple[Finding, ...]:
        """What counts and was not found before."""
        return tuple(finding for finding in self.now.counted if finding.rule not in self._rules_before)

    @property
    def worse(self) -> tuple[Finding, ...]:
        """What counts although its rule found something before: it is graver now, or in more places."""
        return tuple(finding for finding in self.now.counted if finding.rule in self._rules_before)

    @property
    def known(self) -> tuple[Finding, ...]:
        """What does not count because it was there before."""
        return tuple(finding for finding in self.now.findings if finding.suppressed == BASELINED)

    @property
    def gone(self) -> tuple[Finding, ...]:
        """What was found before, and now is not."""
        present = {finding.rule for finding in self.now.findings}
        return tuple(found for found in self.before.counted if found.rule not in present) if self.before else ()

    @property
    def verdict(self) -> str:
        """The verdict with what was there before: a model that stays as bad as it was is not healthy."""
        return verdict((*self.now.counted, *(replace(finding, suppressed=None) for finding in self.known)))

    @property
    def _rules_before(self) -> frozenset[str]:
        return frozenset(finding.rule for finding in self.before.counted) if self.before else frozenset()


def side_by_side(head: Report, base: Report | None) -> tuple[ModelOutcome, ...]:
    """Every model of the head with the one of the base that it was."""
    before = {model_key(report.model): report for report in base.reports} if base else {}
    return tuple(ModelOutcome(report, before.get(model_key(report.model))) for report in head.reports)


def renamed(report: Report, names: Mapping[str, str]) -> Report:
    """The report as if each source had had its later name all the time; `names` leads from the one to the other."""
    return replace(report, reports=tuple(_renamed(each, names) for each in report.reports))


def _renamed(report: ModelReport, names: Mapping[str, str]) -> ModelReport:
    old, new = report.model.source, names.get(report.model.source, report.model.source)
    by_file = not report.model.named and report.model.name == PurePath(old).stem
    name = PurePath(new).stem if by_file else report.model.name
    return replace(report, model=replace(report.model, source=new, name=name))


def relocated(report: Report, prefix: str) -> Report:
    """The report with every file named from the repository's top, as GitHub asks; `prefix` leads to where it ran."""
    if not prefix:
        return report
    return replace(
        report,
        reports=tuple(_relocated(each, prefix) for each in report.reports),
        errors=tuple(_failure(each, prefix) for each in report.errors),
    )


def _relocated(report: ModelReport, prefix: str) -> ModelReport:
    findings = tuple(replace(each, location=_place(each.location, prefix)) for each in report.findings)
    return replace(report, model=replace(report.model, source=_file(report.model.source, prefix)), findings=findings)


def _failure(failure: Failure, prefix: str) -> Failure:
    return replace(failure, source=_file(failure.source, prefix), location=_place(failure.location, prefix))


def _place(location: Location | None, prefix: str) -> Location | None:
    return location and replace(location, file=_file(location.file, prefix))


def _file(name: str, prefix: str) -> str:
    return prefix + name if file_of(name) and not PurePath(name).is_absolute() else name


def count_findings(models: Iterable[ModelOutcome], severity: str) -> int:
    """How many findings of the severity count."""
    return sum(str(finding.severity) == severity for model in models for finding in model.now.counted)
