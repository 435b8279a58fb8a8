"""Imports point down: who may read whom, as a table, and the few lines that hold it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "gradaudit"

KNOWS = {  # from bottom to top: each room, and the rooms above it in this list whose modules it may import
    "errors": "",
    "functions": "",  # activations, losses, …: tables of names and mathematics
    "files": "errors",  # how any input file is opened
    "layers": "errors functions",
    "domain": "errors functions layers",  # the nouns: specs, measurements, findings, reports
    "text": "domain",
    "nn": "errors functions layers domain",
    "probes": "functions layers domain text nn",
    "datasets": "errors functions files layers domain",
    "inputs": "errors functions files layers domain text",
    "evidence": "functions layers domain text",
    "rules": "functions layers domain text evidence",
    "editing": "errors functions files layers domain inputs",
    "remedies": "errors functions layers domain editing",
    "formats": "errors files domain text rules",  # of the rules, their manuals alone
    "auditing": "errors functions layers domain text nn probes datasets inputs evidence rules editing remedies",
    "comparison": "errors domain text evidence rules formats",  # of two reports, and its own three formats
    "api": "errors files domain datasets inputs formats auditing",
    "__init__": "api",
    # A shell, the action (which calls the program as a person would), and pytest.
    "cli": "errors files domain text datasets probes inputs rules editing remedies formats auditing comparison api",
    "__main__": "cli",
    "ci": "errors files domain text inputs formats cli",
    "pytest_plugin": "errors domain text inputs formats __init__ cli",
}
MANUALS = "rules/manuals.py"
"""The rules' words, which formats print beside findings."""
NO_ARRAYS = {"comparison", "domain", "editing", "errors", "evidence", "formats", "remedies", "rules", "text"}
GUESTS = {  # each third-party library, and the rooms or files that it may enter
    "click": {"cli"},
    "distributed": {"cli"},
    "pytest": {"pytest_plugin"},
    "yaml": {"inputs"},
    "h5py": {"inputs"},
    "torch": {"inputs"},
    "sklearn": {"inputs", "datasets"},
    "joblib": {"inputs", "cli"},  # files of models; many models at once
    "skops": {"inputs"},
    "jinja2": {"formats"},
    "markupsafe": {"formats"},  # jinja2's mark for what is already escaped
    "weasyprint": {"formats"},
    "scipy": {"functions", "nn"},
    "threadpoolctl": {"auditing"},
    "numpy": {*KNOWS.keys() - NO_ARRAYS, "domain/spec.py"},  # a model's own weights
}


def room_of(file: str) -> str:
    """`rules/saddle_point.py` → rules, `api.py` → api."""
    return file.split("/", maxsplit=1)[0].removesuffix(".py")


