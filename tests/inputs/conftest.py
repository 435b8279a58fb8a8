"""What most tests of the readers need: the faults of a text, and the model of one."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from gradaudit.errors import GradauditError
from gradaudit.inputs import read
from gradaudit.spec import ModelSpec


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
