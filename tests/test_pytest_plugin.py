from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)

ROOT = Path(__file__).parents[1]
HEALTHY = "layers: [4, 1]\naudit: {effort: quick, seeds: 2}\n"
FAULTY = "layers: [4, 9, 9, 9, 9, 3]\nactivation: sigmoid\nloss: cross_entropy\naudit: {effort: quick, seeds: 2}\n"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with a healthy and a faulty model, YAML that is no model, and a test."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the plugin is named, installed here or not
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    for name, text in {"good": HEALTHY, "bad": FAULTY, "other": "a: 1\n"}.items():
        pytester.mkdir(name)
        (pytester.path / name / f"{name}.yaml").write_text(text)
    pytester.mkdir("tests")
    (pytester.path / "tests" / "test_it.py").write_text("def test_it(): pass\n")
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """A pytest of its own."""
    return project.runpytest_subprocess("-p", "gradaudit.pytest_plugin", "-p", "no:cacheprovider", *arguments)


def test_models_are_tests_where_they_are_asked_for(project: pytest.Pytester) -> None:
    """--gradaudit: a spec is a test; the faulty one fails with its findings and their lines, without a traceback."""
    result = run(project, "--gradaudit")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*gradaudit: bad/bad.yaml*",
            "bad/bad.yaml:1:*: error[[]*[]] *",
            "FAILED bad/bad.yaml::gradaudit*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
    result.stdout.no_fnmatch_line("*other.yaml*")


def test_without_the_option_nothing_changes(project: pytest.Pytester) -> None:
    """Installed and not asked for, the plugin collects nothing."""
    run(project).assert_outcomes(passed=1)


@pytest.mark.parametrize("paths", ["", "testpaths = tests\n"])
def test_the_ini_file_names_the_models(project: pytest.Pytester, paths: str) -> None:
    """`gradaudit_models`: these and no others, though `testpaths` does not lead there; they must be specs."""
    project.makeini(f"[pytest]\n{paths}gradaudit_models = good/*.yaml\n  other/**/*.yaml\n")

    result = run(project, "--gradaudit")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*other/other.yaml:1:1: *"])


def test_an_impossible_glob_is_a_usage_error(project: pytest.Pytester) -> None:
    """An absolute glob is one message."""
    project.makeini("[pytest]\ngradaudit_models = /etc/*\n")

    result = run(project, "--gradaudit", "good")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: gradaudit_models: '/etc/[*]': *"])


def test_the_configuration_counts(project: pytest.Pytester) -> None:
    """`[tool.gradaudit]` of the root folder goes for the tests too; a fault of it fails them with its line."""
    config = project.path / "pyproject.toml"
    config.write_text("[tool.pytest.ini_options]\n[tool.gradaudit.per-file]\nbad = {fail-on = 'never'}\n")
    run(project, "--gradaudit").assert_outcomes(passed=3)

    config.write_text("[tool.pytest.ini_options]\n[tool.gradaudit]\nsedes = 3\n")
    result = run(project, "--gradaudit")

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["pyproject.toml:3:1: 'sedes' is no key of *did you mean 'seeds'*"])


def test_the_fixture_fails_with_the_findings(project: pytest.Pytester) -> None:
    """`assert_healthy` as a fixture: the test's own line and the findings, and nothing of gradaudit's insides."""
    (project.path / "tests" / "test_it.py").write_text(
        "def test_good(assert_healthy):\n    assert_healthy('good/good.yaml')\n"
        "def test_bad(assert_healthy):\n    assert_healthy('bad/bad.yaml')\n"
    )

    result = run(project, "tests")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([">   *assert_healthy('bad/bad.yaml')", "*: error[[]*[]] *"])
    result.stdout.no_fnmatch_line("*api.py*")


def test_hostile_names_and_contents_stay_text(project: pytest.Pytester) -> None:
    """A file name with an escape, or a broken spec, fails its own test alone."""
    (project.path / "bad" / "\x1b[31m.yaml").write_text("layers: [1, \x07]\n")

    result = run(project, "--gradaudit", "bad", "-rN")

    result.assert_outcomes(failed=2)


def test_loading_it_imports_nothing() -> None:
    """In every pytest run of an environment with gradaudit, the plugin costs its own module and the package's name."""
    code = "import sys, pytest; old = {*sys.modules}; import gradaudit.pytest_plugin; print({*sys.modules} - old)"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert eval(run.stdout) == {"gradaudit", "gradaudit.pytest_plugin"}  # noqa: S307
