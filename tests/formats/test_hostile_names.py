"""Names that attack, in every format: shown as text, and as nothing else."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser

import pytest

from gradaudit import formats
from gradaudit.domain.report import Report
from gradaudit.errors import MissingLibraryError
from gradaudit.formats.text import TextFormat
from gradaudit.text.text_style import TextStyle
from tests.formats.pdf_conformance import lacks, letters

ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
SHOWN = (
    "<script>alert(1)</script>]]>-->&amp;",
    r"\x1b[31m",
    r"\u202egnp.exe",
    r"\textbf{x}",
    "\U0001f600",
    "{{ 7*7 }}",
)
PLAIN = [name for name in formats.MODULES if name != "pdf"]


class Words(HTMLParser):
    """The text of a page, and what on it could act."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.acts = "", set[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.acts |= {tag} & {"script", "iframe", "object", "embed", "base", "form", "link"}
        self.acts |= {name for name, value in attrs if name.startswith("on") or "javascript:" in (value or "").lower()}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("fixture", ["sick", "healthy", "patchy", "hostile", "several"])
@pytest.mark.parametrize("name", PLAIN)
def test_no_format_writes_what_acts(name: str, fixture: str, request: pytest.FixtureRequest) -> None:
    """UTF-8, no escape of terminals, no mark that turns text around, no runner's command, equal bytes each time."""
    report: Report = request.getfixturevalue(fixture)
    written = formats.get(name).render(report)
    text = written.decode("utf-8", "strict")

    assert ACTING.findall(text) == []
    assert "##[" not in text
    assert name == "github" or not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert formats.get(name).render(report) == written


@pytest.mark.parametrize("style", [TextStyle(), TextStyle(width=40, color=True, blocks=True)])
def test_text_shows_them(style: TextStyle, hostile: Report) -> None:
    """What would act stands there as its escape; nothing but our own colours is left to a terminal."""
    written = TextFormat(style).render(hostile).decode()

    assert all(words in written for words in SHOWN)
    assert ACTING.findall(re.sub(r"\x1b\[[0-9;]*m", "", written)) == []


def test_the_page_shows_them(hostile: Report) -> None:
    """As words; nothing of them became markup."""
    page = Words(formats.get("html").render(hostile).decode())

    assert page.acts == set()
    assert [words for words in SHOWN if words not in page.text] == []


def test_json_keeps_them(hostile: Report) -> None:
    """Programs get the name itself, but for halves of characters, which no UTF-8 can hold."""
    (report,) = json.loads(formats.get("json").render(hostile))["reports"]

    name = report["model"]["name"]
    assert name.startswith("<script>alert(1)</script>]]>-->&amp;\x1b[31m\u202egnp.exe \\textbf{x} \U0001f600 ")
    assert name.endswith("x" * 10_000)


@pytest.mark.slow
def test_paper_shows_them(hostile: Report) -> None:
    """As words, in a file that runs nothing and is as accessible as any other."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf reads the PDF back")
    try:
        file = formats.get("pdf").render(hostile)
    except MissingLibraryError:
        pytest.skip("pango is not installed")
    text = letters("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(file)).pages))

    assert all(letters(words) in text for words in SHOWN)
    assert lacks(file) == []
