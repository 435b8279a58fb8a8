"""The nouns of the page: what the templates may place."""

from __future__ import annotations

from dataclasses import dataclass

from gradaudit.formats.charts import Chart
from gradaudit.formats.page.glossary import Term
from gradaudit.formats.page.method import Method
from gradaudit.formats.page.tables import Table


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is shown before the page points to the JSON report."""

    rows: int
    """Of a table."""
    stages: int
    """Whose numbers stand beside one chart."""
    findings: int
    """In full, of one model."""
    models: int
    """In full."""
    fixes: int
    """Of one finding."""
    every_table: bool = True
    """Whether each chart has its numbers beside it, and each of several models its chapters; paper has less."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart for wide and for narrow screens, how to read it, and its numbers."""

    wide: Chart
    narrow: Chart
    key: str
    tables: tuple[Table, ...] = ()
    heading: str = ""
    """The sentence to take away, where no chapter's lead says it above the chart."""
    shows: str = ""
    """The chapter whose first picture this one stands for; empty for a chapter's own."""


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter: the sentence to take away, what it means, the pictures, the tables."""

    id: str
    title: str
    lead: str
    text: str = ""
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    folded: bool = False
    """It only proves health, or says no more than its line, which a screen unfolds."""


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One number of the first screen, with the range usual for networks that train, where one is known."""

    label: str
    value: str
    usual: str = ""
    off: bool = False
    """Outside that range; `usual` then says on which side."""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One edit of the spec, in words."""

    path: str
    old: str
    """Empty for a key that the spec does not have."""
    new: str


@dataclass(frozen=True, slots=True)
class FixView:
    """A proposed fix, and what it did where it was tried."""

    title: str
    status: str
    verified: bool
    why: str
    changes: tuple[ChangeView, ...] = ()
    gains: tuple[tuple[str, str, str], ...] = ()
    """What a number is called, before, after."""
    code: str = ""
    """The changed model in its framework's own words."""
    is_above: bool = False
    """Page one has shown it in full."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding."""

    id: str
    severity: str
    rule: str
    where: str
    heading: str
    """What it means, in a sentence; empty where that is the summary."""
    measured: str
    """The same in numbers; empty where the heading says them."""
    cause: str
    fixes: tuple[FixView, ...]
    evidence: str = ""
    """What stands behind a cause that page one shows."""
    again: str = ""
    """Titles of fixes that help here as well, and were told above."""
    in_vain: str = ""
    """What was tried without success, in a line."""
    root: str = ""
    """The rule that it is a symptom of: two lines suffice then."""

    @property
    def is_aside(self) -> bool:
        """Information about which there is nothing to do: two lines suffice as well."""
        return self.severity == "info" and not self.fixes


@dataclass(frozen=True, slots=True)
class Glance:
    """A finding on the first screen; the whole of it is at `id`."""

    id: str
    severity: str
    rule: str
    said: str
    """What it means, in a sentence; empty where the summary says it already, and where it is no trouble."""
    where: str
    root: str = ""
    """`cured by the same change as …`, for a symptom."""


@dataclass(frozen=True, slots=True)
class Silenced:
    """A finding that the person suppressed, and why."""

    severity: str
    rule: str
    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class ModelPage:
    """One model's part of the page."""

    id: str
    name: str
    source: str
    verdict: str
    word: str
    summary: str
    cause: str
    """Of the first finding; empty of a model without."""
    architecture: Table | None
    facts: tuple[tuple[str, str], ...]
    figures: tuple[KeyFigure, ...]
    picture: Picture | None
    """The one that shows the verdict."""
    tried: FixView | None
    """The one fix of the first screen; its status says whether it was proven, `why` what else it does."""
    sections: tuple[Section, ...]
    glances: tuple[Glance, ...]
    more_glances: str
    findings: tuple[FindingView, ...]
    more_findings: str
    silenced: tuple[Silenced, ...]
    assumptions: tuple[str, ...]
    method: Method | None


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One model in the overview of several; `id` is empty for a model that is not shown in full."""

    id: str
    name: str
    source: str
    verdict: str
    word: str
    summary: str
    rule: str
    fix: str
    """What to do, and what it was seen to change."""


@dataclass(frozen=True, slots=True)
class FailureView:
    """Something that could not be audited."""

    where: str
    message: str
    internal: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    title: str
    heading: str
    lead: str
    index: tuple[IndexRow, ...]
    """Empty for a single model."""
    models: tuple[ModelPage, ...]
    more_models: str
    failures: tuple[FailureView, ...]
    glossary: tuple[Term, ...]
    method: Method | None
    """Of several models on paper, where it stands once."""
    on_paper: bool
    """Without what only a screen needs: charts for narrow ones, ways to jump."""
    version: str
