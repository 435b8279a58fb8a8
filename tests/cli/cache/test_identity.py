"""What an audit's result depends on: the libraries that compute."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from gradaudit.cli.cache.identity import installed

LIBRARIES = {"numpy": "numpy", "scikit_learn": "scikit-learn", "pyyaml": "PyYAML"}


def test_libraries_are_known_as_the_standard_library_knows_them() -> None:
    """The folders beside them say the same versions."""
    found = installed(sys.path)

    assert {f"{folder}-{version(name)}" for folder, name in LIBRARIES.items()} <= set(found)


def test_the_library_that_is_imported_counts(tmp_path: Path) -> None:
    """The first place that has it is the one that Python takes; what is no library of ours changes nothing."""
    for place, name in (("a", "numpy-2.0.dist-info"), ("b", "numpy-1.26.dist-info"), ("b", "numpydoc-1.0.dist-info")):
        (tmp_path / place / name).mkdir(parents=True)
    a, b = (str(tmp_path / place) for place in "ab")

    assert installed([a, b]) == ["numpy-2.0"]
    assert installed([b, str(tmp_path / "none"), a]) == ["numpy-1.26"]
