from __future__ import annotations

from pathlib import Path

import pytest

from gradaudit.cli.config import Config, load_config
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.errors import InputError
from tests.cli.conftest import finding


def written(folder: Path, text: str) -> Path:
    """pyproject.toml with this text."""
    file = folder / "pyproject.toml"
    file.write_text(text)
    return file


def refusal(folder: Path, named: Path | None = None) -> list[str]:
    """The problems that loading ends in, without the folder's name."""
    with pytest.raises(InputError) as caught:
        load_config(named, folder)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_without_a_file_nothing_is_said(folder: Path) -> None:
    """Where no pyproject.toml has a section for gradaudit, everything keeps its default."""
    written(folder, "[tool.other]\nseeds = 1\n")

    assert load_config(None, folder) == Config()


def test_the_nearest_section_is_taken(folder: Path) -> None:
    """A pyproject.toml without the section is passed by on the way up."""
    written(folder, "[tool.gradaudit]\nseeds = 3\n")
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    written(folder / "a", "[project]\nname = 'a'\n")

    assert load_config(None, inner).audit == AuditOptions(seeds=3)


def test_every_key_is_read(folder: Path) -> None:
    """The spec's audit keys, hyphens or underscores, thresholds, and how to print."""
    written(
        folder,
        "[tool.gradaudit]\nseeds = 3\nseed = 1\nsamples = 64\neffort = 'quick'\nselect = ['dead-units']\n"
        "ignore = ['plateau']\nfail-on = 'warning'\nformat = 'json'\ncolor = 'never'\n"
        "[tool.gradaudit.rules.vanishing-gradient]\nratio_limit = 1e-5\n",
    )

    config = load_config(None, folder)

    assert config.audit == AuditOptions(
        seeds=3,
        seed=1,
        samples=64,
        effort="quick",
        select=("dead-units",),
        ignore=("plateau",),
        fail_on="warning",
        thresholds=(("vanishing-gradient", "ratio_limit", 1e-5),),
    )
    assert (config.format, config.color) == ("json", "never")


def test_all_faults_are_told_at_once(folder: Path) -> None:
    """Unknown keys with the nearest name, impossible values with what to write, all in one go."""
    written(folder, "[tool.gradaudit]\nsedes = 3\nseeds = 0\neffort = 'fast'\nformat = 'jsn'\n")

    problems = refusal(folder)

    assert problems[0] == "pyproject.toml:2:1: 'sedes' is no key of [tool.gradaudit]; did you mean 'seeds'?"
    assert problems[1].startswith("pyproject.toml:3:1: seeds: 0 is impossible")
    assert problems[2].startswith("pyproject.toml:4:1: effort: 'fast' is no effort")
    assert problems[3] == "pyproject.toml:5:1: format: 'jsn' cannot be chosen; did you mean 'json'?"
    assert len(problems) == 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[tool.gradaudit]\nseeds = = 3\n", "pyproject.toml:2:9: no valid TOML: "),
        (b"\xff\xfe", "pyproject.toml: is no UTF-8 at byte 0"),
        (b"a = " + b"[" * 100_000, "pyproject.toml: "),
        (b"#" * 2_000_000, "pyproject.toml: is larger than 1 MiB, too large for settings"),
        (b"tool = 3\n", "pyproject.toml: [tool] is no table"),
        (b"tool.gradaudit = 3\n", "pyproject.toml: [tool.gradaudit] is no table"),
        (b"tool.gradaudit.select = 3\n", "pyproject.toml:1:16: select: "),
        (b"tool.gradaudit.seeds = 1979-05-27\n", "pyproject.toml: "),
        (b"tool.gradaudit.format = ['text']\n", "pyproject.toml:1:16: format: a list cannot be chosen"),
    ],
)
def test_a_broken_file_is_one_message(folder: Path, data: bytes, message: str) -> None:
    """Whatever a configuration file holds, it ends in a message with its name, not in a traceback."""
    (folder / "pyproject.toml").write_bytes(data)

    (problem,) = refusal(folder)

    assert problem.startswith(message)


