"""Break one place of a module at a time, and see whether its tests notice: `make mutants`.

Usage: python tests/mutate.py [MODULE_OR_FOLDER …] [--sample 5] [--seed 0] [--own]. Each mutant is one changed
operator, number or name in a scratch copy, judged by the module's own test file and then by the folder that mirrors
its package, without PyTorch and the slow tests. Prints every survivor and the share that was killed. A survivor is
either equivalent, which nobody can see, or a test that is missing.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOMS = ("functions", "nn", "evidence", "rules")
MEMORY = 4 << 30
"""Bytes a mutant may take: a wrong exponent must not take the machine."""
SWAPS = {
    "Lt": ("LtE", "GtE"),
    "LtE": ("Lt", "Gt"),
    "Gt": ("GtE", "LtE"),
    "GtE": ("Gt", "Lt"),
    "Pow": ("Mult",),
    "Mod": ("Mult",),
    "FloorDiv": ("Div",),
}
"""An operator, and what may stand in its place."""
# Neighbours stand for one another.
EITHER = ["Eq", "NotEq", "Is", "IsNot", "In", "NotIn", "Add", "Sub", "Mult", "Div", "BitAnd", "BitOr", "And", "Or"]
NAMES = [
    "any",
    "all",
    "min",
    "max",
    "minimum",
    "maximum",
    "median",
    "mean",
    "argmin",
    "argmax",
    "floor",
    "ceil",
    "zeros",
    "ones",
]
for left, right in zip(EITHER[::2], EITHER[1::2], strict=True):
    SWAPS |= {left: (right,), right: (left,)}
CALLS = dict(zip(NAMES[::2], NAMES[1::2], strict=True)) | dict(zip(NAMES[1::2], NAMES[::2], strict=True))


@dataclass(frozen=True)
class Mutant:
    """One changed place."""

    line: int
    change: str
    source: str
    """The whole module, changed."""


def numbers(node: ast.Constant) -> Iterator[ast.expr]:
    """A truth value turned over, an integer one off, a float doubled, and 0.0 made 1."""
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, float):
        yield ast.Constant(2 * node.value or 1.0)


def changes(node: ast.AST, field: str) -> Iterator[ast.AST]:
    """What may stand in the place of this node, the child `field` of its parent."""
    for swapped in SWAPS.get(type(node).__name__, ()):
        yield getattr(ast, swapped)()
    if isinstance(node, ast.Constant):
        yield from numbers(node)
        if field == "slice" and isinstance(node.value, int) and node.value > 0:
            yield ast.Constant(-node.value)
    elif isinstance(node, ast.Name) and node.id in CALLS:
        yield ast.Name(CALLS[node.id])
    elif isinstance(node, ast.Attribute) and node.attr in CALLS:
        yield ast.Attribute(node.value, CALLS[node.attr])
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.expr) and field == "upper":
        yield ast.BinOp(node, ast.Add(), ast.Constant(1))
    if isinstance(node, ast.expr) and field in ("test", "ifs") and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)


def places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Parent, field, index and child, but for what says nothing at run time or only words a refusal."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or isinstance(
                child, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom
            ):
                continue
            if isinstance(child, ast.keyword) and child.arg == "strict":
                continue
            yield node, field, index if isinstance(value, list) else None, child
            yield from places(child)


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module."""
    tree, found, line = ast.parse(source), [], 0
    for parent, field, index, child in places(tree):
        line = getattr(child, "lineno", getattr(parent, "lineno", line))
        for other in changes(child, field):
            whole = child if isinstance(child, ast.expr) else parent
            before = ast.unparse(whole)
            put(parent, field, index, other)
            after = ast.unparse(other if isinstance(child, ast.expr) else parent)
            found.append(Mutant(line, f"{before} → {after}", ast.unparse(tree)))
            put(parent, field, index, child)
    return found


def put(parent: ast.AST, field: str, index: int | None, child: ast.AST) -> None:
    """Set one child."""
    if index is None:
        setattr(parent, field, child)
    else:
        getattr(parent, field)[index] = child