def modules_named(node: ast.AST, file: str) -> Iterator[tuple[str, ...]]:
    """The dotted names that an import statement may mean, as parts; those that are no module mean their parent."""
    if isinstance(node, ast.Import):
        yield from (tuple(alias.name.split(".")) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        here = ("gradaudit", *file.split("/"))
        parent = (*(here[: -node.level] if node.level else ()), *(node.module.split(".") if node.module else ()))
        if parent != ("gradaudit",) or {alias.name for alias in node.names} != {"__version__"}:
            yield from ((*parent, alias.name) for alias in node.names)


def file_of(parts: tuple[str, ...], package: Path) -> str:
    """The file, relative to the package, of the longest part of a dotted name that is a module."""
    for end in range(len(parts), 0, -1):
        for file in (Path(*parts[:end]).with_suffix(".py"), Path(*parts[:end], "__init__.py")):
            if (package / file).is_file():
                return file.as_posix()
    return "__init__.py"


def is_allowed(file: str, target: str) -> bool:
    """Whether a file of the package may import another one."""
    reader, read = room_of(file), room_of(target)
    if (reader, read) == ("formats", "rules"):
        return target == MANUALS
    return reader == read or read in KNOWS.get(reader, "").split()


def is_guest(library: str, file: str) -> bool:
    """Whether a file may import a library that is not Python's own."""
    return bool({file, room_of(file)} & GUESTS.get(library, set()))


def violations(package: Path) -> list[str]:
    """Every import that points up or sideways, or that lets a library in where it is no guest; one line each."""
    found = set()
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for top, *rest in modules_named(node, file):
                if top == "gradaudit":
                    target = file_of(tuple(rest), package)
                    if target != file and not is_allowed(file, target):
                        found.add(f"{file} -> {target}")
                elif top not in sys.stdlib_module_names and not is_guest(top, file):
                    found.add(f"{file} -> {top}")
    return sorted(found)


def arrows(package: Path) -> dict[str, set[str]]:
    """Each file of the package with those that it imports, at its top or inside a function."""
    found: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        named = (parts for node in ast.walk(ast.parse(path.read_text("utf-8"))) for parts in modules_named(node, file))
        targets = {file_of(tuple(rest), package) for top, *rest in named if top == "gradaudit"}
        found[file] = targets - {file}
    return found


def circles(package: Path) -> list[str]:
    """Files that read each other, by whatever detour and inside whatever function; one line a circle."""
    reads = arrows(package)
    reached = {file: _reached(file, reads) for file in reads}
    groups = {tuple(sorted(x for x in reached[file] if file in reached[x])) for file in reads}
    return [" <-> ".join(group) for group in sorted(groups) if group]


def _reached(file: str, reads: dict[str, set[str]]) -> set[str]:
    """All files that importing this one leads to."""
    found: set[str] = set()
    waiting = [file]
    while waiting:
        new = reads.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def test_no_files_read_each_other() -> None:
    """Inside a room too: chain → document → keras → chain was one circle."""
    found = circles(PACKAGE)

    assert not found, "\n".join(found)


def test_imports_point_down() -> None:
    """No module of the package reads one that stands above it or beside it."""
    found = violations(PACKAGE)

    assert not found, "\n".join(found)


def test_no_two_rooms_know_each_other() -> None:
    """Each room stands below all that may know it, so the rooms, too, have no circle."""
    rooms = list(KNOWS)

    assert [
        (room, known) for room, all_ in KNOWS.items() for known in all_.split() if known in rooms[rooms.index(room) :]
    ] == []
    assert {known for all_ in KNOWS.values() for known in all_.split()} <= KNOWS.keys()


def test_the_top_of_the_package_is_small() -> None:
    """A stranger sees what there is at one look."""
    assert len([path for path in PACKAGE.iterdir() if path.name != "__pycache__"]) <= 24


def test_probes_ask_an_engine() -> None:
    """One place chooses which; all others know its questions alone."""
    readers = [file for file, targets in arrows(PACKAGE).items() if "nn/backprop.py" in targets]

    assert sorted(readers) == ["nn/training.py", "probes/interface.py"]


def test_a_planted_violation_is_named(tmp_path: Path) -> None:
    """Upward, sideways and uninvited imports are each named in one line; what is allowed is not."""
    planted = {
        "domain/spec.py": "import numpy\nfrom typing import TYPE_CHECKING as T\nif T:\n    from ..nn import network",
        "domain/report.py": "import numpy.linalg",
        "functions/activations.py": "from gradaudit import __version__\nfrom gradaudit.nn.network import Network",
        "nn/network.py": "from gradaudit.rules import saddle_point",
        "rules/__init__.py": "from .saddle_point import SaddlePoint",
        "rules/saddle_point.py": "from gradaudit.functions.activations import ACTIVATIONS\nimport gradaudit.nn.network",
        "rules/manuals.py": "",
        "formats/html.py": "import jinja2\nfrom ..rules.saddle_point import SaddlePoint\nfrom gradaudit import audit",
        "formats/sarif.py": "from gradaudit.rules import manuals",
        "probes/signal.py": "import numpy\nfrom gradaudit.nn import network\nimport left_pad",
        "attic.py": "import gradaudit.errors",
        "__init__.py": "from gradaudit.cli import main",
        "errors.py": "",
        "cli/__init__.py": "def main():\n    import gradaudit.probes.signal, click",
    }
    for file, text in planted.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)

    assert violations(tmp_path) == [
        "__init__.py -> cli/__init__.py",
        "attic.py -> errors.py",
        "domain/report.py -> numpy",
        "domain/spec.py -> nn/network.py",
        "formats/html.py -> __init__.py",
        "formats/html.py -> rules/saddle_point.py",
        "functions/activations.py -> nn/network.py",
        "nn/network.py -> rules/saddle_point.py",
        "probes/signal.py -> left_pad",
        "rules/saddle_point.py -> nn/network.py",
    ]


def test_a_planted_circle_is_named(tmp_path: Path) -> None:
    """Over three files of one room, one arrow inside a function; what reads a circle is none."""
    planted = {
        "inputs/chain.py": "from gradaudit.inputs.reading import from_tree",
        "inputs/reading.py": "def read():\n    from gradaudit.inputs import keras",
        "inputs/keras.py": "from . import chain",
        "inputs/__init__.py": "from gradaudit.inputs import chain",
        "errors.py": "",
    }
    for file, text in planted.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)

    assert circles(tmp_path) == ["inputs/chain.py <-> inputs/keras.py <-> inputs/reading.py"]
