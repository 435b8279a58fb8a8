"""Runs the person's own code, as pytest would: imports a file or a module, calls a function, tells what failed."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import random
import sys
import traceback
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

from gradaudit.errors import GradauditError, InputError, Location, Problem

_PACKAGE = str(Path(__file__).resolve().parent.parent)


@contextlib.contextmanager
def repeatable(seed: int = 0) -> Iterator[None]:
    """Generators of random numbers at a seed, so that what is made at random is the same in each audit.

    Python's, NumPy's and, where it is loaded, PyTorch's; they are as before afterwards.
    """
    torch = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state(), torch.get_rng_state() if torch else None  # noqa: NPY002
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - what a person's code draws from
    if torch:
        torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        if torch:
            torch.set_rng_state(states[2])


def load_torch_for(path: str) -> None:
    """PyTorch, where a file speaks of it: only then can its generator be set before the file draws from it."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        if b"torch" in Path(path).read_bytes():
            importlib.import_module("torch")


STANDALONE = "gradaudit_source_"
"""Begins the names of modules that were imported from a file outside any package."""


@contextlib.contextmanager
def running(what: str, folder: Path, source: str) -> Iterator[None]:
    """Puts `folder` on sys.path, sends what is printed to standard error, and tells exceptions, but no warnings.

    An exception inside, SystemExit included, becomes an InputError with its type, its text and the last line
    of the person's own files that it passed through.
    """
    path = str(folder)
    sys.path.insert(0, path)
    importlib.invalidate_caches()  # a file may be younger than the last look at its folder
    try:
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings(action="ignore"):
            yield
    except GradauditError:
        raise
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())[:300]
        said = f"{type(error).__name__}: {text}" if text else type(error).__name__
        raise InputError(Problem(f"{what} failed: {said}", _place(error, folder, source))) from error
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(path)


def _place(error: BaseException, folder: Path, source: str) -> Location:
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return Location(relative_name(error.filename), error.lineno, error.offset or None)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _is_own(frame.filename, folder):
            return Location(relative_name(frame.filename), frame.lineno)
    return Location(source)


def _is_own(file: str, folder: Path) -> bool:
    """Whether a file is the person's: below the folder, not installed there, not gradaudit's."""
    path = Path(file)
    inside = path.is_absolute() and path.resolve().is_relative_to(folder.resolve())
    return inside and "site-packages" not in path.parts and not str(path.resolve()).startswith(_PACKAGE)


def relative_name(file: str) -> str:
    """Relative to the working directory where the file is below it."""
    with contextlib.suppress(ValueError):
        return str(Path(file).resolve().relative_to(Path.cwd().resolve()))
    return file


@contextlib.contextmanager
def forgetting(folder: Path) -> Iterator[None]:
    """Forgets the person's modules that were imported meanwhile.

    Two files in two folders may then each have their own `layers.py` beside them.
    """
    known = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - known:
            file = getattr(sys.modules[name], "__file__", None)
            if file and _is_own(file, folder) and not name.startswith(STANDALONE):
                del sys.modules[name]


def package_root(path: Path) -> Path:
    """The folder that must be on sys.path for this file: the first upwards that is no package."""
    folder = path.resolve().parent
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        folder = folder.parent
    return folder


def import_file(path: Path) -> ModuleType:
    """The module in a file: by its dotted name where it is part of a package, else under a name of its own."""
    root = package_root(path)
    if root != path.resolve().parent:
        return _import_as_part(path, root)
    name = f"{STANDALONE}{path.stem}_{zlib.crc32(str(path.resolve()).encode()):08x}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise InputError(Problem("Python cannot import this file", Location(str(path))))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look it up there
    spec.loader.exec_module(module)
    return module


def _import_as_part(path: Path, root: Path) -> ModuleType:
    parts = path.resolve().relative_to(root).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    module = importlib.import_module(name)
    if Path(module.__file__ or "").resolve() != path.resolve():
        message = f"another module is called {name} already: {module.__file__}"
        raise InputError(Problem(message, Location(str(path))))
    return module
