"""A small checker of PDF/UA-1: what a screen reader and an archive ask of a file, each lack as one sentence."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

from pypdf import PdfReader
from pypdf.generic import ContentStream, Destination, IndirectObject

NAMES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
# fmt: off
STANDARD = frozenset((
    "Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "TOC", "TOCI", "Index", "NonStruct", "Private",
    "P", "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD", "THead",
    "TBody", "TFoot", "Span", "Quote", "Note", "Reference", "BibEntry", "Code", "Link", "Annot",
    "Figure", "Formula", "Form",
))
# fmt: on
SHOWS = {b"Tj", b"TJ", b"'", b'"', b"Do", b"sh"}
ACTS = ("/JavaScript", "/JS", "/Launch", "/URI", "/SubmitForm", "/GoToR", "/EmbeddedFiles")


def lacks(file: bytes) -> list[str]:
    """Everything that the file lacks; empty for one that conforms as far as is looked at here."""
    reader = PdfReader(io.BytesIO(file))
    checks = (_metadata, _title, _tree, _figures, _headings, _tables, _links, _marks, _fonts, _bookmarks, _acting)
    return [lack for check in checks for lack in check(reader)]


def elements(reader: PdfReader, *kinds: str) -> Iterator[Any]:
    """The structure elements of these kinds in the tree's order, or all of them."""
    root = reader.trailer["/Root"].get("/StructTreeRoot")
    pending = [root] if root is not None else []
    while pending:
        node = pending.pop().get_object()
        if isinstance(node, list):
            pending.extend(reversed(node))
        elif isinstance(node, dict):
            if "/S" in node and (not kinds or node["/S"][1:] in kinds):
                yield node
            pending += [node["/K"]] if "/K" in node else []


def outline(reader: PdfReader) -> list[Destination]:
    """The bookmarks of all levels, from top to bottom."""

    def flat(items: list[Any]) -> Iterator[Destination]:
        for item in items:
            if isinstance(item, list):
                yield from flat(item)
            else:
                yield item

    return [*flat(reader.outline)]


def letters(text: str) -> str:
    """Letters and digits alone: how a text is broken into lines and pieces does not matter."""
    return re.sub("[^A-Za-z0-9]", "", text)


def _metadata(reader: PdfReader) -> Iterator[str]:
    stream = reader.trailer["/Root"].get("/Metadata")
    if stream is None:
        yield "there is no XMP metadata"
        return
    xmp = ET.fromstring(stream.get_object().get_data().decode())  # noqa: S314 - our own file
    parts = [node.get(f"{{{NAMES['pdfuaid']}}}part") or "" for node in xmp.iter(f"{{{NAMES['rdf']}}}Description")]
    parts += [node.text or "" for node in xmp.iter(f"{{{NAMES['pdfuaid']}}}part")]
    if [part for part in parts if part] != ["1"]:
        yield "the metadata do not say PDF/UA-1"
    if not any(node.text for node in xmp.iterfind(".//dc:title//rdf:li", NAMES)):
        yield "the metadata have no title"


def _title(reader: PdfReader) -> Iterator[str]:
    root = reader.trailer["/Root"]
    if not (reader.metadata and reader.metadata.title):
        yield "the file has no title"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "the title is not displayed"
    if not re.fullmatch(r"[a-z]{2}(-\w+)*", str(root.get("/Lang", ""))):
        yield "the file has no language"


def _tree(reader: PdfReader) -> Iterator[str]:
    root = reader.trailer["/Root"]
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "the file is not marked as tagged"
    kinds = {node["/S"][1:] for node in elements(reader)}
    if "Document" not in kinds:
        yield "there is no tree of tags"
    mapped = {name[1:] for name in root.get("/StructTreeRoot", {}).get("/RoleMap", {})}
    yield from (f"{kind} is no kind of tag" for kind in sorted(kinds - STANDARD - mapped))


def _figures(reader: PdfReader) -> Iterator[str]:
    for node in elements(reader, "Figure", "Formula"):
        if len(str(node.get("/Alt", "")).split()) < 3:
            yield f"a picture has no sentence as its alternative text: {node.get('/Alt')}"


def _headings(reader: PdfReader) -> Iterator[str]:
    levels = [int(node["/S"][2:]) for node in elements(reader, "H1", "H2", "H3", "H4", "H5", "H6")]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield "the headings do not begin with the only H1"
    yield from (f"a heading skips from {a} to {b}" for a, b in pairwise(levels) if b - a > 1)


