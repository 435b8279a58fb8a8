"""The one comment in a pull request's conversation: made where there is something to say, and kept up to date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradaudit.ci.event import Event
from gradaudit.ci.github_api import Api, ApiError
from gradaudit.ci.runner import say
from gradaudit.errors import short_reason

_DEFAULT_NAME = "gradaudit-report"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Comment:
    """What is to stand there."""

    body: str
    marker: str
    """The first line, which nobody sees: by it the comment is found again."""
    is_news: bool = True
    """Worth a new comment; what is not only brings an old one up to date."""


def marker(artifact_name: str) -> str:
    """One comment for each job that keeps its reports under a name of its own."""
    plain = re.sub(r"[^\w.]+", "-", artifact_name).strip("-")
    return "<!-- gradaudit -->" if plain in ("", _DEFAULT_NAME) else f"<!-- gradaudit {plain} -->"


def compose(environment: Mapping[str, str]) -> Comment | None:
    """The comment that the audit step has prepared, with the way to the reports; None where it prepared none."""
    file = environment.get("INPUT_COMMENT_FILE", "")
    if not file:
        return None
    text = Path(file).read_text(encoding="utf-8")
    first = marker(environment.get("INPUT_ARTIFACT_NAME", ""))
    return Comment(f"{first}\n{text.rstrip()}{_links(environment)}", first, environment.get("INPUT_IS_NEWS") == "true")


def _links(environment: Mapping[str, str]) -> str:
    """The last line."""
    server, repository, run = (environment.get(f"GITHUB_{key}", "") for key in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    artifact = environment.get("INPUT_ARTIFACT_URL", "")
    ways = [f"[the reports]({artifact})"] if artifact.startswith("https://") else []
    ways += [f"[the run]({server}/{repository}/actions/runs/{run})"] if server and run.isdigit() else []
    return f"\n\n{' · '.join(ways)}\n" if ways else ""


def publish(comment: Comment, event: Event, repository: str, api: Api) -> str:
    """Make or update the comment; what became of it, in a word. Raises ApiError."""
    if not _REPOSITORY.fullmatch(repository):
        raise ApiError(400, f"'{repository}' is no repository")
    done = []

    def attempt() -> None:
        # Looking again on every attempt: a call that got no answer may have been heard.
        done.append(_put(comment, f"/repos/{repository}/issues", event.number, api))

    api.retried(attempt)
    return done[-1]


def _put(comment: Comment, issues: str, number: int | None, api: Api) -> str:
    old = _find(comment.marker, api.pages(f"{issues}/{number}/comments?per_page=100"))
    if old is not None:
        api.send("PATCH", f"{issues}/comments/{old}", {"body": comment.body})
        return "updated"
    if not comment.is_news:
        return "not needed"
    api.send("POST", f"{issues}/{number}/comments", {"body": comment.body})
    return "created"


def _find(first: str, comments: Iterable[Any]) -> int | None:
    """The number of our comment: a program wrote it, and the marker begins it, which people may quote too."""
    for each in comments:
        if not isinstance(each, dict) or not isinstance(each.get("id"), int):
            continue
        user = each.get("user")
        is_program = isinstance(user, dict) and user.get("type") == "Bot"
        if is_program and str(each.get("body", "")).splitlines()[:1] == [first]:
            return int(each["id"])
    return None


def comment_step(environment: Mapping[str, str], event: Event, api: Api) -> None:
    """Comment where that is possible; where it is not, say so, and never fail for it."""
    if event.number is None:
        return say("notice", "no comment: this run is not of a pull request")
    if event.is_fork:
        return say("notice", "no comment: a pull request from a fork may not write one; the job's summary has it")
    if not api.token:
        return say("notice", "no comment: there is no token")
    try:
        comment = compose(environment)
        if comment is not None:
            publish(comment, event, environment.get("GITHUB_REPOSITORY", ""), api)
    except ApiError as error:
        hint = "; the job needs `permissions: pull-requests: write`" if error.status in (401, 403, 404) else ""
        say("notice", f"no comment: GitHub answered {error}{hint}" if error.status else f"no comment: {error}")
    except OSError as error:
        say("notice", f"no comment: {short_reason(error)}")
    return None
