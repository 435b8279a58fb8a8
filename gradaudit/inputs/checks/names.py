"""The names a spec may use, each with its parameters, and how a name or mapping is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from gradaudit.domain.spec import Named, Scalar
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.initializers import INITIALIZERS
from gradaudit.functions.losses import LOSSES
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.inputs.checks.ranges import FINITE, PARAMETERS
from gradaudit.layers import ALL
from gradaudit.layers.normalisation import Norm
from gradaudit.text.suggest import hint, quoted

MAX_TEXT = 4096
PAIR, IN_PAIR = "betas", ("beta_1", "beta_2")
"""PyTorch's name for two of a spec's parameters."""

_STANDARDIZE: dict[str, Scalar | None] = {"standardize": False, "standardize_targets": False}
_DRAWN: dict[str, Scalar | None] = {"samples": 256, "scale": 1.0, "offset": 0.0, **_STANDARDIZE}
_SEQUENCES: dict[str, Scalar | None] = {**_DRAWN, "samples": 1024}

DATA_PARAMETERS: Mapping[str, Mapping[str, Scalar | None]] = {
    **dict.fromkeys(("gaussian", "uniform", "xor", "spirals", "moons", "circles", "blobs", "shapes"), _DRAWN),
    **dict.fromkeys(("adding", "copy", "sines"), _SEQUENCES),
    **dict.fromkeys(("digits", "iris", "wine", "breast_cancer", "diabetes"), _STANDARDIZE),
    "csv": {"path": None, "target": "", **_STANDARDIZE},
    "npz": {"path": None, "target": "", **_STANDARDIZE},
}
"""Data source → its parameters and their defaults; None where the spec must give it, "" for no default."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a spec path; `at_key` where the key, not the value, is to be pointed at."""

    path: tuple[str | int, ...]
    message: str
    at_key: bool = False


@dataclass(frozen=True)
class Kind:
    """One sort of named thing: activations, initializers, …"""

    label: str
    table: Mapping[str, Mapping[str, Scalar | None]]
    aliases: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    """Parameters whose default None means that there is none, not that one must be given."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Names that are known but cannot stand here, with the reason."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every accepted name."""
        return (*self.table, *self.aliases)

    def required(self, name: str) -> tuple[str, ...]:
        """The parameters that this name cannot do without."""
        return tuple(key for key, value in self.table[name].items() if value is None and key not in self.optional)


def read_named(kind: Kind, value: object) -> Named | list[Fault]:
    """A name, or a mapping of `name` and its parameters, in canonical spelling."""
    if isinstance(value, str):
        return _read(kind, value, {}, ())
    if not isinstance(value, Mapping):
        says = (
            f"{quoted(value)} is no {kind.label}; write a name, such as {next(iter(kind.table))}, or a mapping with one"
        )
        return [Fault((), says)]
    if "name" not in value:
        return [Fault((), f"'name' is missing; write the {kind.label} as a mapping of name and parameters")]
    return _read(kind, value["name"], {key: item for key, item in value.items() if key != "name"}, ("name",))


def _read(kind: Kind, name: object, given: Mapping[str, Any], where: tuple[str, ...]) -> Named | list[Fault]:
    canonical = kind.aliases.get(name, name) if isinstance(name, str) else ""
    if reason := kind.refused.get(canonical) or kind.refused.get(canonical.lower()):
        return [Fault(where, reason)]
    if canonical not in kind.table:
        return [Fault(where, f"{quoted(name)} is no {kind.label}{hint(name, kind.names)}")]
    has_pair = PAIR in given and set(IN_PAIR) <= set(kind.table[canonical])
    if has_pair and (fault := _pair_fault(given)):
        return [fault]
    spread = _spread(given) if has_pair else given
    faults = [_as_written(fault) if has_pair else fault for fault in _faults(kind, canonical, spread)]
    spelling = "" if given or name == canonical else str(name)
    return faults or replace(Named.of(canonical, **spread), spelling=spelling)


def _pair_fault(given: Mapping[str, Any]) -> Fault | None:
    """PyTorch's `betas` that are no pair, or stand beside a number that they hold."""
    if single := next((key for key in IN_PAIR if key in given), None):
        return Fault((PAIR,), f"{PAIR} gives {single} too; leave one of the two out", at_key=True)
    if isinstance(given[PAIR], list) and len(given[PAIR]) == len(IN_PAIR):
        return None
    return Fault((PAIR,), f"{PAIR} are two numbers; write [0.9, 0.999]")


