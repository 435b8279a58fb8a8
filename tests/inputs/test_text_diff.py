from __future__ import annotations

import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from gradaudit.inputs.text_diff import diff, touched_lines

TEXTS = st.lists(st.sampled_from(["a", "b", "", "c\r", "d\x0cd", "e\u2028"]), max_size=6).map("\n".join)


def test_a_diff_looks_like_gits():
    """Names, hunk, and the marker where there is no line break at the end."""
    assert diff("a\nb", "a\nc\n", "m.yaml") == (
        "--- a/m.yaml\n+++ b/m.yaml\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
    )
    assert diff("a\n", "a\n", "m.yaml") == ""


@settings(deadline=None, max_examples=25)
@given(TEXTS, TEXTS)
def test_git_applies_every_diff(tmp_path_factory, old, new):
    """The patch turns the old file into the new one, byte for byte."""
    folder = tmp_path_factory.mktemp("diff")
    (folder / "m").write_bytes(old.encode())
    if patch := diff(old, new, "m"):
        if not old or not new:
            return  # git tells an empty file from an absent one by a header of its own
        subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=folder, input=patch.encode(), check=True)
    assert (folder / "m").read_bytes() == new.encode()


def test_touched_lines_are_those_of_the_old_text():
    """Changed and removed lines by their own numbers, an insertion by the line above it."""
    assert touched_lines("a\nb\nc\n", "a\nx\nc\n") == {2}
    assert touched_lines("a\nb\nc\n", "a\nc\n") == {2}
    assert touched_lines("a\nb\nc\n", "a\nb\nx\nc\n") == {2}
    assert touched_lines("a\n", "a\n") == frozenset()
