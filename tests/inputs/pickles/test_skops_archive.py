"""skops' archives become the same plain values as pickles do; whatever else they hold ends in one message."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradaudit.errors import InputError
from gradaudit.inputs.pickles import model_bytes, skops_archive
from gradaudit.inputs.pickles.inert import Inert, Objects, UnreadableError, attributes
from gradaudit.inputs.pickles.skops_archive import load_skops
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from tests.inputs import hostile


def node(value: Any, members: dict[str, bytes]) -> dict[str, Any]:
    """What skops writes for a value; arrays go to the members."""
    own = {"__class__": type(value).__name__, "__module__": "builtins", "__id__": id(value)}
    if isinstance(value, np.ndarray | np.generic):
        file = io.BytesIO()
        np.save(file, value)
        members[f"{id(value)}.npy"] = file.getvalue()
        kind = {"__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy", "file": f"{id(value)}.npy"}
        return {**own, **kind}
    if isinstance(value, dict):
        content: Any = {key: node(part, members) for key, part in value.items()}
        return {**own, "__loader__": "DictNode", "content": content}
    if isinstance(value, list | tuple):
        loader = "ListNode" if isinstance(value, list) else "TupleNode"
        return {**own, "__loader__": loader, "content": [node(part, members) for part in value]}
    return {**own, "__loader__": "JsonNode", "content": json.dumps(value)}


def archive(schema: Any, members: dict[str, bytes]) -> io.BytesIO:
    """A file with this schema.json."""
    names = {name.replace(".", "DOT"): data for name, data in members.items()}
    return io.BytesIO(hostile.archive(json.dumps(schema).encode(), **names))


def test_values_come_back() -> None:
    """Lists, tuples, mappings, texts, numbers; NumPy's single numbers are Python's; arrays bit for bit."""
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    value = {"a": [1, 2.5, None, True, "Zoë"], "b": (), "c": np.float64(0.1), "d": array, "e": np.array(["x", "yz"])}
    members: dict[str, bytes] = {}
    read = load_skops(archive(node(value, members), members))
    assert isinstance(read, dict)
    assert {key: read[key] for key in "abc"} == {key: value[key] for key in "abc"}
    assert type(read["c"]) is float
    assert read["d"].dtype == np.float32
    assert read["d"].tobytes() == array.tobytes()
    assert read["e"].tolist() == ["x", "yz"]


def test_objects_are_inert_and_the_same_where_they_are_the_same() -> None:
    """An object that is referred to twice is written twice, under one number."""
    state = {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": {}}
    thing = {"__class__": "A", "__module__": "b", "__loader__": "ObjectNode", "content": state, "__id__": 7}
    both = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [thing, thing]}
    first, second = load_skops(archive(both, {}))  # type: ignore[misc]
    assert first is second
    assert isinstance(first, Inert)
    assert str(first.kind) == "b.A"
    assert attributes(first) == {}


def test_arrays_of_objects_and_records_are_not_made() -> None:
    """The first are the list of their items, the second are nothing that a network is made of."""
    records = np.zeros(3, dtype=[("a", "f8")])
    members: dict[str, bytes] = {}
    schema = node([records], members)
    kind = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "json"}
    schema["content"].append({**kind, "content": [node("a", {}), node(None, {})], "shape": node((2,), {})})
    opaque, objects = load_skops(archive(schema, members))  # type: ignore[misc]
    assert isinstance(opaque, Objects)
    assert opaque.items == []
    assert isinstance(objects, Objects)
    assert objects.items == ["a", None]


@pytest.fixture
def small_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the size of the bomb here."""
    for module in (model_bytes, skops_archive):
        monkeypatch.setattr(module, "MAX_BYTES", hostile.LARGE - 1)


@pytest.mark.usefixtures("small_bound")
def test_hostile_archives_run_nothing(canary: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is refused, or is inert and holds no network; nothing is written to any place that it names."""
    monkeypatch.chdir(tmp_path)
    for name, data in hostile.archives():
        with canary.watching(), pytest.raises((UnreadableError, InputError)) as error:
            from_estimator(load_skops(io.BytesIO(data)))
        assert 0 < len(str(error.value)) < 500, name
    assert os.listdir(tmp_path) == []  # noqa: PTH208


@pytest.mark.usefixtures("small_bound")
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is no zip archive"),
        (hostile.archive(b"[]"), "a part of its schema.json is missing or is none that skops writes"),
        (hostile.archive(b"{}", DOTDOTSLASHx=b""), "'../x' in it is a place outside the archive"),
        (hostile.archive(b"[" * 100_000), "it is nested too deeply"),
        ("many_members", "its table of contents is too large"),
        ("large_schema", "'schema.json' is larger than 12 MiB, unpacked"),
        ("bomb", "is larger than 15 MiB, unpacked"),
        ("lzma_member", "'schema.json' is packed in another way than by deflate"),
        ("missing_member", "there is no '1.npy' in it"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_wrong_is_told(data: bytes | str, message: str) -> None:
    """In a sentence; a name is that of a hostile archive."""
    if isinstance(data, str):
        data = next(made for name, made in hostile.archives() if name == data)
    with pytest.raises(UnreadableError, match="cannot be read as a skops file: ") as error:
        load_skops(io.BytesIO(data))
    assert message in str(error.value)
