"""What a wheel carries."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import gradaudit

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel of this checkout, built in this process."""
    folder = tmp_path_factory.mktemp("wheel")
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(path) as archive:
        yield archive


def metadata(wheel: zipfile.ZipFile, file: str) -> str:
    """One text file of the wheel's own records."""
    (name,) = (name for name in wheel.namelist() if name.endswith(f".dist-info/{file}"))
    return wheel.read(name).decode()


def test_every_template_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """The wheel's gradaudit/templates holds the files of templates/, the same bytes, and no others."""
    folder = "gradaudit/templates/"
    packed = {name.removeprefix(folder): wheel.read(name) for name in wheel.namelist() if name.startswith(folder)}
    on_disk = {
        path.relative_to(ROOT / "templates").as_posix(): path.read_bytes()
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }

    assert on_disk
    assert packed == on_disk


def test_every_module_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """The wheel holds each module of the package and the mark that says it is typed."""
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "gradaudit").rglob("*.py")}

    assert modules | {"gradaudit/py.typed"} <= set(wheel.namelist())


def test_nothing_else_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    """No tests, samples, caches or tools reach site-packages."""
    strangers = [name for name in wheel.namelist() if not re.match(r"gradaudit(-[^/]+\.dist-info)?/", name)]

    assert strangers == []
    assert not [name for name in wheel.namelist() if "__pycache__" in name or "/test" in name]


def test_the_version_is_written_once(wheel: zipfile.ZipFile) -> None:
    """The wheel's version is the one that the package says of itself."""
    assert f"\nVersion: {gradaudit.__version__}\n" in metadata(wheel, "METADATA")


def test_the_command_is_installed(wheel: zipfile.ZipFile) -> None:
    """Installing the wheel makes a command named gradaudit."""
    assert "gradaudit = gradaudit.cli:main" in metadata(wheel, "entry_points.txt")
