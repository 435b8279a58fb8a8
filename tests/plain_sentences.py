"""What a sentence for people who know no mean-field theory must be, as a list of what is wrong with it."""

from __future__ import annotations

import re

LONGEST = 220
WRONG = {
    "a symbol": re.compile(r"[^\x20-\x7e]"),
    "an exponent other than a learning rate's": re.compile(
        r"(?<!learning rate of )(?<!while at )(?<![\d.])[\d.]+[eE][-+]?\d(?! is about .* times the largest stable rate)"
    ),
    "a number that is none": re.compile(r"\b(None|nan|inf)\b"),
    "a row's name": re.compile(r"\bdense_\d"),
    "log language": re.compile(r"\b(measured|limit|median|norm ratio|pre-activation|derivative)\b"),
    "a second sentence": re.compile(r"[.!?] "),
    "a second colon": re.compile(r":.*:"),
    "two spaces": re.compile(r"  "),
}


def wrong_with(text: str) -> list[str]:
    """What keeps this text from being one plain sentence."""
    found = [f"{what}: {match[0]!r}" for what, pattern in WRONG.items() if (match := pattern.search(text))]
    if not re.match(r"[A-Z0-9].*[^.]\.\Z", text):
        found.append("no capital letter or figure first, or no full stop last")
    if len(text) > LONGEST:
        found.append(f"{len(text)} characters")
    return [f"{what} in {text!r}" for what in found]
