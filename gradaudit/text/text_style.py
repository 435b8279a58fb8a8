"""How text is to look: settled once by who prints, and handed to the pure functions that make text."""

from __future__ import annotations

from dataclasses import dataclass

from gradaudit.domain.findings import Severity

COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;36"}
GOOD, STRONG = "1;32", "1"


@dataclass(frozen=True, slots=True)
class TextStyle:
    """Equal styles give equal bytes; the default one is for files and pipes."""

    width: int = 100
    """Columns that a paragraph may take."""
    color: bool = False
    blocks: bool = False
    """Whether bars may be drawn with Unicode's block elements."""

    def paint(self, text: str, code: str) -> str:
        """The text in a colour, an ANSI code such as `1;31`, where colours are wanted and the code is not empty."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and code and text else text
