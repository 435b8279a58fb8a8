"""What pydantic reports, in words that say what to write instead, with the path in the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gradaudit.inputs.checks.layer_kinds import MODEL_KINDS, fault_of_layer
from gradaudit.inputs.checks.names import Fault
from gradaudit.text.suggest import hint, quoted

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

Path = tuple[str | int, ...]

_TAGS = frozenset({*MODEL_KINDS, "<units>", "<word>", "<shape>"})
_MISSING = {
    "layers": "write the number of inputs and the layers, such as layers: [2, 8, 1]",
    "units": "write the number of units",
    "rate": "write the share of values to drop, such as rate: 0.5",
}
_DUE = {
    "list_type": "list; write one, such as [a, b]",
    "model_type": "mapping; write one, such as {key: value}",
    "dict_type": "mapping; write one, such as {key: value}",
}


_OF_THE_OPTIMIZER = "; it is the optimizer's: optimizer: {name: sgd, %s}"
_ELSEWHERE = {
    "learning_rate": _OF_THE_OPTIMIZER % "learning_rate: 0.1",
    "lr": _OF_THE_OPTIMIZER % "learning_rate: 0.1",
    "momentum": _OF_THE_OPTIMIZER % "momentum: 0.9",
    "weight_decay": _OF_THE_OPTIMIZER % "weight_decay: 0.01",
    "clip_norm": _OF_THE_OPTIMIZER % "clip_norm: 1.0",
}
"""Where a key belongs that stands at the top of a spec."""


def faults_of(error: ValidationError, models: Mapping[str, type[BaseModel]]) -> Iterator[Fault]:
    """Every error of the validation as a fault of the spec."""
    return (_fault(each, models) for each in error.errors(include_url=False))


def _fault(error: Mapping[str, Any], models: Mapping[str, type[BaseModel]]) -> Fault:
    path: Path = tuple(part for part in error["loc"] if part not in _TAGS)
    sort, value = error["type"], error["input"]
    if sort == "fault":
        return Fault(path, error["ctx"]["message"], error["ctx"]["at_key"])
    if sort == "layer":
        inner = fault_of_layer(value)
        return Fault(path + inner.path, inner.message, inner.at_key)
    if sort == "extra_forbidden":
        owner = _owner(error["loc"])
        known = hint(path[-1], models[owner].model_fields)
        way = _ELSEWHERE.get(str(path[-1]), known) if len(path) == 1 else known
        return Fault(path, f"{quoted(path[-1])} is no key of {owner}{way}", True)
    if sort == "missing":
        key = str(path[-1])
        return Fault(path[:-1], f"'{key}' is missing; {_MISSING.get(key, 'write it')}")
    if sort == "too_short":
        return Fault(path, _too_short(path))
    return Fault(path, f"{quoted(value)} is no {_DUE.get(sort, 'value that can stand here')}")


def _owner(loc: Path) -> str:
    """How the mapping is called in which the last part of the place stands."""
    tags = [MODEL_KINDS[part] for part in loc if isinstance(part, str) and part in MODEL_KINDS]
    return tags[-1] if tags else "the audit section" if loc[0] == "audit" and len(loc) > 1 else "a spec"


def _too_short(path: Path) -> str:
    if len(path) == 1:
        return "a model needs the number of inputs and at least one layer, such as [2, 8, 1]"
    return "a residual block without layers does nothing; give it one or remove it"


def path_text(path: Path) -> str:
    """`layers[2].activation`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def sentence(fault: Fault) -> str:
    """The message with the path that it is about in front."""
    about = path_text(fault.path[:-1] if fault.at_key else fault.path)
    return f"{about}: {fault.message}" if about else fault.message


def distinct(faults: list[Fault]) -> Iterator[Fault]:
    """The faults without repetitions, in order."""
    seen: set[tuple[Path, str]] = set()
    for fault in faults:
        if (fault.path, fault.message) not in seen:
            seen.add((fault.path, fault.message))
            yield fault
