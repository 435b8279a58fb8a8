from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradaudit.errors import Location
from gradaudit.formats.places import file_uri, location


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("model.yaml", "model.yaml"),
        ("./a/model.yaml", "a/model.yaml"),
        ("a b/é#?%.yaml", "a%20b/%C3%A9%23%3F%25.yaml"),
        ("../up.yaml", "../up.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),
        ("/abs/m.yaml", "file:///abs/m.yaml"),
        ("a\udcff.yaml", "a%FF.yaml"),
        ("a\ud800.yaml", "a%3F.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
        ("net.py:build", "net.py"),
        ("a.b:build", ""),
        ("", ""),
    ],
)
def test_a_file_is_a_uri(file: str, uri: str) -> None:
    """Relative where the path is, percent-encoded, and nothing where there is no file."""
    assert file_uri(file) == uri


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), min_size=1))
def test_a_uri_says_which_file(name: str) -> None:
    """Decoded it is the path again; it has no scheme, host, query or fragment."""
    uri = file_uri(f"d/{name}.yaml")
    parts = urlsplit(uri)

    assert uri.isascii()
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("",) * 4
    assert unquote(parts.path).rsplit("/", 1)[-1] == f"{name}.yaml".rsplit("/", 1)[-1]


def test_a_place_without_a_line_is_the_file() -> None:
    """And one without a column is the line."""
    assert location(Location("m.yaml"), "") == {"artifactLocation": {"uri": "m.yaml"}}
    assert (location(Location("m.yaml", 3), "") or {})["region"] == {"startLine": 3}
    assert location(None, "n.yaml") == {"artifactLocation": {"uri": "n.yaml"}}
    assert location(None, "") is None
