"""A model object with its data, loss and optimizer: alone, as a tuple, or as a dict with the keys of KEYS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import InputError, Location, Problem
from gradaudit.inputs.keras.live import is_keras
from gradaudit.inputs.pytorch.loader import is_loader, rows_of
from gradaudit.inputs.pytorch.module import is_module
from gradaudit.inputs.pytorch.training import is_loss, is_optimizer, trained_with
from gradaudit.inputs.sklearn_model.tree import is_estimator
from gradaudit.inputs.yaml_spec.document import from_document
from gradaudit.text.suggest import hint

KEYS = ("model", "X", "y", "loss", "optimizer", "epochs", "batch_size")
MODELS = (
    "a scikit-learn MLP, a PyTorch module, a Keras model, a spec as a dict, "
    "or a function without arguments that returns one"
)


@dataclass(frozen=True, eq=False)
class Loaded:
    """The object that a source names, and what came with it; or an object handed over in Python."""

    model: object
    """An estimator, a PyTorch module, a dict or a ModelSpec; a function has been called."""
    X: object = None
    y: object = None
    """Arrays, data frames, …; None where there were none."""
    loss: object = None
    optimizer: object = None
    """PyTorch's own objects, or as a spec writes them."""
    epochs: int | None = None
    batch_size: int | None = None
    source: str = ""
    location: Location | None = None
    """Where the name is bound."""
    maker: Callable[[], Any] | None = None
    """The class or function that made the model."""
    notes: tuple[str, ...] = ()
    beside: bool = False
    """X and y were not named with the model: they are what its module calls so."""

    def with_rows(self, X: object, y: object) -> Loaded:
        """The model with other data, where any are given; a DataLoader stands for X, y and the batch size."""
        given = self if X is None and y is None else replace(self, X=X, y=y, beside=self.beside and X is self.X)
        if not is_loader(given.X):
            return given
        rows = rows_of(given.X)
        size = given.batch_size or rows.batch_size
        return replace(given, X=rows.X, y=rows.y, batch_size=size, notes=(*given.notes, *rows.notes))


def is_setup(found: object) -> bool:
    """Whether it is a dict of a model with what trains it, and no spec."""
    return isinstance(found, Mapping) and "model" in found and "layers" not in found


def _is_neither(found: object) -> bool:
    """Whether it is a dict of what no spec holds, such as tensors, without a model."""
    plain = (str, int, float, list, tuple, Mapping, type(None))
    return (
        isinstance(found, Mapping)
        and not {"model", "layers"} & set(found)
        and any(not isinstance(value, plain) for value in found.values())
    )


def loaded_from(found: object, source: str = "", location: Location | None = None) -> Loaded:
    """The model in an object, with what came with it. Raises InputError for what holds none."""
    if is_setup(found):
        loaded = _from_dict(found, source, location)  # type: ignore[arg-type]
    elif isinstance(found, tuple | list):
        loaded = _from_tuple(found, source, location)
    else:
        loaded = Loaded(found)
    if not is_model(loaded.model):
        raise InputError(Problem(_refusal(loaded.model), location))
    if _is_neither(loaded.model):
        reason = "a dict is a spec, with the key layers, or a model with what trains it, with the key model"
        raise InputError(
            Problem(f"{reason}; of a state dict or of arrays, name the model that they belong to", location)
        )
    return replace(loaded, source=source, location=location)


def is_model(candidate: object) -> bool:
    """Whether it is a model that is read from an object."""
    is_written = isinstance(candidate, ModelSpec | Mapping)
    return is_written or is_estimator(candidate) or is_module(candidate) or is_keras(candidate)


def _from_dict(given: Mapping[str, Any], source: str, location: Location | None) -> Loaded:
    for key in given:
        if key not in KEYS:
            says = f"{source or 'the dict'} has the key {key!r}, which says nothing here{hint(str(key), KEYS)}"
            raise InputError(Problem(says, location))
    for key in ("epochs", "batch_size"):
        value = given.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise InputError(Problem(f"{key} is {value!r}; write a whole number from 1 up", location))
    return Loaded(**given)


def _from_tuple(found: tuple[object, ...] | list[object], source: str, location: Location | None) -> Loaded:
    """(model, X, y) or (model, loader), with the loss and the optimizer anywhere behind the model."""
    training = {"loss": [*filter(is_loss, found)], "optimizer": [*filter(is_optimizer, found)]}
    given = [part for part in found if not (is_loss(part) or is_optimizer(part))]
    has_loader = len(given) == 2 and is_loader(given[1])
    if not (len(given) in (1, 3) or has_loader) or any(len(objects) > 1 for objects in training.values()):
        message = f"{source} gives {counted(len(found), 'value')}; a model with its data is (model, X, y)"
        raise InputError(Problem(f"{message}, a PyTorch module may have its loss and optimizer behind them", location))
    chosen: dict[str, Any] = {key: objects[0] for key, objects in training.items() if objects}
    return Loaded(*given, **chosen)  # type: ignore[arg-type]


def _refusal(found: object) -> str:
    """Why an object is no model."""
    if isinstance(found, type):
        return f"{found.__name__} is a class; name an object or a function that makes one: {MODELS}"
    if type(found).__module__.split(".")[0] == "skorch":
        return "skorch's nets hold a PyTorch module, which is audited: bind `module = net.module_` and name that"
    return f"an object of type {type(found).__name__} is no model; name {MODELS}"


def trained_as(spec: ModelSpec, loaded: Loaded) -> ModelSpec:
    """The spec with the loss, optimizer, epochs and batch size that came with the model.

    Raises SpecError or InputError for what no spec can say.
    """
    objects = {"loss": loaded.loss, "optimizer": loaded.optimizer}
    foreign = {key: thing for key, thing in objects.items() if is_loss(thing) or is_optimizer(thing)}
    if foreign and spec.framework != "pytorch":
        key, thing = next(iter(foreign.items()))
        says = f"{key}: {type(thing).__name__} is PyTorch's and this model is not; write a name, as in a spec"
        raise InputError(Problem(says, loaded.location))
    spec = trained_with(spec, **foreign)
    numbers = {"epochs": loaded.epochs, "batch_size": loaded.batch_size}
    written = {key: thing for key, thing in {**objects, **numbers}.items() if thing is not None and key not in foreign}
    if not written and not loaded.notes:
        return spec
    checked = from_document({"layers": [1, 1], **written}, loaded.source or "audit()")
    return replace(
        spec,
        **{key: getattr(checked, key) for key in written},
        assumed=tuple(key for key in spec.assumed if key not in written),
        notes=(*spec.notes, *loaded.notes),
    )
