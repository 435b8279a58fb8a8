"""Names of files as GitHub asks for them, from the repository's top, where the audit ran in a folder below it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

_FILE = re.compile(r"^(::\w+ (?:[^:,]*,)*file=)(?!/)", re.MULTILINE)


def commands(printed: str, prefix: str) -> str:
    """The annotations with `prefix` before each file; the properties of a command hold no bare `:` and `,`."""
    escaped = prefix.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    escaped = escaped.replace("\r", "%0D").replace("\n", "%0A")
    return _FILE.sub(lambda found: found[1] + escaped, printed) if prefix else printed


def sarif(file: Path, prefix: str) -> None:
    """The same in a SARIF file, whose relative addresses begin at the repository's top."""
    if not prefix or not file.is_file():
        return
    document = json.loads(file.read_text(encoding="utf-8"))
    _prefixed(document, quote(prefix))
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _prefixed(value: Any, prefix: str) -> None:  # noqa: ANN401 - any part of the document
    if isinstance(value, list):
        for each in value:
            _prefixed(each, prefix)
    elif isinstance(value, dict):
        uri = value.get("uri")
        if isinstance(uri, str) and not uri.startswith("/") and ":" not in uri.split("/")[0]:
            value["uri"] = prefix + uri
        for each in value.values():
            _prefixed(each, prefix)
