"""YAML text as a tree of nodes that know where they stand; JSON is read in the same way.

Duplicate keys are errors, and nothing in the text can recurse deeply, grow by aliases, or name a Python type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn, TypeAlias

from gradaudit.domain.spec import Plain, Scalar
from gradaudit.errors import Location, Problem, SpecError
from gradaudit.inputs.yaml_text.tokens import MAX_DEPTH, TOO_DEEP, Token, resolve, tokens
from gradaudit.text.suggest import MAX_SHOWN, quoted

MAX_NODES = 200_000
MAX_PROBLEMS = 100

Content: TypeAlias = "Scalar | tuple[TreeNode, ...] | Mapping[str, TreeEntry] | None"


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A value with its place; `start` and `end` are offsets in characters, an alias's are its own."""

    value: Content
    location: Location
    start: int = 0
    end: int = 0
    size: int = 1
    """Nodes in it, itself included, aliases opened."""
    height: int = 1
    """Levels in it, itself included."""

    def plain(self) -> Plain:
        """The value without places."""
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        if isinstance(self.value, Mapping):
            return {key: entry.value.plain() for key, entry in self.value.items()}
        return self.value


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A key of a mapping and its value, each with its place."""

    key: TreeNode
    value: TreeNode


def is_key(value: object) -> bool:
    """Whether the value can be a key: messages and paths show it as it is."""
    return isinstance(value, str) and 0 < len(value) <= MAX_SHOWN and value.isprintable()


def parent_of(
    children: tuple[TreeNode, ...] | Mapping[str, TreeEntry], location: Location, start: int, end: int
) -> TreeNode:
    """The node that holds these children."""
    values = [entry.value for entry in children.values()] if isinstance(children, Mapping) else list(children)
    size = 1 + sum(value.size for value in values)
    return TreeNode(children, location, start, end, size, 1 + max((value.height for value in values), default=0))


def compose(text: str, file: str, problems: list[Problem]) -> TreeNode | None:
    """The text's tree, None where there is nothing in it.

    Faults that leave a tree behind (a key written twice, a tag) are added to `problems`.
    Raises SpecError, those included, where no tree can be had.
    """
    try:
        return _Composer(tokens(text, file), problems).document()
    except SpecError as error:
        raise SpecError([*problems, *error.problems]) from None


class _Composer:
    """Turns tokens into nodes; `total` counts them as if every alias were written out."""

    def __init__(self, stream: Iterator[Token], problems: list[Problem]) -> None:
        self.tokens, self.problems = stream, problems
        self.anchors: dict[str, TreeNode] = {}
        self.total = 0

    def document(self) -> TreeNode | None:
        root = None
        for token in self.tokens:
            if root is not None:
                self.stop("a second document begins here; write one spec a file", token.location)
            root = self.node(next(self.tokens), "", 1)
        return root

    def node(self, token: Token, path: str, depth: int) -> TreeNode:
        if depth > MAX_DEPTH:
            self.stop(TOO_DEEP, token.location)
        if token.kind == "alias":
            return self.alias(token, depth)
        self.count(1, token.location)
        if token.tag is not None:
            tag = quoted(token.tag.replace("tag:yaml.org,2002:", "!!", 1))  # as it is written
            self.problem(f"the tag {tag} is not read; remove it, write the plain value", token.location)
        node = self.content(token, path, depth)
        if token.anchor is not None:
            self.anchors[token.anchor] = node
        return node

    def content(self, token: Token, path: str, depth: int) -> TreeNode:
        if token.kind == "sequence":
            return self.sequence(token, path, depth)
        if token.kind == "mapping":
            return self.mapping(token, path, depth)
        value: Scalar | None = 1  # what stands for a number too long to read, so that it is one fault and not two
        try:
            value = resolve(token.text) if token.is_plain else token.text
        except ValueError as error:
            self.problem(f"{path}: {error}".removeprefix(": "), token.location)
        return TreeNode(value, token.location, token.start, token.end)

    def alias(self, token: Token, depth: int) -> TreeNode:
        target = self.anchors.get(token.anchor or "")
        if target is None:
            name = quoted(token.anchor)
            self.stop(f"the alias {name} names no complete value above it; write the value out", token.location)
        if depth + target.height - 1 > MAX_DEPTH:
            self.stop(f"nested more than {MAX_DEPTH} levels deep through an alias; write less", token.location)
        self.count(target.size, token.location)
        return replace(target, location=token.location, start=token.start, end=token.end)

    def sequence(self, token: Token, path: str, depth: int) -> TreeNode:
        items: list[TreeNode] = []
        while (child := next(self.tokens)).kind != "end":
            items.append(self.node(child, f"{path}[{len(items)}]", depth + 1))
        return parent_of(tuple(items), token.location, token.start, child.end)

    def mapping(self, token: Token, path: str, depth: int) -> TreeNode:
        entries: dict[str, TreeEntry] = {}
        while (child := next(self.tokens)).kind != "end":
            key = self.node(child, path, depth + 1)
            name = self.key(key)
            inner = f"{path}.{name}".lstrip(".")
            entry = TreeEntry(key, self.node(next(self.tokens), inner, depth + 1))
            if name in entries:
                first = entries[name].key.location.line
                self.problem(f"{inner}: written twice; the first is on line {first}", key.location)
            elif name:
                entries[name] = entry
        return parent_of(entries, token.location, token.start, child.end)

    def key(self, key: TreeNode) -> str:
        """The key's text; empty, and a problem, where it is none."""
        if key.value == "<<":
            self.problem("merge keys ('<<') are not read; write the keys out", key.location)
        elif not is_key(key.value):
            self.problem(f"{quoted(key.value)} is no key; keys are short names", key.location)
        else:
            return str(key.value)
        return ""

    def count(self, nodes: int, location: Location) -> None:
        self.total += nodes
        if self.total > MAX_NODES:
            self.stop(f"more than {MAX_NODES:,} values, aliases written out; a spec needs far fewer", location)

    def problem(self, message: str, location: Location) -> None:
        if len(self.problems) >= MAX_PROBLEMS:
            self.stop(f"more than {MAX_PROBLEMS} faults; mend those above first", location)
        self.problems.append(Problem(message, location))

    def stop(self, message: str, location: Location) -> NoReturn:
        raise SpecError(Problem(message, location))
