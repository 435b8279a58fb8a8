"""The audit's settings, kept apart by where they were said: the command line is above a spec, all else below it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from gradaudit.cli.config import Config, load_config
from gradaudit.spec import AuditOptions, Named

_KEYS = ("seeds", "seed", "effort", "select", "ignore", "fail_on")


@dataclass(frozen=True, slots=True)
class Settings:
    """What goes for every model of one call."""

    options: AuditOptions = AuditOptions()
    """Of the command line."""
    defaults: AuditOptions = AuditOptions()
    """Of the environment, and below that of the configuration file."""
    data: Named | None = None
    """For models that name no data."""
    needs: frozenset[str] = frozenset()
    """The probes that the formats draw from."""
    verbose: bool = False

    def fail_on(self, spec: AuditOptions) -> str:
        """The least severity that counts for the exit status of one model."""
        return self.options.fail_on or spec.fail_on or self.defaults.fail_on or "error"


def read_config(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> Config:
    """Callback of the eager `--config`: what the file says of printing becomes the defaults of those options."""
    if ctx.resilient_parsing:
        return Config()
    config = load_config(value, Path.cwd())
    ctx.default_map = dict(config.printing)
    return config


def settings_of(ctx: click.Context, needs: frozenset[str]) -> Settings:
    """The settings from the parsed parameters, each in the place of its source."""
    environment = _from(ctx, ParameterSource.ENVIRONMENT)
    return Settings(
        options=AuditOptions(**_from(ctx, ParameterSource.COMMANDLINE)),
        defaults=replace(ctx.params["config"].audit, **environment),
        data=ctx.params["data"],
        needs=needs,
        verbose=ctx.params["verbose"],
    )


def _from(ctx: click.Context, source: ParameterSource) -> dict[str, Any]:
    return {key: ctx.params[key] for key in _KEYS if ctx.get_parameter_source(key) is source}


def parse_data(_ctx: click.Context, parameter: click.Parameter, value: str | None) -> Named | None:
    """`FILE[:TARGET]` as a spec's data section, by the file's suffix. Raises BadParameter for what is no CSV or npz."""
    if value is None:
        return None
    path, target = _split_target(value)
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in {"csv", "npz"}:
        raise click.BadParameter(f"'{path}': the data must be a .csv or an .npz file", param=parameter)
    if kind == "npz" and target:
        raise click.BadParameter(f"'{value}': an npz file holds X and y, it takes no target", param=parameter)
    return _checked_data({"name": kind, "path": path} | ({"target": target} if target else {}))


def _split_target(value: str) -> tuple[str, str]:
    """The last colon parts file and target, unless the whole is a file or the colon a drive's."""
    path, colon, target = value.rpartition(":")
    if not colon or len(path) == 1 or Path(value).is_file():
        return value, ""
    return path, target


def _checked_data(section: dict[str, str]) -> Named:
    from gradaudit.inputs import from_document

    return from_document({"layers": [1, 1], "data": section}, "--data").data
