"""The report on paper: the same page, set by WeasyPrint with the fonts that come along."""

from __future__ import annotations

import base64
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType

from gradaudit.domain.report import Report
from gradaudit.errors import InputError, MissingLibraryError
from gradaudit.formats.html import FORMAT as HTML
from gradaudit.formats.html import document
from gradaudit.formats.page import PAPER, build
from gradaudit.formats.tags import mend_tags
from gradaudit.formats.templates import templates

_FACES = (
    ("Report Sans", "normal", "DejaVuSans"),
    ("Report Sans", "bold", "DejaVuSans-Bold"),
    ("Report Mono", "normal", "DejaVuSansMono"),
)
_RECIPES = {
    "linux": (
        "On Debian and Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0\n"
        "On Fedora: dnf install pango; on Alpine: apk add pango\n"
        "In conda: conda install -c conda-forge weasyprint"
    ),
    "darwin": (
        "Install it: brew install pango\n"
        "On Apple silicon also set, before the start: DYLD_FALLBACK_LIBRARY_PATH=/opt/homebrew/lib\n"
        "In conda: conda install -c conda-forge weasyprint"
    ),
    "win32": (
        "Install MSYS2, and in its shell: pacman -S mingw-w64-x86_64-pango\n"
        "Then set, before the start: WEASYPRINT_DLL_DIRECTORIES=C:\\msys64\\mingw64\\bin\n"
        "In conda: conda install -c conda-forge weasyprint"
    ),
}


@dataclass(frozen=True, slots=True)
class Pdf:
    """A tagged PDF (PDF/UA-1) with bookmarks; equal reports give equal bytes."""

    folder: Path | None = None
    """A folder whose templates and style sheets stand in front of the packaged ones."""
    name: str = "pdf"
    needs: tuple[str, ...] = HTML.needs

    def render(self, report: Report) -> bytes:
        """The file; dated only by SOURCE_DATE_EPOCH.

        Raises MissingLibraryError where pango is missing, InputError for a fault in the folder's templates.
        """
        weasyprint = _weasyprint()
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher

        # The default fetcher reads files and the network; a report needs neither.
        fetcher, fonts = URLFetcher(allowed_protocols={"data"}), FontConfiguration()
        page = weasyprint.HTML(
            string=document(build(report, PAPER), _created(), folder=self.folder), url_fetcher=fetcher
        )
        faces = weasyprint.CSS(string=_font_faces(), url_fetcher=fetcher, font_config=fonts)
        pdf: bytes = page.write_pdf(stylesheets=[faces], font_config=fonts, pdf_variant="pdf/ua-1", finisher=mend_tags)
        return pdf


FORMAT = Pdf()


def _weasyprint() -> ModuleType:
    try:
        import weasyprint
    except ImportError as missing:
        raise MissingLibraryError("a PDF needs WeasyPrint: pip install 'weasyprint>=69'") from missing
    except OSError as missing:
        recipe = _RECIPES.get(sys.platform, _RECIPES["linux"])
        raise MissingLibraryError(f"a PDF needs the library pango, which is not there.\n{recipe}") from missing
    module: ModuleType = weasyprint
    return module


def _created() -> str:
    """The date that a reproducible build asks for; none otherwise, because a clock would make each file different."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return ""
    try:
        return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError) as wrong:
        raise InputError(f"SOURCE_DATE_EPOCH: {epoch[:40]!r} is no number of seconds since 1970") from wrong


@cache
def _font_faces() -> str:
    """The fonts as @font-face rules with their bytes inside."""
    rules = []
    for family, weight, name in _FACES:
        data = base64.b64encode((templates() / "fonts" / f"{name}.woff2").read_bytes()).decode("ascii")
        source = f"url(data:font/woff2;base64,{data}) format('woff2')"
        rules.append(f"@font-face {{font-family: '{family}'; font-weight: {weight}; src: {source}}}")
    return "\n".join(rules)
