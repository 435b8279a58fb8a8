"""The library that a PDF stands on: looked for before anything is installed, and installed as each system does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gradaudit.ci.pango import DEBIAN, has_pango, library_places

ROOT = Path(__file__).parents[2]


class Machine:
    """Answers commands: the probe goes well once `needs` of the others have."""

    def __init__(self, needs: int | None) -> None:
        self.needs, self.ran, self.environments = needs, [], []

    def __call__(self, command: tuple[str, ...], environment: Mapping[str, str]) -> bool:
        if "import weasyprint" in command:
            self.environments.append(environment)
            return self.needs is not None and len(self.ran) >= self.needs
        self.ran.append(" ".join(command))
        return True


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_nothing_is_installed_where_it_is(platform: str) -> None:
    """One look is enough."""
    machine = Machine(0)

    assert has_pango(platform, machine)
    assert machine.ran == []


@pytest.mark.parametrize(("platform", "words"), [("linux", DEBIAN[0]), ("darwin", "brew install"), ("win32", "pacman")])
def test_each_system_has_its_recipe(platform: str, words: str) -> None:
    """What is missing is installed by the system's own means, and looked for where that puts it."""
    machine = Machine(1)

    assert has_pango(platform, machine)
    assert words in machine.ran[0]
    assert library_places(platform).items() <= machine.environments[-1].items()


def test_no_pango_is_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing helps, or nobody knows how, the answer is no."""
    assert not has_pango("linux", Machine(None))
    assert not has_pango("sunos5", Machine(None))


def test_the_packages_are_those_of_make() -> None:
    """The script for a developer's machine names the same ones."""
    assert all(package in (ROOT / ".ci" / "pango").read_text() for package in DEBIAN)
