"""Changes of a spec as edits of single spans of its text: comments, blank lines, quotes and layout stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import ModelSpec, Named, Plain
from gradaudit.editing.flow_style import is_json, written
from gradaudit.editing.source_text import SourceText
from gradaudit.editing.spec_changes import steps
from gradaudit.editing.tree_edit import TreeEditor
from gradaudit.errors import GradauditError, InputError, Problem
from gradaudit.files.opening import file_name
from gradaudit.inputs.checks.faults import Path
from gradaudit.inputs.checks.names import Fault
from gradaudit.inputs.yaml_spec.document import locate
from gradaudit.inputs.yaml_spec.file import from_text
from gradaudit.inputs.yaml_text.tree import TreeNode, compose


def edited(text: str, changes: Sequence[Change], expected: ModelSpec) -> str:
    """The spec's text with the changes made, all at once: paths number the layers as the text does.

    `expected` is the edited model: the parsed one with the changes applied; its `source` is that of the text.
    Raises SpecError where the text is no YAML, InputError where the edited text would not parse to exactly `expected`.
    """
    root = compose(text, file_name(expected.source), [])
    if root is None or not changes:
        return text
    try:
        target = _changed(root.plain(), changes, expected)
    except (LookupError, TypeError):
        raise _refusal(root, changes, "the file has no such place") from None
    source = SourceText(text)
    TreeEditor(source, root, as_json=is_json(text)).edit(target)
    result = source.result()
    try:
        made, model = compose(result, "", []), from_text(result, expected.source)
    except GradauditError as error:
        raise _refusal(root, changes, f"the edited spec would be wrong: {error.problems[0].message}") from None
    if made is None or made.plain() != _kept(target) or model != expected:
        raise _refusal(root, changes, "the edited file would describe another model")
    return result


def _refusal(root: TreeNode, changes: Sequence[Change], reason: str) -> InputError:
    first = changes[0]
    place = locate(root, Fault(steps(first.path), ""))
    what = "taken away" if first.new is None else f"made {written(first.new)}"
    return InputError(Problem(f"{first.path}: cannot be {what} in this text: {reason}", place))


def _changed(document: Plain, changes: Iterable[Change], expected: ModelSpec) -> Plain:
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


def _kept(value: Plain) -> Plain:
    """The document without the layers that are taken away."""
    if isinstance(value, list):
        return [_kept(item) for item in value if item is not None]
    return {key: _kept(item) for key, item in value.items()} if isinstance(value, dict) else value


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
