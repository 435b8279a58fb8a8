"""Each recipe of CONTRIBUTING, followed in a scratch copy: at most four files, and the tests that concern it pass.

What is added lies beside this file as it would stand in the checkout; `LINES` are the lines that name it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
LEFT_OUT = shutil.ignore_patterns("corpus", "estimators", "benchmarks", "recipes", "__pycache__", "*.pkl", "*.keras")
MOST_FILES = 4

ARCTAN = """\
    Activation(
        "arctan",
        np.arctan,
        lambda z, h: 1 / (1 + z * z),
        lambda z, h: -2 * z / (1 + z * z) ** 2,
        1.0,
        "glorot_normal",
        saturates=True,
    ),
"""
LINES = {  # recipe → file → (a line of it, what is put behind that line)
    "layer": {
        "gradaudit/layers/__init__.py": (
            ("from gradaudit.layers.rnn import RnnSpec\n", "from gradaudit.layers.scale import ScaleSpec\n"),
            ("    LstmSpec,\n", "    ScaleSpec,\n"),
        )
    },
    "activation": {"gradaudit/functions/activations.py": (('    Activation("exponential",', ARCTAN),)},
    "rule": {
        "gradaudit/rules/__init__.py": (
            ("from gradaudit.rules.vanishing_gradient", "from gradaudit.rules.wide_layers import WideLayers\n"),
            ("    SaddlePoint(),\n", "    WideLayers(),\n"),
        )
    },
    "remedy": {
        "gradaudit/remedies/__init__.py": (
            ("from gradaudit.remedies.width", "from gradaudit.remedies.shuffle import Shuffle\n"),
            ("    Residual(),\n", "    Shuffle(),\n"),
        )
    },
    "format": {
        "gradaudit/formats/__init__.py": (
            ('    "github": "gradaudit.formats.github",\n', '    "names": "gradaudit.formats.names",\n'),
            ('PRINTED = ("text", ', '"names", '),
            ('    ".md": "markdown",\n', '    ".names": "names",\n'),
        )
    },
    "reader": {
        "gradaudit/inputs/readers.py": (
            ("ALL = (SPEC, ", "WIDTHS, "),
            ('ONNX = Reader("ONNX', 'WIDTHS = Reader("widths", "widths", _with_suffix(".widths"))\n'),
        )
    },
}
TESTS = {
    "layer": ["tests/layers/test_scale.py"],
    "activation": ["tests/functions/test_activations.py", "-k", "arctan"],
    "rule": ["tests/rules/test_wide_layers.py", "tests/test_catalogue.py", "-k", "wide or every or listed"],
    "remedy": ["tests/remedies/test_shuffle.py", "tests/test_catalogue.py", "-k", "proposed or listed"],
    "format": ["tests/formats/test_names.py", "tests/test_catalogue.py", "-k", "printed or listed"],
    "reader": ["tests/inputs/test_widths.py", "tests/test_catalogue.py", "-k", "widths or refused or listed"],
}
IN_FRONT = {
    '    Activation("exponential",',
    'ONNX = Reader("ONNX',
    "from gradaudit.rules.vanishing_gradient",
    "from gradaudit.remedies.width",
}
"""Lines that the new one goes before, not behind."""


def follow(recipe: str, checkout: Path) -> int:
    """Add the recipe's files and lines to a checkout; how many files that touches."""
    new = [path for path in (HERE / recipe).rglob("*") if path.is_file() and path.suffix in (".py", ".yaml")]
    for path in new:
        place = checkout / path.relative_to(HERE / recipe)
        assert not place.exists()
        shutil.copy(path, place)
    for name, pairs in LINES[recipe].items():
        text = (checkout / name).read_text(encoding="utf-8")
        for line, added in pairs:
            assert text.count(line) == 1, line
            text = text.replace(line, added + line if line in IN_FRONT else line + added)
        (checkout / name).write_text(text, encoding="utf-8")
    return len(new) + len(LINES[recipe])


@pytest.mark.slow
@pytest.mark.parametrize("recipe", LINES)
def test_a_recipe_costs_at_most_four_files(recipe: str, tmp_path: Path) -> None:
    """And what it adds works in the copy, seen by the copy's own tests."""
    for folder in ("gradaudit", "templates", "tests", "sample_models"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=LEFT_OUT)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    assert follow(recipe, tmp_path) <= MOST_FILES

    told = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *TESTS[recipe]],
        check=False,
        cwd=tmp_path,
        env=told,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
