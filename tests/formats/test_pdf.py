from __future__ import annotations

import builtins
import io
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType

import pytest

from gradaudit.domain.report import Report
from gradaudit.errors import InputError, MissingLibraryError
from gradaudit.formats import pdf
from gradaudit.formats.pdf import FORMAT

pypdf = pytest.importorskip("pypdf", reason="pypdf reads the PDF back")
weasyprint_missing = False
try:
    import weasyprint  # noqa: F401
except OSError:
    weasyprint_missing = True
needs_pango = pytest.mark.skipif(weasyprint_missing, reason="pango is not installed")

_RENDERED: dict[str, bytes] = {}


def rendered(name: str, report: Report) -> bytes:
    """The PDF of a report, made once: each takes seconds."""
    if name not in _RENDERED:
        _RENDERED[name] = FORMAT.render(report)
    return _RENDERED[name]


@pytest.fixture
def reader(sick: Report) -> pypdf.PdfReader:
    """The PDF of the sick network, opened."""
    return pypdf.PdfReader(io.BytesIO(rendered("sick", sick)))


@pytest.mark.slow
@needs_pango
def test_equal_reports_give_equal_bytes(healthy: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """With or without a date, and only the date differs."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    undated = rendered("healthy", healthy)
    assert FORMAT.render(healthy) == undated
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    dated, bare = (pypdf.PdfReader(io.BytesIO(file)).metadata for file in (FORMAT.render(healthy), undated))
    assert dated.creation_date == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert bare.creation_date is None


@needs_pango
def test_the_pdf_is_tagged_and_says_what_it_is(reader: pypdf.PdfReader) -> None:
    """PDF/UA: marked, with a language, a title that is displayed, and the conformance in its metadata."""
    root = reader.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "deep-sigmoid: error · gradaudit"
    assert b"pdfuaid" in root["/Metadata"].get_data()


@needs_pango
def test_pictures_have_their_sentence_as_alternative_text(reader: pypdf.PdfReader) -> None:
    """Each chart once, and only the wide form of it."""
    found: list[str] = []
    pending = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while pending:
        node = pending.pop().get_object()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            found += [str(node["/Alt"])] if node.get("/S") == "/Figure" and "/Alt" in node else []
            pending += [node["/K"]] if "/K" in node else []

    assert len(found) == len(set(found)) == 3
    assert any("shrinks by a factor" in text for text in found)


@needs_pango
def test_headings_are_bookmarks(reader: pypdf.PdfReader) -> None:
    """The chapters can be jumped to."""

    def titles(items: list[object]) -> list[str]:
        return [t for item in items for t in (titles(item) if isinstance(item, list) else [str(item.title)])]  # type: ignore[attr-defined]

    assert {"deep-sigmoid", "Training loss", "Findings", "How it was measured"} <= set(titles(reader.outline))


@needs_pango
def test_all_fonts_are_embedded(reader: pypdf.PdfReader) -> None:
    """The page looks the same where DejaVu is not installed, and no other font slips in."""
    fonts = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            face = font["/DescendantFonts"][0]
            fonts[str(face["/BaseFont"])] = face["/FontDescriptor"]

    assert fonts
    assert all("/FontFile2" in d or "/FontFile3" in d for d in fonts.values())
    assert all("+Report-" in name for name in fonts)


@needs_pango
def test_page_one_alone_suffices(reader: pypdf.PdfReader) -> None:
    """Verdict, cause, picture, fix, architecture and facts are on the first page; the second is numbered."""
    first = " ".join(reader.pages[0].extract_text().split())
    second = reader.pages[1].extract_text()

    for words in (
        "Error Layer dense_0 learns five million times more slowly than the output layer: each sigmoid passes back",
        "the gradient shrinks by a factor of",
        "Line: median over the seeds",
        "Verified fix for 1 of the 2 findings: better in 8 of 8 seeds relu with he_normal",
        "100% → 9%",
        "vanishing-gradient line 2",
        "Optimizer sgd",
    ):
        assert words in first
    assert re.search(r"2 / \d", second)
    assert "deep-sigmoid" in second


@needs_pango
def test_eleven_layers_fit_on_few_pages(reader: pypdf.PdfReader, sick: Report) -> None:
    """A full audit: at most six pages and 250 kB."""
    assert len(reader.pages) <= 6
    assert len(rendered("sick", sick)) < 250_000


@needs_pango
@pytest.mark.slow
@pytest.mark.parametrize("layers", [20, 100])
def test_deep_networks_stay_readable(layers: int, deep: Callable[[int], Report]) -> None:
    """A full audit takes at most six pages and 500 kB, however deep the network is."""
    file = FORMAT.render(deep(layers - 1))

    assert len(file) <= 500_000
    assert len(pypdf.PdfReader(io.BytesIO(file)).pages) <= 6


@pytest.mark.slow
@needs_pango
def test_a_report_full_of_holes_can_be_printed(patchy: Report) -> None:
    """Missing numbers break no page."""
    assert FORMAT.render(patchy).startswith(b"%PDF-")


def test_a_date_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """SOURCE_DATE_EPOCH must be a number of seconds."""
    for wrong in ("yesterday", "9" * 40):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
        with pytest.raises(InputError, match="SOURCE_DATE_EPOCH"):
            pdf._created()  # noqa: SLF001


@pytest.mark.parametrize(
    ("platform", "words"),
    [("linux", "apt install libpango"), ("darwin", "brew install pango"), ("win32", "MSYS2"), ("aix", "apt install")],
)
def test_without_pango_the_message_says_what_to_install(
    platform: str, words: str, healthy: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library is of the system, so the recipe is the platform's."""
    imported = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> ModuleType:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libgobject-2.0-0'")
        return imported(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(sys, "platform", platform)

    with pytest.raises(MissingLibraryError, match="pango") as raised:
        FORMAT.render(healthy)
    assert words in str(raised.value)
    assert len(str(raised.value).splitlines()) == 4
