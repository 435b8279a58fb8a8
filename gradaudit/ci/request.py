"""What the workflow asks for: the action's inputs, which arrive in the environment as INPUT_…."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gradaudit.domain.audit_options import FAIL_ON
from gradaudit.errors import InputError
from gradaudit.formats import SUFFIXES

_UNSAFE = "--unsafe-load"


@dataclass(frozen=True, slots=True)
class Request:
    """The inputs of the audit, checked."""

    paths: tuple[str, ...]
    fail_on: str = "error"
    reports: tuple[str, ...] = ()
    """Endings of files, without the dot."""
    arguments: tuple[str, ...] = ()
    """Further arguments of `gradaudit check`, as they are."""
    baseline: str = ""
    changed_only: bool = True
    unsafe_load: bool = False
    working_directory: str = "."


def load_request(environment: Mapping[str, str]) -> Request:
    """The inputs; an absent one has its default. Raises InputError for what makes no sense."""

    def given(name: str, default: str) -> str:
        return environment.get(f"INPUT_{name}", default)

    request = Request(
        paths=_lines(given("PATHS", ".")),
        fail_on=_chosen("fail-on", given("FAIL_ON", "error"), FAIL_ON),
        reports=_reports(given("REPORT", "html,pdf")),
        arguments=_lines(given("ARGS", "")),
        baseline=given("BASELINE", "").strip(),
        changed_only=_flag("changed-only", given("CHANGED_ONLY", "true")),
        unsafe_load=_flag("unsafe-load", given("UNSAFE_LOAD", "false")),
        working_directory=given("WORKING_DIRECTORY", "").strip() or ".",
    )
    if not request.paths:
        raise InputError("paths is empty: name a file, a folder or a glob, one a line")
    _refuse(request)
    return request


def _refuse(request: Request) -> None:
    """Arguments that would undo what the action promises."""
    if "--" in request.arguments:
        raise InputError("args: `--` cannot be given; name what to audit under paths")
    if any(each.split("=")[0] == _UNSAFE for each in request.arguments) and not request.unsafe_load:
        raise InputError(
            f"args: {_UNSAFE} runs whatever code is in a model file, and a pull request may bring one; the input "
            "`unsafe-load: true` allows it"
        )


def _lines(text: str) -> tuple[str, ...]:
    """One entry a line; blanks inside a line belong to it."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _chosen(name: str, value: str, known: Collection[str]) -> str:
    if value.strip() not in known:
        raise InputError(f"{name}: '{value.strip()}' cannot be chosen; one of {', '.join(known)}")
    return value.strip()


def _flag(name: str, value: str) -> bool:
    return _chosen(name, value.strip().lower(), ("true", "false")) == "true"


def _reports(text: str) -> tuple[str, ...]:
    known = tuple(suffix.removeprefix(".") for suffix in SUFFIXES)
    return tuple(dict.fromkeys(_chosen("report", name, known) for name in text.replace(",", " ").split()))
