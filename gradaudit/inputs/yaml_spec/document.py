"""A tree of nodes becomes a ModelSpec: checked as a whole, and each of its paths with its place in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from gradaudit.domain.spec import ModelSpec, Scalar
from gradaudit.errors import Location, Problem, SpecError
from gradaudit.files.opening import file_name
from gradaudit.files.workspace import fault_of_named
from gradaudit.inputs.checks.faults import Path, distinct, fault_text, path_text
from gradaudit.inputs.checks.geometry import layer_faults
from gradaudit.inputs.checks.names import Fault
from gradaudit.inputs.checks.output_layer import output_faults
from gradaudit.inputs.checks.sizes import data_faults
from gradaudit.inputs.yaml_spec.assemble import model_spec, placed
from gradaudit.inputs.yaml_spec.schema import SPEC
from gradaudit.inputs.yaml_text.plain_tree import tree_of
from gradaudit.inputs.yaml_text.tree import MAX_PROBLEMS, TreeNode
from gradaudit.text.suggest import quoted

_FIRST: Path = ("layers", 0)
"""What is no number of inputs is no layer either, and that is said once."""
SHORTEST = "the shortest spec is `layers: [2, 8, 1]`"


def from_document(document: Mapping[str, Any], source: str = "<dict>") -> ModelSpec:
    """The model that a dict describes, in the form of a spec file; paths are relative to the working directory.

    Raises SpecError with every fault of it, InputError where its weights cannot be read.
    """
    return from_tree(tree_of(document, source), name="model", source=source, folder="", problems=[])


def from_tree(root: TreeNode | None, *, name: str, source: str, folder: str, problems: list[Problem]) -> ModelSpec:
    """The model that a tree describes; `problems` are those that reading the tree met.

    Raises SpecError with every fault, InputError for a Keras file or weights that cannot be read.
    """
    file = root.location.file if root else file_name(source)
    if root is None or root.value is None:
        raise SpecError([*problems, Problem(f"is empty; {SHORTEST}", Location(file))])
    plain = root.plain()
    if not isinstance(plain, dict):
        says = f"{quoted(plain)} at the top; a spec is a mapping: {SHORTEST}"
        raise SpecError([*problems, Problem(says, root.location)])
    if {"class_name", "config"} <= plain.keys():
        return _keras_model(root, name, problems)
    if "modelTopology" in plain:
        says = "is a TensorFlow.js model, converted for use: save the Keras model by model.save('model.keras')"
        raise SpecError([*problems, Problem(says, root.location)])
    checked = _check(plain, root, problems)
    spec = model_spec(checked, name=name, source=source, folder=folder)
    lines, key_lines = places(root)
    spec = replace(spec, lines=lines, key_lines=key_lines)
    weights = placed(checked["weights"], folder) if "weights" in checked else None
    _refuse_outside(spec, {"data.path": spec.data.get("path"), "weights": weights}, folder)
    if weights is None:
        return spec
    from gradaudit.inputs.weight_files.reading import read_weights

    return replace(spec, weights=read_weights(weights, spec, lines["weights"]))


def _refuse_outside(spec: ModelSpec, paths: Mapping[str, Scalar | None], folder: str) -> None:
    """Raises SpecError for files that a spec may not name where it is read, each at its key."""
    faults = {key: fault_of_named(str(path), folder) for key, path in paths.items() if path is not None}
    if problems := [
        Problem(f"{key}: {paths[key]} {fault}", spec.lines.get(key)) for key, fault in faults.items() if fault
    ]:
        raise SpecError(problems)


def _keras_model(root: TreeNode, name: str, problems: list[Problem]) -> ModelSpec:
    """What Keras's `model.to_json()` writes; its reader comes back here with a spec."""
    from gradaudit.inputs.keras.configuration import model_of

    if problems:
        raise SpecError(problems)
    return model_of(root, name)


def _check(plain: dict[str, Any], root: TreeNode, problems: list[Problem]) -> dict[str, Any]:
    """The spec with its names read, or SpecError with all that is wrong, in the order of the file."""
    faults, checked = [*data_faults(plain), *layer_faults(plain), *output_faults(plain)], SPEC.read(plain)
    told = {fault.path for fault in faults} & {_FIRST}
    if isinstance(checked, list):
        faults += [fault for fault in checked[:MAX_PROBLEMS] if fault.path[:2] not in told]
    empty = [
        Fault(path, "has no value; give it one or leave the key out") for path in islice(_empty(root, ()), MAX_PROBLEMS)
    ]
    paths = {fault.path for fault in empty}
    faults = [*empty, *(fault for fault in faults if fault.path not in paths)]
    problems = [*problems, *(Problem(fault_text(fault), locate(root, fault)) for fault in distinct(faults))]
    if problems or isinstance(checked, list):
        raise SpecError(_first(problems))
    return checked


def _first(problems: list[Problem]) -> list[Problem]:
    """The problems in the order of the file, no more than a person can read."""
    ordered = sorted(problems, key=_order)
    more = [Problem("there are more faults; mend those above first")] if len(ordered) >= MAX_PROBLEMS else []
    return ordered[:MAX_PROBLEMS] + more


def _order(problem: Problem) -> tuple[int, int]:
    place = problem.location or Location("")
    return place.line or 0, place.column or 0


def _empty(node: TreeNode, path: Path) -> Iterator[Path]:
    """The keys without a value."""
    if isinstance(node.value, Mapping):
        for key, entry in node.value.items():
            if entry.value.value is None:
                yield (*path, key)
            yield from _empty(entry.value, (*path, key))
    elif isinstance(node.value, tuple):
        for index, item in enumerate(node.value):
            yield from _empty(item, (*path, index))


def locate(root: TreeNode, fault: Fault) -> Location:
    """The place of a fault: its value's or key's, or the nearest enclosing one that the file contains."""
    node = root
    for depth, part in enumerate(fault.path, 1):
        if isinstance(node.value, Mapping) and part in node.value:
            entry = node.value[str(part)]
            if fault.at_key and depth == len(fault.path):
                return entry.key.location
            node = entry.value
        elif isinstance(node.value, tuple) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        else:
            break
    return node.location


def places(root: TreeNode) -> tuple[dict[str, Location], dict[str, Location]]:
    """Spec path → place of its value, and of its key; the root's path is empty."""
    lines: dict[str, Location] = {}
    keys: dict[str, Location] = {}
    waiting: list[tuple[Path, TreeNode]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        lines[path_text(path)] = node.location
        if isinstance(node.value, Mapping):
            for key, entry in node.value.items():
                keys[path_text((*path, key))] = entry.key.location
                waiting.append(((*path, key), entry.value))
        elif isinstance(node.value, tuple):
            waiting += [((*path, index), item) for index, item in enumerate(node.value)]
    return lines, keys
