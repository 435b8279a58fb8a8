"""What the tests of the Keras reader need: configurations by hand, and the model or the message of one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import GradauditError
from gradaudit.inputs import read


@pytest.fixture
def load(tmp_path: Path) -> Callable[[Any], ModelSpec]:
    """The one model of a JSON file with this configuration."""

    def from_config(config: object) -> ModelSpec:
        (tmp_path / "m.json").write_text(config if isinstance(config, str) else json.dumps(config, indent=1))
        (spec,) = read(str(tmp_path / "m.json"))
        return spec

    return from_config


@pytest.fixture
def fault(tmp_path: Path, load: Callable[[Any], ModelSpec]) -> Callable[[Any], str]:
    """The one message that a configuration ends in, without its place."""

    def from_config(config: object) -> str:
        with pytest.raises(GradauditError) as caught:
            load(config)
        (problem,) = caught.value.problems
        assert problem.location is not None
        assert problem.location.file == str(tmp_path / "m.json")
        return problem.message

    return from_config
