from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradaudit.domain.report import Report
from gradaudit.formats.pdf import FORMAT

pypdf = pytest.importorskip("pypdf", reason="pypdf reads the PDF back")
try:
    import weasyprint
except OSError:
    pytest.skip("pango is not installed", allow_module_level=True)

from tests.formats.pdf_conformance import elements, lacks, letters, outline  # noqa: E402

ROOT = Path(__file__).parents[2]
_RENDERED: dict[str, bytes] = {}


@pytest.fixture(params=["sick", "healthy", "hostile", "several"])
def file(request: pytest.FixtureRequest) -> bytes:
    """The PDF of each report, made once: it takes seconds."""
    if request.param not in _RENDERED:
        _RENDERED[request.param] = FORMAT.render(request.getfixturevalue(request.param))
    return _RENDERED[request.param]


@pytest.mark.slow
def test_the_file_conforms(file: bytes) -> None:
    """PDF/UA-1 in the metadata, language, title, tags, alternative texts, table heads, links, fonts, bookmarks."""
    assert lacks(file) == []


@pytest.mark.slow
def test_page_finds_no_failure(file: bytes) -> None:
    """The rules of PDF/UA-1 as veraPDF's corpus tests them."""
    validator = pytest.importorskip("page", reason="page-validation is not installed")
    found = validator.validate_pdf_bytes(file, profile="ua1")

    assert [(each.rule_id, each.message) for each in found.failures] == []
    assert found.rules.total > 100


@pytest.mark.slow
def test_outloud_finds_no_error(file: bytes, tmp_path: Path) -> None:
    """A second opinion, which reads the tags as a screen reader does."""
    outloud = pytest.importorskip("outloud", reason="outloud is not installed")
    path = tmp_path / "report.pdf"
    path.write_bytes(file)
    found = outloud.check(str(path))

    assert found.error is None
    assert [(each.rule, each.message) for each in found.findings if each.severity == "error"] == []
    assert found.stats["elements"] > 100


@pytest.mark.slow
def test_pictures_and_bookmarks_are_there_to_be_checked(file: bytes) -> None:
    """A checker that finds nothing may have looked at nothing."""
    reader = pypdf.PdfReader(io.BytesIO(file))

    assert len([*elements(reader, "Figure")]) >= 1
    assert len([*elements(reader, "Table")]) >= 1
    assert len(outline(reader)) >= 1
    assert len(letters("".join(page.extract_text() for page in reader.pages))) > 500


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_every_word_is_on_its_page(file: bytes, tmp_path: Path) -> None:
    """Nothing runs over the edge of the paper, whatever the names are."""
    path = tmp_path / "report.pdf"
    path.write_bytes(file)
    # It writes an emoji in the title as two halves, which are no UTF-8.
    command = ["pdftotext", "-bbox", path, "-"]
    boxes = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True).stdout

    width, height = 0.0, 0.0
    for line in boxes.splitlines():
        numbers = [float(number) for number in re.findall(r'="([\d.-]+)"', line)]
        if line.lstrip().startswith("<page "):
            width, height = numbers
        elif line.lstrip().startswith("<word "):
            left, top, right, bottom = numbers
            assert 0 <= left <= right <= width, line
            assert 0 <= top <= bottom <= height, line
    assert width > 0


def test_what_is_missing_is_named() -> None:
    """A plain PDF, without tags and with links that lead outside, lacks nearly everything."""
    plain = weasyprint.HTML(string="<h3>A</h3><p><a href='https://example.org'>out</a>").write_pdf()
    found = "\n".join(lacks(plain))

    for lack in (
        "no XMP metadata", "no title", "title is not displayed", "no language", "not marked", "no tree of tags",
        "do not begin", "a link leads nowhere", "neither tagged nor decoration", "acts: /URI",
    ):  # fmt: skip
        assert lack in found, lack


def test_a_picture_without_words_is_named() -> None:
    """Tagged, but with a picture that nothing is said about, a heading that skips, and a table without heads."""
    picture = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9' role='img'><rect width='9' height='9'/></svg>"
    )
    page = f"<html lang=en><title>T</title><h1>A</h1><h3>B</h3>{picture}</svg><table><tr><td>1</td></tr></table>"
    found = "\n".join(lacks(weasyprint.HTML(string=page).write_pdf(pdf_variant="pdf/ua-1")))

    assert "a heading skips from 1 to 3" in found
    assert "a table has no heads" in found
    assert "a picture has no sentence" in found


RENDER = """
import sys
sys.path.insert(0, {tests!r})
from conftest import healthy_model
from gradaudit.formats.pdf import FORMAT
from gradaudit.domain.report import Report
sys.stdout.buffer.write(FORMAT.render(Report((healthy_model(),), version="0.1.0")))
"""


@pytest.mark.slow
@pytest.mark.parametrize("epoch", ["", "1700000000"])
def test_another_process_writes_the_same_bytes(epoch: str, healthy: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the hashes, the time zone and the locale are; dated or not."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    elsewhere = {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    code = RENDER.format(tests=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **elsewhere}, capture_output=True, check=True
    )

    assert done.stdout == FORMAT.render(healthy)
