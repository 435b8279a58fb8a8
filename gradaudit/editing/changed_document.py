"""What a spec's document says once changes are made, before anybody writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import ModelSpec, Named, Plain
from gradaudit.inputs.checks.faults import Path

_STEP = re.compile(r"([a-z_0-9]+)|\[(\d+)\]")


def steps(path: str) -> Path:
    """`layers[2].init` → ("layers", 2, "init")."""
    return tuple(int(index) if index else key for key, index in _STEP.findall(path))


def changed(document: Plain, changes: Iterable[Change], expected: ModelSpec) -> Plain:
    """The document with every change made; a layer that is taken away stays as None, so that all keep their numbers.

    A key that is absent and gains a parameter is written as `expected`, the edited model, has it.
    Raises LookupError or TypeError for a path that the document cannot have.
    """
    for change in changes:
        path = steps(change.path)
        default = getattr(expected, str(path[0]), None)
        if len(path) > 1 and isinstance(default, Named) and isinstance(document, dict) and path[0] not in document:
            document = {**document, str(path[0]): default.plain()}
        document = _set(document, path, change.new)
    return document


def kept(value: Plain) -> Plain:
    """The document without the layers that are taken away."""
    if isinstance(value, list):
        return [kept(item) for item in value if item is not None]
    return {key: kept(item) for key, item in value.items()} if isinstance(value, dict) else value


def _set(node: Plain, path: Path, new: Plain) -> Plain:
    """A copy of the node with the value at the end of the path replaced."""
    if not path:
        return new
    head, *rest = path
    if isinstance(head, int):
        if not isinstance(node, list):
            raise TypeError(head)
        return [*node[:head], _set(node[head], tuple(rest), new), *node[head + 1 :]]
    mapping = _opened(node, head)
    value = _set(mapping[head] if rest else None, tuple(rest), new)
    return {**mapping, head: value} if value is not None else {k: v for k, v in mapping.items() if k != head}


def _opened(node: Plain, key: str) -> dict[str, Plain]:
    """The mapping that a number of units or a name is short for; PyTorch's `betas` as the two that they stand for."""
    if isinstance(node, str):
        return {"name": node}
    if isinstance(node, int):
        return {"units": node}
    if not isinstance(node, dict):
        raise TypeError(key)
    betas = node.get("betas")
    if key in ("beta_1", "beta_2") and isinstance(betas, list):
        rest = {k: v for k, v in node.items() if k != "betas"}
        return {**rest, "beta_1": betas[0], "beta_2": betas[1]}
    return node
