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
_EXAMPLES = {
    "layers": "layers: [2, 8, 1], the number of inputs and the layers",
    "units": "units: 64",
    "rate": "rate: 0.5, the share of values to drop",
    "channels": "channels: 16",
    "kernel_size": "kernel_size: 3",
    "size": "size: 2",
    "vocabulary": "vocabulary: 1000",
}
"""Key → what may be written where it is missing."""
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
    """Every error of the validation as a fault of the spec; what one mapping lacks is one."""
    errors = error.errors(include_url=False)
    missing: dict[Path, list[str]] = {}
    for each in errors:
        if each["type"] == "missing":
            missing.setdefault(_path(each["loc"][:-1]), []).append(str(each["loc"][-1]))
    yield from (Fault(path, _missing(path, keys)) for path, keys in missing.items())
    yield from (_fault(each, models) for each in errors if each["type"] != "missing")


def _path(loc: Path) -> Path:
    return tuple(part for part in loc if part not in _TAGS)


def _missing(path: Path, keys: list[str]) -> str:
    examples = ["layers: [8, 8]" if key == "layers" and path else _EXAMPLES.get(key, f"{key}: …") for key in keys]
    one = len(keys) == 1
    names = " and ".join(map(quoted, keys))
    return f"{names} {'is' if one else 'are'} missing; write {'it' if one else 'them'}, such as {', '.join(examples)}"


def _fault(error: Mapping[str, Any], models: Mapping[str, type[BaseModel]]) -> Fault:
    path, sort, value = _path(error["loc"]), error["type"], error["input"]
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
