"""`pytest --gradaudit`: each model file is a test, which fails with what `gradaudit check` says of it.

This module is imported in every pytest run of an environment that has gradaudit: it imports nothing until it is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradaudit.cli.source import SourceOutcome


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option, and the line of the ini file."""
    parser.getgroup("gradaudit").addoption(
        "--gradaudit", action="store_true", help="Audit each model file as a test, as `gradaudit check` does."
    )
    parser.addini(
        "gradaudit_models",
        "The model files of --gradaudit, as globs from the root folder; without it YAML and JSON files that are specs.",
        type="args",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Where `testpaths` decides what is collected, the models that the ini file names are collected too.

    Raises UsageError for globs that are none.
    """
    if config.getoption("gradaudit"):
        named = sorted(map(str, _named_models(config)))
        config.args += named if config.args_source is pytest.Config.ArgsSource.TESTPATHS else []


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A model file, where models are asked for."""
    config = parent.config
    if not config.getoption("gradaudit") or not _is_model(file_path, config):
        return None
    collected: pytest.Collector = ModelFile.from_parent(parent, path=file_path)
    return collected


def _is_model(path: Path, config: pytest.Config) -> bool:
    """One that the ini file names, or where it names none a YAML or JSON file whose content is a spec's."""
    if config.getini("gradaudit_models"):
        return path in _named_models(config)
    if path.suffix.lower() not in (".yaml", ".yml", ".json"):
        return False
    from gradaudit.inputs.discovery import is_spec

    return is_spec(str(path))


_models = pytest.StashKey[frozenset[Path]]()


def _named_models(config: pytest.Config) -> frozenset[Path]:
    """What the globs of the ini file match."""
    if _models not in config.stash:
        globs: list[str] = config.getini("gradaudit_models")
        matches = (path for pattern in globs for path in _matches(config.rootpath, pattern))
        config.stash[_models] = frozenset(path for path in matches if path.is_file())
    return config.stash[_models]


def _matches(root: Path, pattern: str) -> Iterable[Path]:
    try:
        return list(root.glob(pattern))
    except (NotImplementedError, ValueError) as error:
        raise pytest.UsageError(f"gradaudit_models: '{pattern}': {error}") from None


class ModelFile(pytest.File):
    """A file with a model, or with several."""

    def collect(self) -> Iterable[pytest.Item]:
        """One test a file: what is said of a file stands together."""
        yield ModelItem.from_parent(self, name="gradaudit")


class UnhealthyError(AssertionError):
    """What the audit says, as the test's failure."""


class ModelItem(pytest.Item):
    """The audit of one file."""

    def runtest(self) -> None:
        """Audit as `gradaudit check FILE` would in the root folder. Raises UnhealthyError with the findings as text."""
        from gradaudit.cli.cache import usual_store
        from gradaudit.cli.config import load_config
        from gradaudit.cli.settings import CommandSettings
        from gradaudit.cli.source import audit_source
        from gradaudit.cli.status import Status
        from gradaudit.errors import GradauditError

        try:
            config = load_config(None, self.config.rootpath)
            cache = usual_store(config.folder if config.file else self.config.rootpath, os.environ)
            settings = CommandSettings(config=config, verbose=True, cache=cache)
        except GradauditError as error:
            raise UnhealthyError(str(error)) from None
        outcome = audit_source(os.path.relpath(self.path), settings)
        if outcome.failures or outcome.status is not Status.CLEAN:
            raise UnhealthyError(_text(outcome))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        """The findings alone: where in gradaudit they were raised is nobody's concern."""
        return str(excinfo.value) if isinstance(excinfo.value, UnhealthyError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The heading of a failure."""
        return self.path, None, f"gradaudit: {os.path.relpath(self.path)}"


def _text(outcome: SourceOutcome) -> str:
    """What `check` prints of it, on both streams."""
    from gradaudit.cli.excerpts import source_lines
    from gradaudit.cli.source import failure_text
    from gradaudit.domain.report import Report
    from gradaudit.formats.text import TextFormat
    from gradaudit.text.printable import inert, printable_line

    said = [inert(printable_line(line)) for line in (*map(failure_text, outcome.failures), *outcome.traces)]
    if outcome.reports:
        report = Report(tuple(outcome.reports))
        said.append(TextFormat(lines=source_lines(report, {})).render(report).decode())
    return "\n".join(said).rstrip()


@pytest.fixture(scope="session")
def assert_healthy() -> Callable[..., None]:
    """`gradaudit.assert_healthy`: fails a test with the findings of a model, an estimator, a module, a spec."""
    import gradaudit

    return gradaudit.assert_healthy
