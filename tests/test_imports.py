"""What is imported when: a quick answer needs no heavy library."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = """
layers: [64, 8, 10]
loss: cross_entropy
optimizer: {name: sgd, learning_rate: 0.1}
data: digits
audit: {effort: quick}
"""


def imported_by(*arguments: str, **variables: str) -> set[str]:
    """The top-level modules that a fresh `gradaudit` with these arguments imports."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gradaudit", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in {0, 1}, run.stderr[-2000:]
    times = [line.split("|")[-1].strip() for line in run.stderr.splitlines() if line.startswith("import time:")]
    ours = times[times.index("site") + 1 :]  # before it the interpreter, and what finds an editable install
    return {module.split(".")[0] for module in ours}


def test_the_text_path_imports_no_heavy_library(tmp_path: Path) -> None:
    """Checking a spec imports what it computes with, and nothing heavier, though its data come with scikit-learn.

    Nor does it wait for what only other inputs, faults or git need.
    """
    spec = tmp_path / "model.yaml"
    spec.write_text(SPEC)

    modules = imported_by("check", str(spec))

    assert "numpy" in modules
    assert not modules & {"sklearn", "weasyprint", "jinja2", "scipy", "torch", "h5py"}
    assert not modules & {"csv", "difflib", "email", "shutil", "statistics", "subprocess", "tempfile", "zipfile"}


def test_an_unchanged_model_is_answered_without_reading_it(tmp_path: Path) -> None:
    """What was measured before is read and printed; no spec is parsed and checked, and no array made."""
    spec, cache = tmp_path / "model.yaml", str(tmp_path / "cache")
    spec.write_text(SPEC.replace("digits", "xor").replace("[64, 8, 10]", "[2, 4, 2]"))
    assert "yaml" in imported_by("check", str(spec), GRADAUDIT_CACHE_DIR=cache)

    modules = imported_by("check", str(spec), GRADAUDIT_CACHE_DIR=cache)

    assert "click" in modules
    assert not modules & {"numpy", "yaml", "sklearn", "jinja2", "email", "zipfile", "logging"}


def test_help_imports_no_numpy() -> None:
    """`gradaudit --help` answers from the command line's own modules."""
    modules = imported_by("--help")

    assert "click" in modules
    assert not modules & {"numpy", "yaml"}


FILES = [*(ROOT / "tests").glob("*.py"), *(ROOT / "tests" / "corpus").glob("*.py")]
TOOLS = [file for file in FILES if not file.name.startswith("test_")]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_what_no_test_runs_still_finds_what_it_imports(tool: Path) -> None:
    """The tools that a person starts by hand name things of the package, which may have been renamed since."""
    for node in ast.walk(ast.parse(tool.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("gradaudit"):
            module = import_module(node.module)
            lost = [each.name for each in node.names if not hasattr(module, each.name)]
            assert [name for name in lost if not find_spec(f"{node.module}.{name}")] == []
