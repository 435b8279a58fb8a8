"""A report in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import gradaudit
from gradaudit import formats
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import Failure, Model, ModelReport, Settings
from gradaudit.formats import get

NAME = "</iframe><script>alert(1)</script>\"'& `x` [a](b) | c"


@pytest.fixture
def report() -> gradaudit.Report:
    """With a name that attacks the notebook."""
    model = ModelReport(Model(NAME, NAME, 1, 1, ()), Settings(), "healthy", NAME, (), Measurements())
    return gradaudit.Report((model,), (Failure(NAME, NAME),), "1")


class Tags(HTMLParser):
    """Every tag with its attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(report: gradaudit.Report) -> None:
    """One sandboxed frame that allows nothing, with the whole page inside, whose links stay inside."""
    tags = Tags(report._repr_html_())

    ((tag, attributes),) = tags.found
    assert (tag, tags.text) == ("iframe", "")
    assert attributes["sandbox"] in (None, "")
    assert attributes["title"]
    base = '<head>\n<base href="about:srcdoc">'
    assert attributes["srcdoc"] == get("html").render(report).decode().replace("<head>", base, 1)


@pytest.mark.skipif("markdown" not in formats.MODULES, reason="there is no markdown format")
def test_a_notebook_without_frames_shows_markdown(report: gradaudit.Report) -> None:
    """What the markdown format says; names stay text when it is rendered."""
    text = report._repr_markdown_()
    assert text == get("markdown").render(report).decode()
    assert "<script" not in MarkdownIt("commonmark").enable("table").render(text)


def test_a_report_is_saved_by_its_suffix(report: gradaudit.Report, tmp_path: Path) -> None:
    """The bytes are the format's own."""
    report.save(tmp_path / "r.HTML")

    assert (tmp_path / "r.HTML").read_bytes() == get("html").render(report)
