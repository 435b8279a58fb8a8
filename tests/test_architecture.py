"""Imports point down: who may read whom, as a table, and the few lines that hold it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "gradaudit"

LAYERS = (  # from top to bottom; rooms on one line are strangers to each other
    # The ways in beside the API: a shell, the action (which calls the program as a person would), and pytest.
    ("__main__", "ci", "pytest_plugin"),
    ("cli",),
    ("__init__",),
    ("api",),
    ("search",),
    ("plan",),
    ("pipeline",),
    # cache keeps reports as the JSON format writes them; shown is the public Report, which renders itself.
    ("cache", "fixes", "shown", "silencing"),
    (
        "comparison",
        "diagnosis",
        "outline",
        "settings",
        "trials",
    ),  # comparison: of two reports, and its own three formats
    ("inputs", "datasets", "probes", "rules", "remedies", "formats"),
    ("nn",),
    ("fingerprint",),  # what is equal in two reports: formats show it, the command line compares by it
    ("report",),
    ("finding",),
    ("numbers", "precision"),
    ("measurement",),
    ("landscape",),
    ("rows",),
    ("spec",),
    ("layers",),  # each reads the tables of nn as well
    ("named",),
    ("git",),  # what git knows of a checkout: the command line and the action ask it
    ("files",),  # how any input file is opened
    ("blas", "errors", "zip_directory"),
)
LEVEL = {room: len(LAYERS) - depth for depth, rooms in enumerate(LAYERS) for room in rooms}
TABLES = {"nn/activations.py", "nn/initializers.py", "nn/losses.py", "nn/optimizers.py"}  # names and facts
MANUALS = {"rules/manuals.py"}  # the rules' words, which formats print beside findings
READS_ALL_OF_NN = {"pipeline", "trials", "search", "outline", "probes", "nn"}
NO_ARRAYS = {
    "comparison",
    "errors",
    "fingerprint",
    "landscape",
    "measurement",
    "numbers",
    "precision",
    "finding",
    "report",
    "rules",
    "formats",
}
GUESTS = {  # each third-party library and the rooms that it may enter
    "click": {"cli"},
    "distributed": {"cli"},
    "pytest": {"pytest_plugin"},
    "yaml": {"inputs"},
    "pydantic": {"inputs"},
    "pydantic_core": {"inputs"},  # where pydantic keeps its errors
    "h5py": {"inputs"},
    "torch": {"inputs"},
    "sklearn": {"inputs", "datasets"},
    "joblib": {"inputs", "cli"},  # files of models; many models at once
    "skops": {"inputs"},
    "jinja2": {"formats"},
    "markupsafe": {"formats"},  # jinja2's mark for what is already escaped
    "weasyprint": {"formats"},
    "scipy": {"nn"},
    "threadpoolctl": {"blas"},
    "numpy": LEVEL.keys() - NO_ARRAYS,
}


def room_of(file: str) -> str:
    """`rules/saddle_point.py` → rules, `spec.py` → spec."""
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
    if read == "nn" and reader not in READS_ALL_OF_NN and target not in TABLES:
        return False
    if target in TABLES and reader == "layers":
        return True
    if target in MANUALS:
        return LEVEL.get(reader, 0) >= LEVEL[read]
    return reader == read or LEVEL.get(reader, 0) > LEVEL.get(read, len(LEVEL))


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
                elif top not in sys.stdlib_module_names and room_of(file) not in GUESTS.get(top, ()):
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


def test_a_planted_violation_is_named(tmp_path: Path) -> None:
    """Upward, sideways and uninvited imports are each named in one line; what is allowed is not."""
    planted = {
        "spec.py": "import numpy as np\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import report",
        "report.py": "import numpy.linalg",
        "nn/activations.py": "from gradaudit import __version__\nfrom gradaudit.nn.network import Network",
        "nn/network.py": "from gradaudit.rules import saddle_point",
        "rules/__init__.py": "from .saddle_point import SaddlePoint",
        "rules/saddle_point.py": "from gradaudit.nn.activations import ACTIVATIONS\nimport gradaudit.nn.network",
        "formats/html.py": "import jinja2\nfrom ..rules.saddle_point import SaddlePoint\nfrom gradaudit import audit",
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
        "formats/html.py -> __init__.py",
        "formats/html.py -> rules/saddle_point.py",
        "nn/network.py -> rules/saddle_point.py",
        "probes/signal.py -> left_pad",
        "report.py -> numpy",
        "rules/saddle_point.py -> nn/network.py",
        "spec.py -> report.py",
    ]


def test_a_planted_circle_is_named(tmp_path: Path) -> None:
    """Over three files of one room, one arrow inside a function; what reads a circle is none."""
    planted = {
        "inputs/chain.py": "from gradaudit.inputs.document import from_tree",
        "inputs/document.py": "def read():\n    from gradaudit.inputs import keras",
        "inputs/keras.py": "from . import chain",
        "inputs/__init__.py": "from gradaudit.inputs import chain",
        "errors.py": "",
    }
    for file, text in planted.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)

    assert circles(tmp_path) == ["inputs/chain.py <-> inputs/document.py <-> inputs/keras.py"]
