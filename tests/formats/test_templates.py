"""A folder of someone's own templates stands in front of the packaged ones, and reaches nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit.domain.report import Report
from gradaudit.errors import InputError
from gradaudit.formats import get
from gradaudit.formats.templates import check_templates, templates

BLOCKS = ("head_extra", "masthead", "before_main", "footer")
EXTENDS = '{% extends "gradaudit/report.html.j2" %}\n'


@pytest.fixture
def look(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "look"
    folder.mkdir()
    return folder


def page(report: Report, look: Path) -> str:
    """The page in that look."""
    return get("html", look).render(report).decode()


def fault(look: Path, report: Report) -> str:
    """The one message that a look ends in."""

    def use() -> None:
        check_templates(look)
        page(report, look)

    with pytest.raises(InputError) as error:
        use()
    (problem,) = error.value.problems
    return str(problem)


def test_a_style_sheet_takes_the_place_of_its_namesake(sick: Report, look: Path) -> None:
    """That file alone; everything else is as it was."""
    (look / "report.css").write_text("body { color: teal }\n", newline="\r\n")

    ours, theirs = (templates() / "report.css").read_text(), "body { color: teal }\n"

    assert page(sick, look) == get("html").render(sick).decode().replace(ours, theirs)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_can_be_filled(sick: Report, look: Path, name: str) -> None:
    """A template that extends the packaged one changes one part of the page, and may keep what stood there."""
    (look / "report.html.j2").write_text(f"{EXTENDS}{{% block {name} %}}{{{{ super() }}}}<p>ACME</p>{{% endblock %}}")
    original = get("html").render(sick).decode()

    changed = page(sick, look)

    assert changed.replace("<p>ACME</p>", "", 1) == original
    assert changed != original


def test_the_blocks_are_described_where_they_are(sick: Report) -> None:
    """The head of the template names each block, and the page does not show it."""
    text = (templates() / "report.html.j2").read_text()

    assert all(f"   {name}: " in text and f"block {name} " in text for name in BLOCKS)
    assert "head_extra" not in get("html").render(sick).decode()


def test_further_files_can_be_drawn_in(sick: Report, look: Path) -> None:
    """A logo as SVG, a style sheet of another name, a folder of pieces."""
    (look / "parts").mkdir()
    (look / "parts" / "logo.svg").write_text("<svg><title>{{ page.version }}</title></svg>")
    (look / "brand.css").write_text("a > b { color: red }")
    (look / "report.html.j2").write_text(
        EXTENDS + '{% block masthead %}{% include "parts/logo.svg" %}{% endblock %}'
        "{% block head_extra %}<style>{{ styles.brand }}</style>{% endblock %}"
    )

    changed = page(sick, look)

    assert "<svg><title>0.1.0</title></svg>" in changed
    assert "<style>a > b { color: red }</style>" in changed


def test_values_are_escaped_in_one_s_own_templates(hostile: Report, look: Path) -> None:
    """Whatever a template is called."""
    (look / "report.html.j2").write_text("{% include 'piece.txt' %}")
    (look / "piece.txt").write_text("{{ page.heading }}")

    changed = page(hostile, look)

    assert "<script" not in changed
    assert "&lt;script" in changed


@pytest.mark.slow
def test_the_pdf_takes_the_look_too(healthy: Report, look: Path) -> None:
    """Its text has what the block says."""
    pypdf = pytest.importorskip("pypdf")
    from io import BytesIO

    (look / "report.html.j2").write_text(EXTENDS + "{% block footer %}<p>ACME Ltd</p>{% endblock %}")

    pdf = pypdf.PdfReader(BytesIO(get("pdf", look).render(healthy)))

    assert "ACME Ltd" in "".join(sheet.extract_text() for sheet in pdf.pages)


@pytest.mark.parametrize("name", ["text", "json"])
def test_formats_without_a_look_stay_as_they_are(name: str, look: Path) -> None:
    """A folder of templates is nothing to them."""
    assert get(name, look) is get(name)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("\n{% if %}", "report.html.j2:2: Expected an expression, got 'end of statement block'"),
        ("{% block x %}", "report.html.j2:1: Unexpected end of template."),
        ("a\n\n{{ page.nothing }}", "report.html.j2:3: 'gradaudit.formats.page.view.Page object' has no attribute"),
        ("{{ nothing() }}", "report.html.j2:1: 'nothing' is undefined"),
        (
            "\n{% include 'none.txt' %}",
            "report.html.j2:2: there is no template 'none.txt', neither here nor in gradaud",
        ),
        ("{% extends 'gradaudit/none' %}", "report.html.j2:1: there is no template 'gradaudit/none', neither here nor"),
        ("{{ 1 / 0 }}", "report.html.j2:1: division by zero"),
        (
            "{{ page.models.__class__ }}",
            "report.html.j2:1: access to attribute '__class__' of 'tuple' object is unsafe",
        ),
        ("{{ page.version.format.__globals__ }}", "is unsafe."),
        ("{{ '{0.__class__.__mro__}'.format(page) }}", "is unsafe."),
        ("{{ ''|attr('__class__') }}", "report.html.j2:1: "),
        ("{{ styles.update(x=1) }}", "report.html.j2:1: 'mappingproxy object' has no attribute 'update'"),
        ("{% set l = [] %}{{ l.append(1) }}", "is unsafe"),
        ("{{ range(10**9) }}", "report.html.j2:1: Range too big"),
        ("{% include 'report.html.j2' %}", "report.html.j2:1: "),
        ("{% include '../secret.txt' %}", "secret.txt: lies outside "),
        ("{% include '/etc/hostname' %}", "/etc/hostname: lies outside "),
        ("{% include 'link.txt' %}", "link.txt: lies outside "),
        ("{% include 'folder/../../secret.txt' %}", ""),
        ("{% include 'latin.txt' %}", "latin.txt: is no UTF-8 at byte 1"),
    ],
)
def test_a_bad_template_is_one_message_with_its_line(
    sick: Report, look: Path, tmp_path: Path, template: str, message: str
) -> None:
    """A fault in someone's template, and whatever it must not do, is told with its file; nothing of it is done."""
    (tmp_path / "secret.txt").write_text("SECRET")
    (look / "link.txt").symlink_to(tmp_path / "secret.txt")
    (look / "latin.txt").write_bytes(b"a\xe9")
    (look / "report.html.j2").write_text(template)

    said = fault(look, sick)

    assert message in said
    assert "SECRET" not in said
    assert "\n" not in said


