"""Places as other programs have them: files as relative URIs with line and column, and layers by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import quote

from gradaudit.domain.findings import Finding
from gradaudit.domain.report import Model
from gradaudit.errors import Location
from gradaudit.formats.plain_values import Json

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
    """A file's path as a URI, percent-encoded, relative where the path is; empty where the source is no file."""
    name = file_of(file)
    if not name:
        return ""
    path = PurePath(name)
    encoded = quote(path.as_posix().encode("utf-8", "surrogateescape" if _is_decoded(file) else "replace"), safe="/")
    return f"file://{encoded}" if path.is_absolute() else encoded


def file_of(source: str) -> str:
    """`net.py` for `net.py:model`, nothing for `package.module:model`, all else as it is."""
    found = _OBJECT.fullmatch(source)
    return found[1] if found else "" if _MODULE.fullmatch(source) else source


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
