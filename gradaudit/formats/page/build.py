"""From a report to its page."""

from __future__ import annotations

from dataclasses import replace

from gradaudit.domain.findings import Severity
from gradaudit.domain.plurals import counted
from gradaudit.domain.report import Failure, ModelReport, Report
from gradaudit.formats.gains import gains
from gradaudit.formats.page.architecture import architecture
from gradaudit.formats.page.critical import critical_section
from gradaudit.formats.page.descent import descent_section
from gradaudit.formats.page.figures import key_figures
from gradaudit.formats.page.findings import MOST_AT_A_GLANCE, finding_views, glances, mechanism, silenced_views
from gradaudit.formats.page.glossary import used
from gradaudit.formats.page.ledger import ledger_section
from gradaudit.formats.page.method import Method, common_method, method_view
from gradaudit.formats.page.rate import rate_section
from gradaudit.formats.page.relevance import is_needed
from gradaudit.formats.page.remedy import helpful_fix, proof_note, tried_view
from gradaudit.formats.page.signal import signal_section
from gradaudit.formats.page.story import story_picture
from gradaudit.formats.page.through_time import time_section
from gradaudit.formats.page.units import units_section
from gradaudit.formats.page.view import FailureView, IndexRow, Limits, ModelPage, Page, Section
from gradaudit.formats.standing import HEALTHY, badness, is_healthy, standing
from gradaudit.text.numbers import count
from gradaudit.text.wording import PARAGRAPH, clip, prose, sentence

SCREEN = Limits(rows=40, stages=3, findings=50, models=60, fixes=3)
PAPER = Limits(rows=10, stages=1, findings=8, models=20, fixes=2, every_table=False)
"""On paper a table of 2,000 rows takes ten seconds to lay out and fifty pages to turn."""

_ORDER = ("error", "warning", "info", "healthy")
"""The classes that the style sheet knows; `info` is what has no finding, and may not be called healthy."""
_MOST_LISTED = 500
_OUTPUT = "output"
"""A fact that the table of the layers tells already."""


def build(report: Report, limits: Limits) -> Page:
    """Everything that the templates place."""
    ordered = sorted(report.reports, key=badness)
    several, brief = len(ordered) > 1, len(ordered) > 1 and not limits.every_table
    shown = [r for r in ordered if not brief or r.counted][: limits.models]
    models = tuple(_model(r, f"model-{i}", limits, several=several) for i, r in enumerate(shown, 1))
    models = tuple(_first_page(model) for model in models) if brief else models
    left_out = sum(1 for r in ordered if r.counted or not brief) - len(shown)
    page = Page(
        title=_title(report),
        heading=_heading(report),
        lead=_lead(report),
        index=tuple(_index_row(r, i, len(shown)) for i, r in enumerate(ordered[:_MOST_LISTED], 1)) if several else (),
        models=models,
        more_models=_more(left_out, "model", "models", "in full"),
        failures=tuple(_failure(failure) for failure in report.errors[:_MOST_LISTED]),
        glossary=(),
        method=common_method(ordered) if brief else None,
        on_paper=not limits.every_table,
        version=clip(report.version, 40),
    )
    return replace(page, glossary=used(_printed(page)) if ordered else ())


def _printed(page: Page) -> Page:
    """With no more of a folded chapter than its line, where that is all that paper shows of it."""
    if not page.on_paper:
        return page
    return replace(page, models=tuple(replace(m, sections=tuple(map(_line_of, m.sections))) for m in page.models))


def _line_of(section: Section) -> Section:
    return Section(section.id, section.title, section.lead) if section.folded else section


def _first_page(model: ModelPage) -> ModelPage:
    """What fits on one page: the chapters of several models are the JSON report's, or the web page's."""
    return replace(model, sections=(), findings=(), silenced=(), assumptions=(), method=None, more_glances="")


def _title(report: Report) -> str:
    if len(report.reports) == 1:
        only = report.reports[0]
        return f"{_name(only)}: {standing(only)} · gradaudit"
    return f"{_heading(report)} · gradaudit"


def _heading(report: Report) -> str:
    n = len(report.reports)
    if n == 0:
        return "Nothing could be audited" if report.errors else "Nothing was audited"
    return _name(report.reports[0]) if n == 1 else f"Gradient audit of {count(n)} models"


def _name(report: ModelReport) -> str:
    return clip(report.model.name or report.model.source) or "a model without a name"


def _lead(report: Report) -> str:
    """3 with errors, 1 with warnings, 8 healthy: for several models."""
    if len(report.reports) < 2:
        return ""
    verdicts = [_verdict(r) for r in report.reports]
    words = {"error": "with errors", "warning": "with warnings", "info": "with reservations", "healthy": "healthy"}
    parts = [f"{count(verdicts.count(v))} {words[v]}" for v in _ORDER if v in verdicts]
    return f"{', '.join(parts)}. The worst come first."


