"""`path.py:NAME` and `package.module:NAME`: an object in the person's own code, which is imported for it."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem
from gradaudit.inputs.keras.live import flat_rows, from_live, is_keras
from gradaudit.inputs.loaded import Loaded, loaded_from, trained_as
from gradaudit.inputs.pytorch.module import from_module, is_module, is_module_class, network_data
from gradaudit.inputs.readers import Subject, is_object
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from gradaudit.inputs.sklearn_model.tree import attributes_of, is_estimator, networks
from gradaudit.inputs.user_code import forgetting, import_file, load_torch_for, package_root, repeatable, running
from gradaudit.inputs.yaml_spec.document import from_document
from gradaudit.text.suggest import nearest


def load_object(source: str) -> Loaded:
    """The object that `path.py:NAME` or `package.module:NAME` names.

    This runs the person's code: the file, or the module with the working directory on sys.path. Raises
    InputError for what is not there, what fails while it is imported or called, and what is no model.
    """
    place, _, name = source.rpartition(":")
    if not is_object(source):
        example = f"{source or 'path.py'}:NAME"
        raise InputError(Problem(f"name the object in it, as in {example}", Location(source)))
    is_file = place.lower().endswith(".py")
    if is_file:
        _check_file(place)
        load_torch_for(place)
    folder = package_root(Path(place)) if is_file else Path.cwd()
    with repeatable(), forgetting(folder) if is_file else contextlib.nullcontext():
        with running(f"importing {place}", folder, place):
            module = import_file(Path(place)) if is_file else _named_module(place)
        file = place if is_file else module.__file__ or place
        location = _bound_at(module, file, name.split(".")[0])
        found, maker = _attribute(module, name, place), None
        if inspect.isroutine(found) or isinstance(found, functools.partial) or is_module_class(found):
            maker = found
            _check_callable_without_arguments(maker, source, location)
            with running(f"calling {name}()", folder, place):
                found = maker()
        loaded = replace(loaded_from(found, source, location), maker=maker)
    return _with_rows_beside(loaded, module)


def subjects_of(loaded: Loaded, X: object = None, y: object = None) -> tuple[Subject, ...]:
    """The models in a loaded object, with the data as each sees them; X and y in place of its own.

    An estimator's data go through the steps before the network, and its classes become its outputs' numbers; a
    PyTorch module's go through the Flatten that it begins with. Raises SpecError or InputError.
    """
    loaded = loaded.with_rows(X, y)
    X, y = loaded.X, loaded.y
    name = loaded.source.rpartition(":")[2].rpartition(".")[2]
    here = loaded.location
    if isinstance(loaded.model, ModelSpec):
        return (Subject(trained_as(loaded.model, loaded), X, y),)
    if isinstance(loaded.model, Mapping):
        spec = trained_as(from_document(loaded.model, loaded.source), loaded)
        spec = replace(spec, name=str(loaded.model.get("name", name)), lines={"": here} if here else {}, key_lines={})
        return (Subject(spec, X, y),)
    try:
        if is_keras(loaded.model):  # on PyTorch's backend it is a module, too
            spec = from_live(loaded.model, name, loaded.source, here)
            return (Subject(trained_as(spec, loaded), X if spec.positions else flat_rows(X), y),)
        if is_module(loaded.model):
            return (_of_module(loaded, name),)
        _check_trains_itself(loaded)
        found = from_estimator(loaded.model, X, y, name=name, source=loaded.source, here=here)
        return tuple(map(_noted, found)) if loaded.beside else found
    except InputError as error:
        raise InputError([Problem(p.message, p.location or loaded.location) for p in error.problems]) from None


ROWS = (("X", "y"), ("X_train", "y_train"))
"""What people call their data."""


def _with_rows_beside(loaded: Loaded, module: ModuleType) -> Loaded:
    """The model with the data of its module, where an estimator was named that was never fitted and has none."""
    if loaded.X is not None or not is_estimator(loaded.model):
        return loaded
    if any("coefs_" in attributes_of(each.thing) for each in networks(loaded.model)):
        return loaded
    pairs = ([getattr(module, name, None) for name in names] for names in ROWS)
    X, y = next((pair for pair in pairs if all(part is not None for part in pair)), (None, None))
    return loaded if X is None else replace(loaded, X=X, y=y, beside=True)


def _of_module(loaded: Loaded, name: str) -> Subject:
    spec = from_module(
        loaded.model,
        X=loaded.X,
        optimizer=loaded.optimizer,
        maker=loaded.maker,
        name=name,
        source=loaded.source,
        here=loaded.location,
    )
    return Subject(trained_as(spec, loaded), *network_data(spec, loaded.X, loaded.y))


def _check_trains_itself(loaded: Loaded) -> None:
    """An estimator has its loss, optimizer, epochs and batch size in its own parameters."""
    for key in ("loss", "optimizer", "epochs", "batch_size"):
        if getattr(loaded, key) is not None:
            kind = type(loaded.model).__name__
            raise InputError(
                Problem(f"{key} is for a PyTorch module; a {kind} has its own parameters", loaded.location)
            )


def _noted(subject: Subject) -> Subject:
    note = "Its data are what its module calls X and y (X_train and y_train), for none were named with the model."
    return replace(subject, spec=replace(subject.spec, notes=(*subject.spec.notes, note)))


def _check_file(path: str) -> None:
    try:
        there, is_file = Path(path).exists(), Path(path).is_file()
    except (OSError, ValueError) as error:
        raise InputError(Problem(f"cannot be read: {error}", Location(path))) from None
    if not is_file:
        raise InputError(Problem("this is no file" if there else "there is no such file", Location(path)))


def _named_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        message = f"there is no module {error.name!r} in the working directory or installed"
        raise InputError(Problem(message, Location(name))) from None


def _attribute(module: ModuleType, name: str, place: str) -> object:
    found: object = module
    for part in name.split("."):
        if not hasattr(found, part):
            known = [other for other in vars(found) if not other.startswith("_")] if hasattr(found, "__dict__") else []
            near = nearest(part, known)
            hint = f"; did you mean {near!r}?" if near else ""
            raise InputError(Problem(f"there is no {part!r} in it{hint}", Location(place)))
        found = getattr(found, part)
    return found


def _bound_at(module: ModuleType, file: str, name: str) -> Location:
    """The last statement at the top of the module that defines, assigns or imports the name."""
    try:
        tree = ast.parse(Path(module.__file__ or "").read_bytes())
    except (OSError, SyntaxError, ValueError):
        return Location(file)
    for statement in reversed(tree.body):
        if name in _names_bound(statement):
            return Location(file, statement.lineno, statement.col_offset + 1)
    return Location(file)


def _names_bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in statement.names}
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return set()
    nodes = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, ast.Store)}


def _check_callable_without_arguments(function: Callable[..., object], source: str, location: Location) -> None:
    """Raises InputError, with the lines to write, where it needs some."""
    place, _, name = source.rpartition(":")
    try:
        signature = inspect.signature(function)
    except ValueError:  # a builtin without a signature: the call will tell
        return
    try:
        signature.bind()
    except TypeError as error:
        message = f"{name} cannot be called without arguments: {error}"
        raise InputError(Problem(f"{message}; {_lines_to_write(place, name, signature)}", location)) from None


def _lines_to_write(place: str, name: str, signature: inspect.Signature) -> str:
    """How a file looks that makes the model with its arguments."""
    needed = [p for p in signature.parameters.values() if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    arguments = ", ".join("..." if p.kind is p.VAR_POSITIONAL else f"{p.name}=..." for p in needed)
    stem = Path(place).stem if place.lower().endswith(".py") else place
    top = name.split(".", maxsplit=1)[0]
    return (
        f"write the two lines `from {stem} import {top}` and `model = {name}({arguments})` into a file beside it, such "
        "as audited.py, and name audited.py:model"
    )


def read_models(source: str) -> tuple[ModelSpec, ...]:
    """The models in the object that the source names. Raises InputError, SpecError."""
    return tuple(subject.spec for subject in subjects_of(load_object(source)))
