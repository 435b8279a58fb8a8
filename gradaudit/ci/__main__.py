"""`python -m gradaudit.ci audit` and `python -m gradaudit.ci comment`: the action's two steps."""

from __future__ import annotations

import os
import sys

from gradaudit.ci.runner import say


def main(arguments: list[str]) -> int:
    """Run the step of that name; what it is to do stands in the environment."""
    from gradaudit.errors import GradauditError

    if arguments == ["audit"]:
        from gradaudit.ci.audit import audit_step

        return audit_step(os.environ)
    if arguments == ["comment"]:
        from gradaudit.ci.api import Api
        from gradaudit.ci.comment import comment_step
        from gradaudit.ci.event import load_event

        api = Api(os.environ.get("GITHUB_API_URL", "https://api.github.com"), os.environ.get("GITHUB_TOKEN", ""))
        try:
            comment_step(os.environ, load_event(os.environ), api)
        except GradauditError as error:
            say("notice", f"no comment: {error}")
        return 0
    print("usage: python -m gradaudit.ci audit|comment", file=sys.stderr)  # noqa: T201 - a person typed something else
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
