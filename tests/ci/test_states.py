"""`gradaudit check` as the Action runs it: what of the step's environment it sees."""

from __future__ import annotations

from pathlib import Path

from gradaudit.ci.states import environment


def test_both_states_share_a_cache_outside_of_the_checkout() -> None:
    """What was measured of a commit is known again when it is the base; a place that somebody keeps is taken."""
    ours = environment({"RUNNER_TEMP": "/runner"}, unsafe_load=False)
    theirs = environment({"RUNNER_TEMP": "/runner", "GRADAUDIT_CACHE_DIR": "/kept"}, unsafe_load=False)

    assert ours["GRADAUDIT_CACHE_DIR"] == str(Path("/runner") / "gradaudit-cache")
    assert theirs["GRADAUDIT_CACHE_DIR"] == "/kept"
    assert "GRADAUDIT_CACHE_DIR" not in environment({}, unsafe_load=False)


def test_no_token_reaches_an_audit() -> None:
    """Nor a file that the runner reads: an audit may import code of a pull request."""
    secret = {"GITHUB_TOKEN": "t", "ACTIONS_RUNTIME_TOKEN": "t", "INPUT_TOKEN": "t", "GITHUB_OUTPUT": "/o"}

    assert not secret.keys() & environment(secret, unsafe_load=False).keys()
