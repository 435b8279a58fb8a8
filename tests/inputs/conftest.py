"""What most tests of the readers need: the faults of a text, the model of one, and a canary."""

from __future__ import annotations

import codecs
import gc
import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import GradauditError
from gradaudit.inputs import read
from gradaudit.inputs.readers import PYTHON_OBJECT
from tests.inputs.computing import computed

Write = Callable[..., str]
"""Writes a file of Python and gives its name."""
Complaint = Callable[[str], str]
"""The message that reading a source ends in."""


@pytest.fixture
def model() -> Callable[[str], ModelSpec]:
    """The one model of a spec's text."""

    def read_text(text: str) -> ModelSpec:
        (spec,) = read("-", stdin=io.BytesIO(text.encode()))
        return spec

    return read_text


@pytest.fixture
def faults(model: Callable[[str], ModelSpec]) -> Callable[[str], list[str]]:
    """The messages that a spec's text ends in, each with its line and column; none where it is sound."""

    def read_text(text: str) -> list[str]:
        try:
            model(text)
        except GradauditError as error:
            return [str(problem).removeprefix("<stdin>:") for problem in error.problems]
        return []

    return read_text


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Writes code into a file below the working directory and gives its path; modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    known = set(sys.modules)

    def written(code: str, path: str = "own.py") -> str:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(code)
        return path

    yield written
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def complaint() -> Callable[[str], str]:
    """The message that an object in code is answered with."""

    def said(source: str) -> str:
        with pytest.raises(GradauditError) as error:
            PYTHON_OBJECT.read(source)
        return str(error.value)

    return said


@pytest.fixture
def outputs() -> Callable[[ModelSpec, np.ndarray], np.ndarray]:
    """What a model with its own weights makes of inputs: the engine's forward pass, batch norms by the batch."""
    return computed


class Canary:
    """Sings where a reader imports, runs or opens anything; one audit hook of Python's for the whole process."""

    HARMFUL = ("import", "exec", "compile", "os.", "subprocess.", "pickle.", "socket.", "shutil.", "ctypes.", "open")

    def __init__(self) -> None:
        codecs.lookup("raw-unicode-escape")  # Python imports its codecs when they are first used
        self.heard: list[str] | None = None
        self._thread = 0
        sys.addaudithook(self._listen)

    def _listen(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.heard is not None and event.startswith(self.HARMFUL) and threading.get_ident() == self._thread:
            self.heard.append(f"{event}{arguments}")

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Fails where anything was heard inside, from this thread.

        Garbage is not collected meanwhile: what other tests left behind (a temporary folder) is removed by
        finalizers, which open and delete files of their own.
        """
        self._thread = threading.get_ident()
        collects = gc.isenabled()
        gc.disable()
        self.heard = []
        try:
            yield
        finally:
            heard, self.heard = self.heard, None
            if collects:
                gc.enable()
        assert heard == []


@cache
def _the_canary() -> Canary:
    return Canary()


@pytest.fixture(scope="session")
def canary() -> Canary:
    """The one canary: a hook cannot be taken out again."""
    return _the_canary()