def _spread(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pair as the two numbers that it stands for."""
    rest = {key: value for key, value in given.items() if key != PAIR}
    return {**dict(zip(IN_PAIR, given[PAIR], strict=True)), **rest}


def _as_written(fault: Fault) -> Fault:
    """The fault at the number of the pair that it is about."""
    key = fault.path[0] if fault.path else None
    return replace(fault, path=(PAIR, IN_PAIR.index(key))) if key in IN_PAIR else fault


def _faults(kind: Kind, name: str, given: Mapping[str, Any]) -> Iterator[Fault]:
    known = kind.table[name]
    for key, value in given.items():
        if key not in known:
            says = hint(key, known) if known else "; it has none"
            yield Fault((key,), f"{quoted(key)} is no parameter of {name}{says}", at_key=True)
        elif message := parameter_fault(kind, name, key, value):
            yield Fault((key,), message)
    if missing := [key for key in kind.required(name) if key not in given]:
        example = ", ".join(f"{key}: …" for key in missing)
        yield Fault((), f"{name} needs {' and '.join(missing)}; write {{name: {name}, {example}}}")
    yield from _disagreements(given)


def parameter_fault(kind: Kind, name: str, key: str, value: object) -> str | None:
    """What is wrong with one parameter's value, or None."""
    default = kind.table[name][key]
    if choices := kind.choices.get((name, key)):
        return None if value in choices else f"{quoted(value)} is no {key} of {name}{hint(value, choices)}"
    if isinstance(default, bool):
        return None if isinstance(value, bool) else f"{quoted(value)} is neither true nor false"
    if key == "path" or isinstance(default, str):
        whole = isinstance(value, int) and not isinstance(value, bool)
        return None if key == "target" and whole else text_fault(value)
    return PARAMETERS.get((kind.label, key), FINITE).complaint(value)


def text_fault(value: object) -> str | None:
    """What is wrong with a text, or None."""
    if not isinstance(value, str):
        return f"{quoted(value)} is no text; put it in quotes"
    if not value.strip():
        return "the text is empty; write one or leave the key out"
    if len(value) > MAX_TEXT:
        return f"a text of {len(value):,} characters; at most {MAX_TEXT:,} are read"
    return None if value.isprintable() else f"{quoted(value)} has line breaks or control characters; write plain text"


def scalar_fault(value: object) -> str | None:
    """What is wrong with a rule's threshold, or None."""
    if isinstance(value, bool):
        return None
    return text_fault(value) if isinstance(value, str) else FINITE.complaint(value)


def _disagreements(given: Mapping[str, Any]) -> Iterator[Fault]:
    low, high = given.get("low"), given.get("high")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        yield Fault(("high",), f"{quoted(high)} is below low ({quoted(low)}); exchange them")
    if given.get("nesterov") is True and given.get("momentum", 0) == 0:
        yield Fault(("nesterov",), "nesterov needs a momentum; write momentum: 0.9 beside it")


def _kind(
    label: str,
    table: Mapping[str, Any],
    optional: tuple[str, ...] = (),
    refused: Mapping[str, str] = MappingProxyType({}),
) -> Kind:
    parameters = {name: row.parameters for name, row in table.items()}
    aliases = {alias: name for name, row in table.items() for alias in getattr(row, "aliases", ())}
    choices = {(name, key): names for name, row in table.items() for key, names in getattr(row, "choices", {}).items()}
    return Kind(label, parameters, aliases, choices, optional, refused)


_LAST_ONLY = {
    name: f"{name} is for the last layer only; write it as `output: {name}`"
    for name, row in ACTIVATIONS.items()
    if row.last_only
}

_LEARNED = "its slope is learned, which is not supported; write leaky_relu, whose slope is fixed"
_PRELU = {name: f"{name} is not audited: {_LEARNED}" for name in ("prelu", "p_relu")}
LAST_ONLY = frozenset(_LAST_ONLY)
"""Activations that only the last layer may have."""

ACTIVATION = _kind("activation", ACTIVATIONS, refused=_PRELU)
_EVERYWHERE = {name: row for name, row in ACTIVATIONS.items() if not row.last_only}
HIDDEN = _kind("activation", _EVERYWHERE, refused={**_LAST_ONLY, **_PRELU})
INITIALIZER = _kind("initializer", INITIALIZERS)
LOSS = _kind("loss", LOSSES)
OPTIMIZER = _kind("optimizer", OPTIMIZERS, optional=("clip_norm",))
NORM = Kind("normalisation", {layer.type: layer.settings() for layer in ALL if issubclass(layer, Norm)})
DATA = Kind("data source", DATA_PARAMETERS)
