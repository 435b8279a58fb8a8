"""`python -m gradaudit.ci audit` and `python -m gradaudit.ci comment`: the action's two steps."""

from __future__ import annotations

import os
import sys

from gradaudit.ci.runner import say
from gradaudit.cli.faults import error_text, fault_lines
from gradaudit.cli.status import Status
from gradaudit.cli.streams import tell, use_utf8


def main(arguments: list[str]) -> int:
    """Run the step of that name; what it is to do stands in the environment."""
    use_utf8()
    try:
        return _step(arguments)
    except Exception as error:  # noqa: BLE001 - the last place that can turn a fault into a message
        tell(*fault_lines(error, verbose=os.environ.get("RUNNER_DEBUG") == "1"))
        is_publishing = arguments == ["comment"]  # which is no reason to stop anybody's work
        say("notice" if is_publishing else "error", f"internal error: {error_text(error)}")
        return Status.CLEAN if is_publishing else Status.FAULT


def _step(arguments: list[str]) -> int:
    from gradaudit.errors import GradauditError

    if arguments == ["audit"]:
        from gradaudit.ci.audit import audit_step

        return audit_step(os.environ)
    if arguments == ["comment"]:
        from gradaudit.ci.comment import comment_step
        from gradaudit.ci.event import load_event
        from gradaudit.ci.github_api import Api

        api = Api(os.environ.get("GITHUB_API_URL", "https://api.github.com"), os.environ.get("GITHUB_TOKEN", ""))
        try:
            comment_step(os.environ, load_event(os.environ), api)
        except GradauditError as error:
            say("notice", f"no comment: {error}")
        return 0
    tell("usage: python -m gradaudit.ci audit|comment")
    return Status.NOT_AUDITED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
