"""What the tests of the ONNX reader need: the model of a file's bytes, and the message that they end in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import GradauditError
from gradaudit.inputs import read


@pytest.fixture
def load(tmp_path: Path) -> Callable[[bytes], ModelSpec]:
    """The one model of a file with these bytes."""

    def from_bytes(data: bytes) -> ModelSpec:
        (tmp_path / "m.onnx").write_bytes(data)
        (spec,) = read(str(tmp_path / "m.onnx"))
        return spec

    return from_bytes


@pytest.fixture
def fault(tmp_path: Path, load: Callable[[bytes], ModelSpec]) -> Callable[[bytes], str]:
    """The one message that the bytes end in."""

    def from_bytes(data: bytes) -> str:
        with pytest.raises(GradauditError) as caught:
            load(data)
        (problem,) = caught.value.problems
        return str(problem).replace(f"{tmp_path}/", "")

    return from_bytes
