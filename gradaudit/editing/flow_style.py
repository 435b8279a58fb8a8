"""Values as a spec's text writes them on one line: `{name: sgd, learning_rate: 0.05}`, or the same as JSON."""

from __future__ import annotations

import json
import re

from gradaudit.domain.spec import Plain
from gradaudit.inputs.yaml_text.tokens import resolve

_WORDS = re.compile(r"(?:\.{0,2}/)*\w[\w./+-]*(?: [\w./+-]+)*")
"""Text that no character of ends or splits in YAML, wherever it stands."""


def is_json(text: str) -> bool:
    """Whether a file is JSON, and has to stay it; its depth must be bounded."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def written(value: Plain, *, as_json: bool = False) -> str:
    """The value's text; numbers in the shortest form that is the same number, text in quotes where it needs them."""
    if isinstance(value, dict):
        return f"{{{', '.join(pair(key, item, as_json=as_json) for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(written(item, as_json=as_json) for item in value)}]"
    if isinstance(value, str) and not as_json and _WORDS.fullmatch(value) and resolve(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def pair(key: str, value: Plain, *, as_json: bool = False) -> str:
    """A key with its value: `init: he_normal`."""
    return f"{written(key, as_json=as_json)}: {written(value, as_json=as_json)}"
