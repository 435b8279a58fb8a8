"""Plain scalars as YAML 1.2's core schema reads them: `1e3` is a number, `on` and `1:30` are text, `010` is ten."""

from __future__ import annotations

import re

from gradaudit.domain.spec import Scalar

MAX_DIGITS = 20

_MEANINGS: dict[str, bool | None] = {"null": None, "true": True, "false": False}
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **{spelling: value for word, value in _MEANINGS.items() for spelling in (word, word.capitalize(), word.upper())},
}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve(text: str) -> Scalar | None:
    """The value of a plain scalar.

    Raises ValueError for a whole number of more than 20 digits: Python takes quadratic time to read one.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return _whole(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _SPECIAL.fullmatch(text) else text


def _whole(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    digits = text[2:] if base != 10 else text.lstrip("+-")
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a whole number of {len(digits)} digits; at most {MAX_DIGITS} are read")
    return int(text[2:], base) if base != 10 else int(text)
