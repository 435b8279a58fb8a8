from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from gradaudit import __version__
from gradaudit.inputs import discover

ROOT = Path(__file__).parents[2]


def files(folder: Path) -> list[str]:
    """What is in the folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_starter_is_healthy(run, folder: Path) -> None:
    """`gradaudit init` and then `gradaudit check .` finds nothing and exits 0."""
    assert run("init").status == 0
    done = run("check", ".", "--fail-on", "warning", "--effort", "quick")

    assert (done.status, done.err) == (0, ""), done.out
    assert "model (model.yaml): healthy" in done.out


def test_the_schema_is_where_the_first_line_says(run, folder: Path) -> None:
    """The file that editors are told of lies beside the spec, is what `gradaudit schema` prints, and fits the spec."""
    done = run("init", "models/digits.yml")

    assert done.err.splitlines() == [
        "wrote models/gradaudit.schema.json",
        "wrote models/digits.yml",
        "audit it: gradaudit check models/digits.yml",
    ]
    text = (folder / "models" / "digits.yml").read_text()
    schema = folder / "models" / text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert schema.read_text() == run("schema").out
    jsonschema.validate(yaml.safe_load(text), json.loads(schema.read_text()))
    assert "gradaudit check digits.yml" in text
    assert discover(("models",)).sources == ("models/digits.yml",)


def test_what_is_commented_out_is_a_spec_too(run, folder: Path) -> None:
    """The `audit` section that the comments show can be put to use."""
    run("init")
    text = (folder / "model.yaml").read_text()
    start = text.index("# audit:")
    (folder / "model.yaml").write_text(text[:start] + re.sub(r"^# ", "", text[start:], flags=re.MULTILINE))

    assert run("check", "model.yaml", "--effort", "quick").status == 0


@pytest.mark.parametrize("taken", ["model.yaml", "gradaudit.schema.json"])
def test_nothing_is_overwritten_unasked(run, folder: Path, taken: str) -> None:
    """A file that exists is exit 2 and nothing is written; --force overwrites; the same bytes are no conflict."""
    (folder / taken).write_text("mine")

    done = run("init")

    assert (done.status, files(folder)) == (2, [taken])
    assert f"'{taken}' exists; --force overwrites it" in done.err
    assert (folder / taken).read_text() == "mine"
    assert run("init", "--force").status == 0
    assert run("init", "--quiet").err == ""


@pytest.mark.parametrize("place", ["model.json", "model.py", "model.yaml/x", "/proc/nowhere/x"])
def test_an_impossible_place_is_one_message(run, folder: Path, place: str) -> None:
    """Another suffix, a folder that cannot be made: exit 2, and no traceback."""
    (folder / "model.yaml").write_text("")

    done = run("init", place)

    assert done.status == 2
    assert "Traceback" not in done.err
    assert files(folder) == ["model.yaml"]


def test_a_hostile_name_stays_in_its_comment(run, folder: Path) -> None:
    """A name with a line feed adds no line to the spec."""
    assert run("init", "a\nlayers: [1]\n.yaml").status == 0

    (spec,) = [path for path in folder.iterdir() if path.suffix == ".yaml"]
    assert sum(line.startswith("layers:") for line in spec.read_text().splitlines()) == 1


def test_the_workflow_is_pinned_and_may_do_little(run, folder: Path) -> None:
    """--github: actions by commit or release, no permission but to read, inputs that the action has."""
    assert run("init", "--github").status == 0

    assert files(folder) == [".github/workflows/gradaudit.yml"]
    workflow = yaml.safe_load((folder / ".github/workflows/gradaudit.yml").read_text())
    (job,) = workflow["jobs"].values()
    checkout, own = job["steps"]
    assert (workflow["permissions"], job["permissions"]) == ({}, {"contents": "read"})
    assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", checkout["uses"])
    assert checkout["uses"] in (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert own["uses"] == f"gradaudit/gradaudit@v{__version__}"
    assert own["with"].keys() <= yaml.safe_load((ROOT / "action.yml").read_text())["inputs"].keys()