def _tables(reader: PdfReader) -> Iterator[str]:
    """Each cell names its heads, unless all heads of its table say how far they reach."""
    for table in elements(reader, "Table"):
        heads = [*_inside(table, "TH")]
        names = {str(head.get("/ID")) for head in heads}
        if not heads:
            yield "a table has no heads"
        elif not all(_attribute(head, "/Scope") for head in heads):
            named = [_attribute(cell, "/Headers") or () for cell in _inside(table, "TD")]
            if not all(each and names.issuperset(map(str, each)) for each in named):
                yield "a cell belongs to no head of its table"


def _inside(node: Any, kind: str) -> Iterator[Any]:
    pending = [node["/K"]] if "/K" in node else []
    while pending:
        inner = pending.pop().get_object()
        if isinstance(inner, list):
            pending.extend(inner)
        elif isinstance(inner, dict):
            if inner.get("/S") == f"/{kind}":
                yield inner
            pending += [inner["/K"]] if "/K" in inner else []


def _attribute(node: Any, name: str) -> Any:
    sets = node.get("/A", {}).get_object() if "/A" in node else {}
    return next(
        (each.get_object()[name] for each in (sets if isinstance(sets, list) else [sets]) if name in each), None
    )


def _links(reader: PdfReader) -> Iterator[str]:
    targets = set(reader.named_destinations)
    for page in reader.pages:
        notes = [note.get_object() for note in page.get("/Annots", ())]
        if notes and page.get("/Tabs") != "/S":
            yield "the tab key does not follow the tags"
        for note in notes:
            if not note.get("/Contents") or "/StructParent" not in note:
                yield "a link is not described or not tagged"
            if str(note.get("/Dest")) not in targets:
                yield f"a link leads nowhere in the file: {note.get('/Dest', note.get('/A'))}"


def _marks(reader: PdfReader) -> Iterator[str]:
    """Whatever is shown is tagged, or marked as decoration."""
    for number, page in enumerate(reader.pages, 1):
        depth = 0
        for _, operator in ContentStream(page["/Contents"].get_object(), reader).operations:
            depth += (operator in (b"BDC", b"BMC")) - (operator == b"EMC")
            if operator in SHOWS and depth == 0:
                yield f"page {number} shows something that is neither tagged nor decoration"
                break


def _fonts(reader: PdfReader) -> Iterator[str]:
    for font in {id(f): f for page in reader.pages for f in _fonts_of(page["/Resources"].get_object())}.values():
        face = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        description, name = face.get("/FontDescriptor", {}), str(face.get("/BaseFont"))
        if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(description.get_object() if description else ()):
            yield f"the font {name} is not embedded"
        if not re.match(r"/[A-Z]{6}\+", name):
            yield f"the font {name} is no subset"
        if "/ToUnicode" not in font:
            yield f"the text in {name} cannot be read out"


def _fonts_of(resources: Any) -> Iterator[Any]:
    yield from (font.get_object() for font in resources.get("/Font", {}).values())
    for form in resources.get("/XObject", {}).values():
        if "/Resources" in form.get_object():
            yield from _fonts_of(form.get_object()["/Resources"].get_object())


def _bookmarks(reader: PdfReader) -> Iterator[str]:
    """They lead to their headings, in reading order."""
    texts: dict[int, str] = {}
    page_before, found = -1, 0
    for mark in outline(reader):
        page = reader.get_destination_page_number(mark)
        if page is None or page < page_before:
            yield f"the bookmark {mark.title!r} is out of order"
            continue
        text = texts.setdefault(page, letters(reader.pages[page].extract_text()))
        found = text.find(letters(str(mark.title))[:25], found if page == page_before else 0)
        if found < 0:
            yield f"the heading of the bookmark {mark.title!r} is not where it leads, or out of order"
            found = 0
        page_before = page
    if page_before < 0:
        yield "there are no bookmarks"


def _acting(reader: PdfReader) -> Iterator[str]:
    """Entries through which a file runs something, or reaches outside itself."""
    names: set[str] = set()
    seen: set[int] = set()
    pending: list[Any] = [reader.trailer["/Root"]]
    while pending:
        node = pending.pop()
        if isinstance(node, IndirectObject):
            if node.idnum not in seen:
                seen.add(node.idnum)
                pending.append(node.get_object())
        elif isinstance(node, dict):
            names |= {name for name in ACTS if name in node or node.get("/S") == name}
            pending += [node.raw_get(key) for key in node]
        elif isinstance(node, list):
            pending += [*node]
    yield from (f"the file acts: {name}" for name in sorted(names))
