from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradaudit.editing.text_diff import diff

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


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names")
@pytest.mark.parametrize("name", ["a\nb.yaml", 'a\t"b" \\ c.yaml', "\x1b[31m\u202e.yaml", "\udcff.yaml", 'a "b".yaml'])
def test_git_applies_the_diff_of_a_file_of_any_name(tmp_path, name):
    """The header is two lines whatever the name holds."""
    (tmp_path / name).write_text("a\n")
    patch = diff("a\n", "b\n", name)
    assert patch.count("\n") == 5
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    assert (tmp_path / name).read_text() == "b\n"
