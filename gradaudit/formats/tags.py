"""The tags of a PDF as PDF/UA-1 (ISO 14289-1) wants them, where WeasyPrint 70 writes them otherwise.

WeasyPrint hands over its objects right before it writes them (its documented `finisher`). What is mended there: a group
of a definition list becomes a list item whose label is the term; whatever stands in a list item stands in its body;
heads of a table say which way they reach; running heads and page numbers become pagination artifacts; links are
printed. Nothing that is visible changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Pydyf: TypeAlias = Any
"""An object of pydyf, which carries no annotations."""
Node: TypeAlias = dict[str, Any]
"""A PDF dictionary, as pydyf keeps it: keys without a slash, names and references as text and bytes."""
_PRINT = 4
"""The flag of an annotation that is printed (ISO 32000-1, table 165)."""


def mend_tags(document: object, pdf: Pydyf) -> None:
    """WeasyPrint's finisher: changes the objects of `pdf` in place."""
    root = pdf.catalog.get("StructTreeRoot")
    if root is None:
        return
    tree = _Tree(pdf)
    for node in list(tree.below(tree.at(root))):
        _ACTS.get(node["S"], _leave)(tree, node)
    shown = tree.below(tree.at(root))
    tree.hide_all_but({id(node) for node in shown}, tree.at(tree.at(root)["ParentTree"])["Nums"])
    for each in pdf.objects:
        if isinstance(each, dict) and each.get("Subtype") == "/Link":
            each["F"] = _PRINT


class _Tree:
    """The structure elements of a file, found by their references."""

    def __init__(self, pdf: Pydyf) -> None:
        self._pdf, self._objects = pdf, pdf.objects
        self._pages = {page.reference: page for page in pdf.objects if _kind(page) == "/Page"}

    def at(self, reference: bytes) -> Pydyf:
        """The object that `b"12 0 R"` stands for."""
        return self._objects[int(reference.split()[0])]

    def kids(self, node: Node) -> list[Node]:
        """The elements right below, without marked content and annotations."""
        found = [self.at(kid) for kid in node.get("K", ()) if isinstance(kid, bytes)]
        return [kid for kid in found if "S" in kid]

    def below(self, node: Node) -> Iterator[Node]:
        """Every element below, in reading order."""
        for kid in self.kids(node):
            yield kid
            yield from self.below(kid)

    def wrapped(self, kids: list[Pydyf], kind: str, parent: Pydyf) -> Pydyf:
        """A new element between `parent` and these of its children."""
        made = type(parent)({"Type": "/StructElem", "S": kind, "P": parent.reference, "Pg": kids[0]["Pg"]})
        made["K"] = type(parent["K"])([kid.reference for kid in kids])
        self._pdf.add_object(made)
        for kid in kids:
            kid["P"] = made.reference
        return made

    def hide_all_but(self, shown: set[int], parents: list[Pydyf]) -> None:
        """Content whose element hangs on no tree is what stands in the page's margins: pagination."""
        loose = [node for node in self._objects if _kind(node) == "/StructElem" and id(node) not in shown]
        for node in loose:
            marks = {kid for kid in node["K"] if isinstance(kid, int)}
            page = self._pages[node["Pg"]]
            _mark_as_artifact(self.at(page["Contents"]).stream, marks)
            of_page = parents[2 * page["StructParents"] + 1]
            of_page[:] = ["null" if i in marks else each for i, each in enumerate(of_page)]


def _kind(node: object) -> str:
    return str(node.get("Type", "")) if isinstance(node, dict) else ""


def _mark_as_artifact(stream: list[Pydyf], marks: set[int]) -> None:
    for i, item in enumerate(stream):
        if isinstance(item, dict) and item.get("MCID") in marks:
            stream[i - 1] = "/Artifact"
            del item["MCID"]
            item["Type"] = "/Pagination"


def _leave(tree: _Tree, node: Node) -> None:
    """An element that is right as it is."""


def _mend_list(tree: _Tree, node: Node) -> None:
    """`<dl><div><dt><dd>`: WeasyPrint makes the group a Div and either half an item of its own."""
    for group in tree.kids(node):
        if group["S"] == "/Div":
            halves = [half for item in tree.kids(group) for half in tree.kids(item)]
            for half, kind in zip(halves, ("/Lbl", *("/LBody",) * len(halves)), strict=False):
                half.update(S=kind, P=group.reference)  # type: ignore[attr-defined]
            group.update(S="/LI")
            group["K"][:] = [half.reference for half in halves]  # type: ignore[attr-defined]


def _mend_item(tree: _Tree, node: Node) -> None:
    """Blocks in an `<li>`: WeasyPrint makes a body only of lines."""
    kids: list[Pydyf] = tree.kids(node)
    bare = [kid for kid in kids if kid["S"] not in ("/Lbl", "/LBody")]
    if bare:
        label = [kid for kid in kids if kid["S"] == "/Lbl"]
        body = tree.wrapped([kid for kid in kids if kid["S"] != "/Lbl"], "/LBody", node)
        node["K"][:] = [each.reference for each in (*label, body)]


def _mend_heads(scope: str) -> Callable[[_Tree, Node], None]:
    def mend(tree: _Tree, node: Node) -> None:
        for head in tree.below(node):
            if head["S"] == "/TH":
                head["A"]["Scope"] = scope

    return mend


_ACTS = {"/L": _mend_list, "/LI": _mend_item, "/THead": _mend_heads("/Column"), "/TBody": _mend_heads("/Row")}
