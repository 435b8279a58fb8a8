"""A tree of nodes compared with what it shall say: edits of the text where the two differ, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gradaudit.domain.spec import Plain
from gradaudit.editing.collection_edit import add_to_block, edit_flow, take_from_block
from gradaudit.editing.flow_style import pair, written
from gradaudit.editing.source_text import SourceText
from gradaudit.inputs.yaml_text.tree import TreeEntry, TreeNode

_MARK = re.compile(r"[&*][\w-]+")
_GAP = re.compile("(?:[ \t\r\n\x85\u2028\u2029]|#[^\r\n\x85\u2028\u2029]*)*")


class TreeEditor:
    """Walks the tree in the order of the text, so that an anchor is met before its aliases.

    An alias stays where its anchor will stand for the same value, and is written out where not.
    """

    def __init__(self, source: SourceText, root: TreeNode, *, as_json: bool) -> None:
        self.source, self.root, self.as_json = source, root, as_json
        self.anchors: dict[str, Plain] = {}
        """What each anchor so far will stand for; one whose text goes is not here."""

    def edit(self, target: Plain) -> None:
        """Edit the text so that it says the target, in which None is a list's item that is taken away."""
        self._value(self.root, target)

    def _value(self, node: TreeNode, target: Plain, colon: int | None = None, *, in_flow: bool = False) -> None:
        """Edit one node; `colon` is where that of its key ends, if it has a key."""
        mark = self._mark(node)
        if mark[:1] == "*":
            if self.anchors.get(mark[1:]) != target:
                self.source.cut(node.start, node.end, self._written(target))
            return
        is_flow = in_flow or self._has_bracket(node)
        if isinstance(node.value, Mapping) and isinstance(target, dict) and self._keeps(node, target, is_flow):
            self._mapping(node, node.value, target, is_flow)
        elif isinstance(node.value, tuple) and isinstance(target, list) and len(target) == len(node.value):
            self._sequence(node, node.value, target, is_flow)
        elif node.plain() != target:
            self._replace(node, target, colon)
        if mark:
            self.anchors[mark[1:]] = target

    def _keeps(self, node: TreeNode, target: dict[str, Plain], is_flow: bool) -> bool:
        """Whether a mapping is edited key by key: not where no key stays, nor where `[units: 30]` has no braces."""
        keys = node.value.keys() if isinstance(node.value, Mapping) else set()
        is_braced = not is_flow or self._has_bracket(node)
        return target.keys() == keys or (is_braced and bool(target.keys() & keys))

    def _mapping(
        self, node: TreeNode, entries: Mapping[str, TreeEntry], target: dict[str, Plain], is_flow: bool
    ) -> None:
        for key, entry in entries.items():
            if key in target:
                colon = self.source.find(":", entry.key.end, entry.value.start)
                self._value(entry.value, target[key], None if colon is None else colon + 1, in_flow=is_flow)
            else:
                self._forget(entry.value)
        ends = [self._end(entry.value) for entry in entries.values()]
        spans = self._spans(node, [entry.key.start for entry in entries.values()], ends, "?")
        stays = [key in target for key in entries]
        added: dict[int, list[str]] = {}
        for key in _order() if node is self.root else target:  # the spec's own order at the top, else the target's
            if key in entries or key not in target:
                continue
            place = self._place(node, key, [*entries], stays)
            added.setdefault(place, []).append(pair(key, target[key], as_json=self.as_json))
        if is_flow:
            edit_flow(self.source, spans, stays, added, node.end)
            return
        take_from_block(self.source, spans, stays)
        for place, pairs in added.items():
            add_to_block(self.source, spans[place], pairs)

    def _sequence(self, node: TreeNode, items: tuple[TreeNode, ...], target: list[Plain], is_flow: bool) -> None:
        for item, new in zip(items, target, strict=True):
            if new is None:
                self._forget(item)
            else:
                self._value(item, new, in_flow=is_flow)
        ends = [self._end(item) for item in items]
        spans = self._spans(node, [item.start for item in items], ends, "-")
        stays = [new is not None for new in target]
        if is_flow:
            edit_flow(self.source, spans, stays, {}, node.end)
        else:
            take_from_block(self.source, spans, stays)

    def _spans(self, node: TreeNode, starts: list[int], ends: list[int], indicator: str) -> list[tuple[int, int]]:
        """Where the entries of a collection stand, the dash before an item, or `?` before a key, included."""
        gaps = zip([self._begin(node), *ends], starts, strict=False)
        found = [self.source.find(indicator, before, start) for before, start in gaps]
        return [(start if at is None else at, end) for at, start, end in zip(found, starts, ends, strict=True)]

    def _replace(self, node: TreeNode, target: Plain, colon: int | None) -> None:
        """Write a whole value anew, behind its anchor; what a block began on a later line goes up to its key."""
        self._forget(node)
        begin, end, mark = self._begin(node), self._end(node), self._mark(node)
        slot = node.start + len(mark) if mark else colon
        is_block = isinstance(node.value, tuple | Mapping) and not self._has_bracket(node)
        if is_block and slot is not None and self.source.line_end(slot) < begin:
            self.source.insert(slot, f" {self._written(target)}")
            self.source.cut(begin, end)
        else:
            self.source.cut(begin, end, self._written(target))

    def _forget(self, node: TreeNode) -> None:
        """The anchors in a text that goes stand for nothing any more."""
        mark = self._mark(node)
        if mark[:1] == "*":
            return
        self.anchors.pop(mark[1:], None)
        if isinstance(node.value, Mapping):
            for entry in node.value.values():
                self._forget(entry.value)
        elif isinstance(node.value, tuple):
            for item in node.value:
                self._forget(item)

    def _place(self, node: TreeNode, key: str, present: list[str], stays: list[bool]) -> int:
        """The position of the key behind which a new one stands: the nearest before it in a spec, else the last."""
        kept = [place for place, stay in enumerate(stays) if stay]
        if node is not self.root:
            return kept[-1]
        earlier = _order()[: _order().index(key)]
        return max(kept, key=lambda place: earlier.index(present[place]) if present[place] in earlier else -1)

    def _mark(self, node: TreeNode) -> str:
        """The anchor (`&x`) or alias (`*x`) that the node begins with; empty for none."""
        found = _MARK.match(self.source.text, node.start)
        return found.group() if found else ""

    def _begin(self, node: TreeNode) -> int:
        """Where the value itself begins, behind its anchor."""
        found = _GAP.match(self.source.text, node.start + len(self._mark(node)))
        return found.end() if found else node.start

    def _has_bracket(self, node: TreeNode) -> bool:
        """Whether it is a list or mapping in brackets."""
        return isinstance(node.value, tuple | Mapping) and self.source.text[self._begin(node)] in "[{"

    def _end(self, node: TreeNode) -> int:
        """Where it really ends: a block's mark lies behind the comments that follow it."""
        if self._mark(node)[:1] != "*" and not self._has_bracket(node):
            if isinstance(node.value, Mapping):
                return self._end([*node.value.values()][-1].value)
            if isinstance(node.value, tuple):
                return self._end(node.value[-1])
        return node.start + len(self.source.text[node.start : node.end].rstrip())

    def _written(self, target: Plain) -> str:
        return written(target, as_json=self.as_json)


def _order() -> list[str]:
    """The keys of a spec as its schema lists them."""
    from gradaudit.inputs.yaml_spec import schema

    return [*schema.SPEC.keys]
