"""Changes of a spec as edits of single spans of its text: comments, blank lines, quotes and layout stay."""

from __future__ import annotations

from collections.abc import Sequence

from gradaudit.domain.findings import Change
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.changed_document import changed, kept, steps
from gradaudit.editing.flow_style import is_json, written
from gradaudit.editing.source_text import SourceText
from gradaudit.editing.tree_edit import TreeEditor
from gradaudit.errors import GradauditError, InputError, Problem
from gradaudit.files.opening import file_name
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
        target = changed(root.plain(), changes, expected)
    except (LookupError, TypeError):
        raise _refusal(root, changes, "the file has no such place") from None
    source = SourceText(text)
    TreeEditor(source, root, as_json=is_json(text)).edit(target)
    result = source.result()
    try:
        made, model = compose(result, "", []), from_text(result, expected.source)
    except GradauditError as error:
        raise _refusal(root, changes, f"the edited spec would be wrong: {error.problems[0].message}") from None
    if made is None or made.plain() != kept(target) or model != expected:
        raise _refusal(root, changes, "the edited file would describe another model")
    return result


def _refusal(root: TreeNode, changes: Sequence[Change], reason: str) -> InputError:
    first = changes[0]
    place = locate(root, Fault(steps(first.path), ""))
    what = "taken away" if first.new is None else f"made {written(first.new)}"
    return InputError(Problem(f"{first.path}: cannot be {what} in this text: {reason}", place))
