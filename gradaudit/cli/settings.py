"""The audit's settings, kept apart by where they were said: the command line is above a spec, all else below it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import environ
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from gradaudit.cli.baseline import Baseline
from gradaudit.cli.cache import Question, Store, usual_store
from gradaudit.cli.config import Config
from gradaudit.cli.streams import tell
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.errors import InputError
from gradaudit.files.workspace import is_ci

if TYPE_CHECKING:
    from gradaudit.domain.spec import Named

_KEYS = ("seeds", "seed", "effort", "select", "ignore", "fail_on")


@dataclass(frozen=True, slots=True)
class CommandSettings:
    """What goes for every model of one call."""

    options: AuditOptions = AuditOptions()
    """Of the command line."""
    environment: AuditOptions = AuditOptions()
    config: Config = Config()
    """Below the environment."""
    data: Named | None = None
    """For models that name no data."""
    needs: frozenset[str] = frozenset()
    """The probes that the formats draw from."""
    verbose: bool = False
    unsafe_load: bool = False
    """Whether files that cannot be read inertly may run their code."""
    baseline: Baseline | None = None
    """What need not count."""
    cache: Store | None = None
    """Where results are kept, and looked for; None for nowhere."""

    def defaults(self, source: str) -> AuditOptions:
        """What goes below a spec's own word: the environment, and below that the configuration file."""
        said = {key: value for key in _KEYS if (value := getattr(self.environment, key)) not in (None, ())}
        return replace(self.config.for_source(source), **said)

    def question(self, source: str, stdin: bytes | None) -> Question:
        """The audit of the source as the cache knows it: all that decides what is measured and found."""
        said = (replace(each, fail_on=None) for each in (self.options, self.defaults(source)))
        return Question(source, stdin, (*map(repr, said), repr(self.data), *sorted(self.needs)))

    def fail_on(self, source: str, spec: AuditOptions) -> str:
        """The least severity that counts for the exit status of one model of the source."""
        return self.options.fail_on or spec.fail_on or self.defaults(source).fail_on or "error"


def settings_of(ctx: click.Context, config: Config, needs: frozenset[str]) -> CommandSettings:
    """The settings from the parsed parameters, each in the place of its source."""
    return CommandSettings(
        options=AuditOptions(**_from(ctx, ParameterSource.COMMANDLINE)),
        environment=AuditOptions(**_from(ctx, ParameterSource.ENVIRONMENT)),
        config=config,
        data=ctx.params["data"],
        needs=needs,
        verbose=ctx.params["verbose"],
        unsafe_load=ctx.params["unsafe_load"],
        cache=None if ctx.params["no_cache"] else usual_store(config.folder, environ),
    )


def _from(ctx: click.Context, source: ParameterSource) -> dict[str, Any]:
    return {key: ctx.params[key] for key in _KEYS if ctx.get_parameter_source(key) is source}


def parse_data(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Named | None:
    """`FILE[:TARGET]` as a spec's data section. Raises InputError for what is neither CSV nor npz."""
    if value is None:
        return None
    from gradaudit.datasets import named_file

    return named_file(value)


def parse_unsafe_load(ctx: click.Context, parameter: click.Parameter, value: bool) -> bool:
    """Says what the flag means where it is set; raises InputError in CI, unless its environment asks for it too."""
    if not value:
        return False
    variable = f"{ctx.auto_envvar_prefix}_UNSAFE_LOAD"  # what click reads for the flag
    if is_ci(environ) and not environ.get(variable):
        raise InputError(
            f"--unsafe-load is refused in CI, where a pull request may bring the file; {variable}=1 allows it"
        )
    tell("--unsafe-load: a file that cannot be read inertly is loaded, which runs whatever code is in it")
    return True