def test_a_named_file_may_be_a_table_of_its_own(folder: Path) -> None:
    """--config takes a pyproject.toml, or a file whose top level is the section."""
    file = folder / "strict.toml"
    file.write_text("fail_on = 'warning'\n")

    assert load_config(file, folder).audit.fail_on == "warning"


@pytest.mark.parametrize(
    ("text", "message"), [(None, "there is no such file"), ("[project]\n", "has no [tool.gradaudit]")]
)
def test_a_named_file_must_say_something(folder: Path, text: str | None, message: str) -> None:
    """--config with a file that is not there, or a pyproject.toml without the section, is an error."""
    file = folder / "pyproject.toml"
    if text is not None:
        file.write_text(text)

    (problem,) = refusal(folder, file)

    assert problem.startswith(f"pyproject.toml: {message}")


def test_the_file_decides_how_to_print(run, spec, pipeline, folder: Path) -> None:
    """`format` in pyproject.toml is the default of --format, which still wins."""
    written(folder, "[tool.gradaudit]\nformat = 'json'\n")

    assert run("check", "model.yaml").out.startswith("{")
    assert run("check", "model.yaml", "--format", "text").out.startswith("model (model.yaml): healthy")


def test_a_bad_file_is_told_before_measuring(run, spec, pipeline, folder: Path) -> None:
    """A fault in pyproject.toml is exit 2, and nothing is measured."""
    written(folder, "[tool.gradaudit]\nsedes = 3\n")

    done = run("check", "model.yaml")

    assert (done.status, pipeline.calls) == (2, [])
    assert done.err == "pyproject.toml:2:1: 'sedes' is no key of [tool.gradaudit]; did you mean 'seeds'?\n"


def test_help_needs_no_configuration(run, folder: Path) -> None:
    """`check --help` answers even where pyproject.toml is broken."""
    written(folder, "[")

    assert run("check", "--help").status == 0


def test_patterns_have_settings_of_their_own(run, pipeline, folder: Path) -> None:
    """`per-file` goes for the sources that a pattern covers, below the environment and the spec's own word."""
    written(
        folder,
        "[tool.gradaudit]\nignore = ['plateau']\n"
        "[tool.gradaudit.per-file]\n'legacy' = {fail-on = 'never', ignore = ['dead-units']}\n",
    )
    (folder / "legacy").mkdir()
    for name in ("new.yaml", "legacy/old.yaml", "legacy/strict.yaml"):
        (folder / name).write_text("layers: [2, 1]\n" + "audit: {fail_on: error}\n" * name.count("strict"))
    pipeline.findings = (finding(),)

    assert run("check", "new.yaml").status == 1
    assert run("check", "legacy/old.yaml").status == 0
    assert run("check", "legacy/strict.yaml").status == 1
    assert run("check", "legacy/old.yaml", "--fail-on", "error").status == 1
    assert [call["defaults"].ignore for call in pipeline.calls] == [("plateau",), *[("plateau", "dead-units")] * 3]


def test_faults_of_patterns_have_their_lines(folder: Path) -> None:
    """Unknown keys, rules and values of a pattern are told of like those of the section."""
    written(
        folder,
        "[tool.gradaudit]\nselect = ['dead-unit']\n"
        "[tool.gradaudit.per-file]\n'a b'.ignroe = []\n'*' = 3\n'b' = {ignore = ['plato'], xyz = 'json'}\n",
    )

    assert refusal(folder) == [
        "pyproject.toml:2:1: select: 'dead-unit' is no rule; did you mean 'dead-units'?",
        "pyproject.toml:4:7: 'ignroe' is no key of [tool.gradaudit.per-file.'a b']; did you mean 'ignore'?",
        "pyproject.toml:5:2: per-file: '*' is no table; write {ignore = [...]}",
        "pyproject.toml:6:8: ignore: 'plato' is no rule; did you mean 'plateau'?",
        (
            "pyproject.toml:6:28: 'xyz' is no key of [tool.gradaudit.per-file.'b']; known are "
            "seeds, seed, samples, effort, select, ignore, fail_on, rules"
        ),
    ]