def tests_of(module: Path, *, own_only: bool) -> list[str]:
    """The module's own test file where there is one, then the folder that mirrors its package."""
    folder = Path("tests", *module.parent.parts[1:])
    own = folder / f"test_{module.stem}.py"
    first = [own] if (HERE / own).exists() else []
    rest = [] if first and (own_only or folder == Path("tests")) else [folder]
    return [str(path) for path in first + rest]


def judge(root: Path, tests: list[str], seconds: float) -> tuple[bool, float]:
    """Whether the tests pass in this copy, and the CPU seconds it took; a process of its own, stopped in time."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os._exit(run(root, tests, int(seconds)))
    while True:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - started > 100 * seconds:  # it waits for something; a busy machine alone is no verdict
            os.kill(child, signal.SIGKILL)
        time.sleep(0.02)
    code = os.waitstatus_to_exitcode(status)
    if code in (4, 5):
        raise SystemExit(f"no tests were run: {' '.join(tests)}")
    return code == 0, usage.ru_utime + usage.ru_stime


def run(root: Path, tests: list[str], seconds: int) -> int:
    """In the child: pytest's exit status over the copy, silent, within bounds."""
    import hypothesis
    import pytest

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.chdir(root)
    sys.path.insert(0, str(root))
    found_is_enough = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", phases=found_is_enough, database=None, derandomize=True)
    hypothesis.settings.load_profile("mutants")
    marks = "not slow and not torch and not onnx and not dask and not browser"
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning", "-m", marks]
    code = pytest.main([*options, *tests])
    here = Path(sys.modules["gradaudit"].__file__ or "")
    return int(code) if here.is_relative_to(root) else 4


@cache
def unchanged(root: Path, tests: str) -> float:
    """The CPU seconds of these tests while nothing is changed."""
    sys.dont_write_bytecode = False
    passed, seconds = judge(root, [tests], 600)
    if not passed:
        raise SystemExit(f"{tests}: fails before anything is changed")
    return seconds


def score(module: Path, root: Path, options: argparse.Namespace) -> tuple[int, int]:
    """Print the survivors of a sample of the module's mutants; how many were killed, of how many."""
    source, tests = (HERE / module).read_text("utf-8"), tests_of(module, own_only=options.own)
    drawn = mutants(source)
    if len(drawn) > options.sample:
        drawn = random.Random(f"{options.seed} {module}").sample(drawn, options.sample)  # noqa: S311
    seconds = unchanged(root, tests[-1])
    sys.dont_write_bytecode = True  # what the first run left speeds the others; a mutant must leave nothing
    killed, target = 0, root / module
    for left in (target.parent / "__pycache__").glob(f"{module.stem}.*"):
        left.unlink()
    for mutant in sorted(drawn, key=lambda mutant: mutant.line):
        target.write_text(mutant.source, "utf-8")
        survived, _ = judge(root, tests, 10 + 4 * seconds)
        killed += not survived
        if survived:
            print(f"survived  {module}:{mutant.line}  {mutant.change}", flush=True)
    target.write_text(source, "utf-8")
    print(f"{killed:4} of {len(drawn):4} killed  {module}", flush=True)
    return killed, len(drawn)


def copy(root: Path) -> None:
    """The files that git knows, as they are now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HERE, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (HERE / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HERE / name, root / name)


def main() -> None:
    """Draw, break, judge and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", type=Path, default=[Path("gradaudit", room) for room in ROOMS])
    parser.add_argument("--sample", type=int, default=5, help="mutants a module")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--own", action="store_true", help="judge by a module's own test file alone, where it has one")
    options = parser.parse_args()
    files = [f for path in options.modules for f in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    import numpy as np  # noqa: F401  # once for all children
    import scipy.stats  # noqa: F401

    with tempfile.TemporaryDirectory() as scratch:
        copy(Path(scratch))
        counts = [score(f, Path(scratch), options) for f in files if mutants(f.read_text("utf-8"))]
    killed, drawn = (sum(column) for column in zip(*counts, strict=True))
    print(f"{killed} of {drawn} mutants killed: {killed / drawn:.1%}")


if __name__ == "__main__":
    main()
