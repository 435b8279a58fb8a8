"""A module made again under other seeds: by the function or class that a source names, its own class, or its method."""

from __future__ import annotations

import copy
import inspect
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from functools import partial
from itertools import count
from typing import Any
from unittest.mock import patch

import numpy as np

from gradaudit.functions.arrays import Array
from gradaudit.inputs.channel_order import kernel_last
from gradaudit.inputs.pytorch.draw import Dense, Drawing
from gradaudit.inputs.user_code import repeatable

Maker = Callable[[], Any]

METHODS = ("reset_parameters", "init_weights", "initialize_weights", "_init_weights", "init_params")
"""What people call the method that draws a module's weights anew."""


def drawings(module: Any, dense: Sequence[Dense], maker: Maker | None) -> Iterator[Iterator[Drawing]]:  # noqa: ANN401
    """Each way to draw the dense layers' arrays again, as draws under one seed after another."""
    names = {id(parameter): name for name, parameter in module.named_parameters()}
    for make in _makers(module, maker):
        yield _drawn_by(make, module, dense, names)


def _drawn_by(make: Maker, module: Any, dense: Sequence[Dense], names: Mapping[int, str]) -> Iterator[Drawing]:  # noqa: ANN401
    for seed in count(1):
        made = _parameters(seed, make, module)
        if made is None:
            return
        yield [
            (_turned(made[names[id(layer.weight)]], layer), None if layer.bias is None else made[names[id(layer.bias)]])
            for layer in dense
        ]


def _turned(array: Array, layer: Dense) -> Array:
    """The weight as inputs × units, however the module keeps it."""
    if array.ndim > 2:
        return kernel_last(array)
    own = layer.weight.detach().cpu().double().numpy()
    return array if np.array_equal(own, layer.array) else array.T


def _makers(module: Any, maker: Maker | None) -> Iterator[Maker]:  # noqa: ANN401 - torch has no types here
    """Ways to make the module again; none for one of torch.nn's own classes, whose constructor says nothing."""
    if maker is not None:
        yield maker
    cls = type(module)
    if cls.__module__.startswith("torch."):
        return
    if _needs_nothing(cls):
        yield cls
    for name in METHODS:
        method = getattr(cls, name, None)
        if method is not None and not method.__module__.startswith("torch.") and _needs_nothing(getattr(module, name)):
            yield partial(_reset, module, name)


def _needs_nothing(function: Callable[..., object]) -> bool:
    with suppress(TypeError, ValueError):
        inspect.signature(function).bind()
        return True
    return False


def _reset(module: Any, name: str) -> Any:  # noqa: ANN401
    made = copy.deepcopy(module)
    getattr(made, name)()
    return made


def _parameters(seed: int, make: Maker, like: Any) -> Mapping[str, Array] | None:  # noqa: ANN401
    """The parameters of the module as it is made under a seed; None where it fails or comes out as another one."""
    try:
        with seeded(seed), redirect_stdout(sys.stderr), warnings.catch_warnings(action="ignore"):
            made = make()
    except (Exception, SystemExit):  # noqa: BLE001 - whatever a person's own code raises
        return None
    made = next((part for part in made if _is_like(part, like)), None) if isinstance(made, tuple | list) else made
    if isinstance(made, Mapping):
        made = made.get("model")
    if made is None or not _is_like(made, like):
        return None
    return {name: np.array(p.detach().cpu().double().numpy()) for name, p in made.named_parameters()}


def _is_like(made: Any, like: Any) -> bool:  # noqa: ANN401
    if type(made) is not type(like):
        return False
    return [(n, p.shape) for n, p in made.named_parameters()] == [(n, p.shape) for n, p in like.named_parameters()]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The generators of torch, NumPy and Python at a seed, and those that a person's code sets moved on by as much.

    They are as before afterwards.
    """
    torch = sys.modules["torch"]
    setters = ((torch, "manual_seed"), (torch.random, "manual_seed"), (np.random, "seed"), (random, "seed"))
    with repeatable(seed), ExitStack() as stack:
        for holder, name in setters:
            stack.enter_context(patch.object(holder, name, _moved(getattr(holder, name), seed)))
        yield


def _moved(setter: Callable[..., Any], by: int) -> Callable[..., Any]:
    """The setter of a seed, which sets a later one."""

    def moved(seed: Any = 0, *others: Any) -> Any:  # noqa: ANN401
        return setter((int(seed) + by) % 2**32 if isinstance(seed, int | float) else by, *others)

    return moved
