"""Characters that would act, or could not be seen or stored, written out: a hostile name stays a name."""

from __future__ import annotations

import re

_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls: terminal escapes among them
    "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of the text around them
    "\u2028\u2029\ufeff"  # line ends and byte orders in disguise
    "\ud800-\udfff\ufffe\uffff]"  # halves of characters, and none at all: UTF-8 and XML refuse them
)


def visible(text: str) -> str:
    r"""The text with each such character as its escape: `\x1b[31m`, `\u202e`; tabs and line feeds stay."""
    return _ACTING.sub(lambda found: _escape(ord(found[0])), text)


def visible_json(text: str) -> str:
    r"""A JSON document with each such character as JSON's own escape, `\u202e`: its values stay what they are."""
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
