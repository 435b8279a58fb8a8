from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gradaudit.domain.report import Report
from gradaudit.formats import templates
from gradaudit.formats.html import FORMAT

VOID = {"meta", "br", "path"}


class Tree(HTMLParser):
    """What the tests ask of a page: its tags, ids, links, headings and text; raises where tags do not close."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.text = ""
        self.feed(page.decode("utf-8"))
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def every(self, name: str) -> list[str]:
        """The values of one attribute, wherever it stands."""
        return [value for _, attributes in self.attributes if (value := attributes.get(name)) is not None]


@pytest.fixture(params=["sick", "healthy", "patchy", "hostile", "several"])
def page(request: pytest.FixtureRequest) -> Tree:
    """The page of each of the reports."""
    return Tree(FORMAT.render(request.getfixturevalue(request.param)))


def test_the_page_needs_nothing_from_outside(page: Tree) -> None:
    """No script, no link to another file, no handler, and a policy that forbids them all."""
    policy = next(v for v in page.every("content") if "default-src" in v)

    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(page.tags)
    assert all(href.startswith("#") for href in page.every("href"))
    assert not page.every("src")
    assert not [name for _, attributes in page.attributes for name in attributes if name.startswith("on")]


def test_the_style_sheets_fetch_nothing(sick: Report) -> None:
    """No @import and no url()."""
    styles = "".join(re.findall(r"<style.*?</style>", FORMAT.render(sick).decode(), re.DOTALL))

    assert styles
    assert not re.search(r"url\(|@import", styles)


def test_ids_are_unique_and_links_arrive(page: Tree) -> None:
    """Every link of the page leads to something on it."""
    ids = page.every("id")

    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for href in page.every("href")} <= set(ids)


def test_headings_start_at_one_and_skip_no_level(page: Tree) -> None:
    """One h1, and each heading at most one level below the one before."""
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))


def test_the_page_has_its_landmarks(page: Tree) -> None:
    """One main, one banner, navigations that are told apart by name, a way to skip, a language."""
    named = [attributes.get("aria-label") for tag, attributes in page.attributes if tag == "nav"]

    assert (page.tags["main"], named[0]) == (1, "Contents")
    assert named[1:] in ([], ["Pages"])
    assert ("a", {"class": "skip", "href": "#main"}) in page.attributes
    assert ("html", {"lang": "en"}) in page.attributes


def test_every_table_has_a_caption_and_scopes(page: Tree) -> None:
    """Screen readers hear which row and which column they are in."""
    heads = [attributes for tag, attributes in page.attributes if tag == "th"]

    assert page.tags["caption"] == page.tags["table"]
    assert heads
    assert all(attributes.get("scope") in ("row", "col") for attributes in heads)


def test_every_chart_is_a_named_picture(page: Tree) -> None:
    """Each SVG has the role of an image and a title."""
    charts = [attributes for tag, attributes in page.attributes if tag == "svg"]

    assert charts
    assert all(attributes["role"] == "img" for attributes in charts)
    assert page.tags["title"] == 1 + len(charts)


def test_backticks_become_code_and_stay_escaped() -> None:
    """Words between backticks are code; a single backtick is itself."""
    assert str(templates.marked("no `<b>` here")) == "no <code>&lt;b&gt;</code> here"
    assert str(templates.marked("a ` b")) == "a ` b"


def test_what_could_not_be_audited_is_on_the_page(several: Report) -> None:
    """With its place, its message, and whose fault it is."""
    text = Tree(FORMAT.render(several)).text

    assert "broken.yaml:4:13" in text
    assert "did you mean 'sigmoid'?" in text
    assert text.count("fault of gradaudit's own") == 1


def test_a_report_of_failures_alone_is_a_page(several: Report) -> None:
    """Nothing audited: the page says so and why."""
    tree = Tree(FORMAT.render(Report((), several.errors)))

    assert "Nothing could be audited" in tree.text
    assert tree.headings == [1, 2]


def test_the_page_of_eleven_layers_is_small(sick: Report) -> None:
    """About half of what a page may weigh."""
    assert len(FORMAT.render(sick)) < 200_000


def test_the_page_of_a_hundred_layers_is_not_large(deep: Callable[[int], Report]) -> None:
    """At most 400 kB, with every chapter: it goes into a mail."""
    assert len(FORMAT.render(deep(100))) <= 400_000


def test_templates_are_found_in_a_package_before_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package carries its templates inside itself."""
    monkeypatch.setattr(templates, "_PACKAGED", tmp_path / "missing")
    assert (templates.templates() / "report.html.j2").is_file()
    monkeypatch.setattr(templates, "_PACKAGED", tmp_path)
    assert templates.templates() == tmp_path
