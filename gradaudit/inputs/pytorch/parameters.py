"""What a module of torch.nn holds: its class, its parameters as arrays, and what the person calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from gradaudit.domain.spec import Plain
from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.model import DescribedLayer, Place

Shape: TypeAlias = tuple[int, ...]
"""Of what goes into a module, rows first."""
Described = tuple[DescribedLayer, ...]


def class_name(module: Any) -> str:  # noqa: ANN401 - torch is not imported, so it has no types
    """The class of torch.nn that it is of, by inheritance too; empty where the person wrote the forward pass."""
    for cls in type(module).__mro__:
        if cls.__module__.startswith("torch."):
            return "" if cls.__name__ == "Module" else cls.__name__
        if "forward" in vars(cls):
            return ""
    return ""


def unmet(name: str, setting: Callable[[str, object], object], needs: Mapping[str, tuple[object, ...]]) -> str | None:
    """Which of its settings makes something else of it than a spec has; `setting(key, default)` gives one."""
    for key, allowed in needs.items():
        if (value := setting(key, allowed[0])) not in allowed:
            return f"{name} with {key} = {value!r} is not audited; only {key} = {allowed[0]!r} is"
    return None


def arrays_of(module: Any, place: Place, **names: str) -> dict[str, Array]:  # noqa: ANN401
    """Parameters as float64, which holds any of their types exactly, in PyTorch's shape; without those it lacks.

    `names` are a spec's, each with PyTorch's. Raises InputError for one that is computed, or without numbers.
    """
    found = {}
    for ours, theirs in names.items():
        if theirs != "bias" or module.bias is not None:
            tensor = module._parameters.get(theirs)  # noqa: SLF001 - what a hook computes is not in there
            if tensor is None:
                raise place.refusal(f"its {theirs} is computed, no parameter of its own; such modules are not audited")
            found[ours] = numbers(tensor, theirs, place)
    return found


def numbers(tensor: Any, name: str, place: Place) -> Array:  # noqa: ANN401
    """The tensor as float64, of its own shape. Raises InputError for one without numbers."""
    if tensor.is_meta:
        raise place.refusal(f"its {name} holds no numbers (device 'meta')")
    return np.array(tensor.detach().cpu().double().numpy())


def own_name(place: Place) -> str | None:
    """What the person calls it: more than the numbers of a Sequential, and no function of a forward pass."""
    name = place.what.partition(".")[2]
    return name if ":" not in name and any(not part.isdecimal() for part in name.split(".")) else None


def sides(value: Any) -> Plain:  # noqa: ANN401 - torch's settings are a number or a tuple of them
    """A number, or one an axis where they differ."""
    if not isinstance(value, tuple | list):
        return value  # type: ignore[no-any-return]
    return value[0] if len(set(value)) == 1 else [*value]