def _word(report: ModelReport) -> str:
    """`Error`, `Not shown to learn`: with a capital."""
    word = standing(report)
    return f"{word[:1].upper()}{word[1:]}"


def _verdict(report: ModelReport) -> str:
    """Its class, one of `_ORDER`."""
    if report.verdict == HEALTHY:
        return HEALTHY if is_healthy(report) else "info"
    return report.verdict if report.verdict in _ORDER else "error"


def _index_row(report: ModelReport, ordinal: int, shown: int) -> IndexRow:
    troubles = [finding.rule for finding in report.counted if finding.severity > Severity.INFO]
    more = f" (+{len(troubles) - 1})" if len(troubles) > 1 else ""
    return IndexRow(
        id=f"model-{ordinal}" if ordinal <= shown else "",
        name=_name(report),
        source=clip(report.model.source),
        verdict=_verdict(report),
        word=_word(report),
        summary=prose(report.summary),
        rule=f"{clip(troubles[0])}{more}" if troubles else "",
        fix=_best(report) if troubles else "",
    )


def _best(report: ModelReport) -> str:
    """What to do, and the training loss before and after."""
    fix = helpful_fix(report)
    if fix is None:
        return "none verified"
    first = next(iter(gains(fix)), None)
    moved = f" ({first[0][:1].lower()}{first[0][1:]}: {first[1]} → {first[2]})" if first else ""
    return f"{clip(fix.title)}{moved}"


def _model(report: ModelReport, anchor: str, limits: Limits, *, several: bool) -> ModelPage:
    fix, picture, tried = helpful_fix(report), story_picture(report), tried_view(report)
    findings = finding_views(report, anchor, limits, fix.edit if fix is not None else "")
    figures = () if tried and tried.gains else key_figures(report)
    are_enough = bool(figures) and not findings and not limits.every_table
    shows = picture.shows if picture else ""
    return ModelPage(
        id=anchor,
        name=_name(report),
        source=clip(report.model.source, 160),
        verdict=_verdict(report),
        word=_word(report),
        summary=prose(report.summary),
        cause=mechanism(report),
        architecture=architecture(report.model),
        facts=tuple((sentence(clip(k)), clip(v, 160)) for k, v in report.model.facts.items() if k != _OUTPUT),
        figures=figures,
        picture=picture,
        tried=tried,
        sections=() if are_enough else _sections(report, anchor, limits, shows, fold=several),
        glances=glances(report, findings),
        more_glances=_below(len(report.counted) - MOST_AT_A_GLANCE),
        findings=findings,
        more_findings=_more(len(report.counted) - len(findings), "finding", "findings", "here"),
        silenced=silenced_views(report, limits.findings),
        assumptions=tuple(prose(text) for text in report.model.assumed),
        method=_method(report),
    )


def _method(report: ModelReport) -> Method:
    method = method_view(report)
    return replace(method, reservations=(*method.reservations, *proof_note(report)))


def _sections(report: ModelReport, anchor: str, limits: Limits, drawn: str, *, fold: bool) -> tuple[Section, ...]:
    """The chapters; `drawn` is the one whose picture stands on the first page already."""
    found = (
        time_section(report, anchor, limits),
        signal_section(report, anchor, limits),
        ledger_section(report, anchor, limits),
        descent_section(report, anchor, limits),
        units_section(report, anchor, limits),
        rate_section(report, anchor, limits),
        critical_section(report, anchor, limits),
    )
    known = (section for section in found if section is not None)
    once = (_without_picture(s) if s.id == f"{anchor}-{drawn}" else s for s in known)
    new = (s for s in once if s.pictures or s.tables or s.id != f"{anchor}-{drawn}")
    folded = (replace(s, folded=fold or not (_says_more(s) and is_needed(s, report))) for s in new)
    told = (replace(s, lead="") if s.id == f"{anchor}-{drawn}" and not s.folded else s for s in folded)
    return tuple(s for s in told if limits.every_table or not (s.folded and s.id == f"{anchor}-{drawn}"))


def _says_more(section: Section) -> bool:
    """Than its line: it has a picture, or numbers and how to read them."""
    return bool(section.pictures or (section.tables and section.text))


def _without_picture(section: Section) -> Section:
    """Its numbers without its first picture."""
    if not section.pictures:
        return section
    first, *others = section.pictures
    return replace(section, pictures=tuple(others), tables=(*first.tables, *section.tables))


def _more(n: int, one: str, many: str, how: str) -> str:
    if n <= 0:
        return ""
    return f"{count(n)} more {one if n == 1 else many} not shown {how}; the JSON report has everything."


def _below(n: int) -> str:
    return f"{counted(n, 'more finding')} below." if n > 0 else ""


def _failure(failure: Failure) -> FailureView:
    place = str(failure.location) if failure.location else failure.source
    return FailureView(clip(place, 160), clip(failure.message, PARAGRAPH), failure.internal)
