"""Places as SARIF has them: relative URIs with line and column, and layers by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import quote

from gradaudit.errors import Location
from gradaudit.finding import Finding
from gradaudit.formats.measurements import Json
from gradaudit.report import Model

MOST_LAYERS = 50
"""Rows named for one finding."""
_OBJECT = re.compile(r"(.+\.py):[^/:]+", re.DOTALL)
_MODULE = re.compile(r"[\w.]+:\w+")


def location(place: Location | None, source: str) -> dict[str, Json] | None:
    """The place, else the source as a whole; None where the source is no file."""
    uri = file_uri(place.file if place else source)
    if not uri:
        return None
    found: dict[str, Json] = {"artifactLocation": {"uri": uri}}
    if place is None or place.line is None:
        return found
    region: dict[str, Json] = {"startLine": max(1, place.line)}
    return {**found, "region": region | ({"startColumn": max(1, place.column)} if place.column else {})}


def file_uri(file: str) -> str:
    """A file's path as a URI, relative where the path is: percent-encoded, `net.py` for `net.py:model`."""
    if not file or (_MODULE.fullmatch(file) and ".py:" not in file):
        return ""
    path = PurePath(found[1] if (found := _OBJECT.fullmatch(file)) else file)
    encoded = quote(path.as_posix().encode("utf-8", "surrogateescape" if _is_decoded(file) else "replace"), safe="/")
    return f"file://{encoded}" if path.is_absolute() else encoded


def _is_decoded(file: str) -> bool:
    """Whether its lone surrogates stand for bytes of a file name."""
    return not re.search("[\ud800-\udc7f\udd00-\udfff]", file)


def logical_locations(model: Model, finding: Finding) -> Iterator[Json]:
    """The model itself, the spec's key, and the layers by name and path."""
    yield {"name": model.name, "kind": "module"}
    if finding.path:
        yield {"fullyQualifiedName": finding.path, "kind": "property"}
    rows = {row.index: row for row in model.layers}
    for index in finding.layers[:MOST_LAYERS]:
        if row := rows.get(index):
            yield {"name": row.name, "fullyQualifiedName": f"{row.path}/{row.name}", "kind": "layer"}