def test_a_fault_is_told_with_the_file_in_which_it_lies(sick: Report, look: Path) -> None:
    """Where packaged and own templates call one another, the line is of the own one."""
    (look / "report.html.j2").write_text(EXTENDS)
    original = (templates() / "macros.html.j2").read_text()
    (look / "macros.html.j2").write_text(
        f"{original}{{% macro model(m, level) %}}\n{{{{ m.nothing }}}}{{% endmacro %}}"
    )

    line = original.count("\n") + 2

    assert f"macros.html.j2:{line}: 'gradaudit.formats.page.view.ModelPage object' has no" in fault(look, sick)


def test_a_folder_that_replaces_nothing_is_refused(sick: Report, look: Path, tmp_path: Path) -> None:
    """A wrong folder, a misspelt file and a file in the folder's place are told at once."""
    (look / "raport.html.j2").write_text("")
    assert "look: holds none of the files that it could replace: macros.html.j2, print.css, rep" in fault(look, sick)
    assert fault(tmp_path / "none", sick).endswith("none: is no folder with templates")


def test_a_link_in_the_place_of_a_style_sheet_is_not_followed(sick: Report, look: Path, tmp_path: Path) -> None:
    """Nothing from outside the folder comes onto the page, whatever the file is called."""
    (tmp_path / "secret.txt").write_text("SECRET")
    (look / "report.css").symlink_to(tmp_path / "secret.txt")

    assert "report.css: lies outside " in fault(look, sick)


def test_a_folder_may_be_reached_by_any_path(sick: Report, look: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From within, and through a link to it."""
    (look / "report.html.j2").write_text("{{ nothing }}")
    (look.parent / "link").symlink_to(look)
    monkeypatch.chdir(look)

    assert fault(Path(), sick) == "report.html.j2:1: 'nothing' is undefined"
    assert fault(look.parent / "link", sick).endswith("link/report.html.j2:1: 'nothing' is undefined")
