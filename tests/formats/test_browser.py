from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradaudit.formats.html import FORMAT

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One headless Chromium for all tests here, its profile in a fresh folder."""
    with playwright.sync_playwright() as started:
        folder = str(tmp_path_factory.mktemp("profile"))
        context = started.chromium.launch_persistent_context(folder, executable_path=CHROMIUM, args=[*FLAGS])
        yield context
        context.close()


@pytest.fixture(params=["sick", "healthy", "patchy", "hostile", "several"])
def page(request: pytest.FixtureRequest, browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of each report, opened from a file; what it asks for and says is kept."""
    file = tmp_path / "report.html"
    file.write_bytes(FORMAT.render(request.getfixturevalue(request.param)))
    tab = browser.new_page()
    tab.requested, tab.said = [], []
    tab.on("request", lambda asked: tab.requested.append(asked.url))
    tab.on("console", lambda message: tab.said.append(message.text))
    tab.on("pageerror", lambda error: tab.said.append(str(error)))
    tab.on("dialog", lambda dialog: (tab.said.append(dialog.message), dialog.dismiss()))
    tab.goto(file.as_uri())
    yield tab
    tab.close()


def test_no_request_leaves_the_file_and_nothing_is_said(page: Any) -> None:
    """One file is read, and the console stays empty."""
    assert [url for url in page.requested if not url.endswith("/report.html")] == []
    assert page.said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_axe_finds_no_violation(page: Any, scheme: str, width: int) -> None:
    """Every rule of axe holds, in both schemes, wide and narrow, with the details opened."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")

    assert axe.Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("width", [360, 320, 768])
def test_narrow_screens_do_not_scroll_sideways(page: Any, width: int) -> None:
    """Nothing is wider than the screen, the opened tables included."""
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_one_form_of_each_chart_is_seen(page: Any) -> None:
    """The wide one on a wide screen, the narrow one on a narrow screen, the wide one on paper."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for width, seen, hidden in ((1200, "wide", "narrow"), (360, "narrow", "wide")):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator(f"svg.{hidden}:visible").count() == 0
        assert page.locator(f"svg.{seen}:visible").count() == page.locator(f"svg.{seen}").count()
    page.emulate_media(media="print")
    assert page.locator("svg.narrow:visible").count() == 0


def test_the_dark_scheme_is_dark(page: Any) -> None:
    """The colours follow what the reader's system asks for."""
    page.emulate_media(media="screen", color_scheme="light")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.emulate_media(media="screen", color_scheme="dark")

    assert light == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(18, 22, 27)"


def test_the_keyboard_reaches_the_report_first(page: Any) -> None:
    """The first stop of the tab key is the link that skips to the report, and it can be seen."""
    page.keyboard.press("Tab")

    focused = page.evaluate("[document.activeElement.className, document.activeElement.getBoundingClientRect().left]")
    assert focused[0] == "skip"
    assert focused[1] >= 0


def test_paper_is_light_and_wide_enough(page: Any) -> None:
    """Printed from a dark screen the page is white, and nothing runs over the edge of an A4 sheet."""
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 718, "height": 1000})  # 190 mm

    ground = "getComputedStyle({}).backgroundColor"
    grounds = {page.evaluate(ground.format(f"document.{part}")) for part in ("documentElement", "body")}
    assert grounds <= {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    assert page.evaluate("document.documentElement.scrollWidth") <= 718


def test_what_folds_away_is_printed(page: Any) -> None:
    """Paper cannot be clicked: the numbers are on it, but for those of chapters that only prove health."""
    page.emulate_media(media="print")
    folded = page.evaluate(
        """[...document.querySelectorAll('details:not([open]) > :not(summary)')].filter(each =>
            !each.closest('.folded') && getComputedStyle(each).display !== 'none' && !each.checkVisibility()).length"""
    )

    assert folded == 0


def test_nothing_on_the_page_is_cut(page: Any) -> None:
    """Words that a box hides behind its edge are lost to everybody."""
    page.set_viewport_size({"width": 360, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    cut = page.evaluate(
        """[...document.querySelectorAll('main *')].filter(each => {
            const style = getComputedStyle(each)
            return each.innerText && each.clientWidth > 1 && ['hidden', 'clip'].includes(style.overflowX)
                && each.scrollWidth > each.clientWidth + 1
        }).map(each => each.outerHTML.slice(0, 100))"""
    )

    assert cut == []


def test_every_picture_is_named_to_a_screen_reader(page: Any) -> None:
    """The browser's own tree of roles has a sentence for each image that is seen, and one heading of level one."""
    seen = page.locator("svg[role=img]:visible")
    names = page.get_by_role("img", include_hidden=False)

    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("main").count() == 1
    assert names.count() >= seen.count()
    assert all(len(title.split()) > 2 for title in page.locator("svg[role=img] > title").all_text_contents())


def test_the_page_is_whole_without_scripts(page: Any) -> None:
    """There is none, and its policy lets none run."""
    assert page.evaluate("document.scripts.length") == 0
    blocked = """new Promise(done => {
        document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective))
        document.body.appendChild(Object.assign(document.createElement('img'), {src: 'http://127.0.0.1:9/x.png'}))
        setTimeout(() => done('nothing'), 2000)
    })"""
    assert page.evaluate(blocked) == "img-src"
