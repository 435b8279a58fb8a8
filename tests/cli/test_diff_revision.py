"""gradaudit diff of a git revision and the working tree, in repositories made on the spot."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import LEARNS

GIT = ("git", "-c", "user.name=n", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=none")


def git(*arguments: str, at: Path | None = None) -> None:
    """Run git in the working directory."""
    subprocess.run([*GIT, *arguments], cwd=at, check=True, capture_output=True)


@pytest.fixture
def repo(folder: Path) -> Path:
    """A repository whose first commit holds a model, another with data that git ignores, and something else."""
    git("init", "-q")
    (folder / "models").mkdir()
    (folder / "models/a.yaml").write_text(LEARNS)
    (folder / "models/b.yaml").write_text(f"{LEARNS}data: {{name: csv, path: d.csv, target: y}}\n")
    (folder / "models/d.csv").write_text("x,z,y\n" + "".join(f"{k % 7},{k % 5},{k % 3}\n" for k in range(40)))
    (folder / "models/notes.yaml").write_text("no: model\n")
    (folder / ".gitignore").write_text("*.csv\n")
    commit("first")
    return folder


def commit(message: str) -> None:
    """All that is there."""
    git("add", "-A")
    git("commit", "-qm", message)


def test_a_revision_is_compared_with_the_working_tree(run, repo: Path, sick) -> None:
    """What is equal with its data is not measured; what changed is, from both sides, under the same name."""
    (repo / "models/a.yaml").write_text(LEARNS.replace("tanh", "relu"))

    done = run("diff", "HEAD", "--", "models/")

    assert done.status == 1, done.err
    assert done.out.startswith("a (models/a.yaml): worse (healthy -> error)\n")
    assert "1 source equal on both sides, not measured" in done.out
    assert [call["spec"].source for call in sick.calls] == ["models/a.yaml", "models/a.yaml"]
    assert Path.cwd() == repo


def test_ignored_data_serve_both_sides(run, repo: Path, pipeline) -> None:
    """A spec's CSV that git does not track is taken from the working tree, and one that it tracks from the commit."""
    (repo / "models/b.yaml").write_text((repo / "models/b.yaml").read_text() + "# edited\n")
    rows = []
    plain = pipeline.__class__.__call__

    def look(self, spec, *others, **given):
        rows.append(Path(str(spec.data.get("path", default=""))).read_text().count("\n"))
        return plain(self, spec, *others, **given)

    pipeline.__class__.__call__, done = look, None
    try:
        done = run("diff", "HEAD", "--", "models/b.yaml")
        git("add", "-f", "models/d.csv")
        commit("track the data")
        (repo / "models/d.csv").write_text("x,z,y\n1,2,3\n")
        run("diff", "HEAD")
    finally:
        pipeline.__class__.__call__ = plain

    assert done.status == 0, done.err
    assert rows == [41, 41, 41, 2]


def test_added_and_deleted_models_are_told_as_such(run, repo: Path, sick) -> None:
    """A sick one that is added is a regression; a deleted one is none, nor one that only its file's name left."""
    (repo / "models/named.yaml").write_text(f"name: keeps\n{LEARNS}")
    commit("second")
    (repo / "models/named.yaml").rename(repo / "models/renamed.yaml")
    (repo / "models/a.yaml").unlink()
    (repo / "models/sick.yaml").write_text(LEARNS.replace("tanh", "relu") + "epochs: 9\n")

    done = run("diff", "HEAD", "--format", "json")
    states = {m["name"]: (m["state"], m["was"]) for m in json.loads(done.out)["models"]}

    assert done.status == 1
    assert states == {"sick": ("added", None), "a": ("deleted", None), "keeps": ("both", "models/named.yaml")}
    assert run("diff", "HEAD", "--", "models/a.yaml").status == 0


def test_a_path_means_the_same_in_a_folder_below(run, repo: Path, sick, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are the working directory's, absolute ones too."""
    (repo / "models/a.yaml").write_text(LEARNS.replace("tanh", "relu"))
    monkeypatch.chdir(repo / "models")

    for arguments in (
        (),
        ("--", "."),
        ("--", "a.yaml"),
        ("--", str(repo / "models/a.yaml")),
        ("--", "../models/*.yaml"),
    ):
        done = run("diff", "HEAD", *arguments)
        assert (done.status, "worse (healthy -> error)" in done.out) == (1, True), (arguments, done)


def test_user_code_is_each_side_s_own(run, repo: Path, sick) -> None:
    """An object of a file is imported from the commit, and then from the working tree, with what it imports."""
    (repo / "net.py").write_text(
        "from parts import text\ndef make():\n    return {'layers': [2, 4, 1], 'name': text}\n"
    )
    (repo / "parts.py").write_text("text = 'before'\n")
    commit("code")
    (repo / "parts.py").write_text("text = 'after'\n")

    done = run("diff", "HEAD", "--", "net.py:make")

    assert [call["spec"].name for call in sick.calls] == ["before", "after"], done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("nowhere",),
        ("HEAD:models",),
        ("HEAD", "--", "nowhere.yaml"),
        ("HEAD", "--", "../outside.yaml"),
        ("HEAD", "--", "/etc"),
        ("HEAD", "models"),
        ("nowhere.json", "models"),
        ("a", "b", "c"),
        ("HEAD", "--output=x", "--", "models"),
        ("--", "--upload-pack=touch x"),
        (),
        ("HEAD", "-o", "x.html", "--", "models"),
    ],
)
def test_what_cannot_be_compared_is_one_message(run, repo: Path, pipeline, arguments: tuple[str, ...]) -> None:
    """Status 2, no traceback, nothing measured and nothing made."""
    before = sorted(repo.rglob("*"))

    done = run("diff", *arguments)

    assert (done.status, done.out, pipeline.calls) == (2, "", []) or "not audited" in done.out
    assert done.status == 2
    assert "Traceback" not in done.err
    assert done.err.strip()
    assert sorted(repo.rglob("*")) == before


def test_the_mistake_of_leaving_the_dashes_out_is_answered(run, repo: Path) -> None:
    """With the command to type."""
    assert "write: gradaudit diff HEAD -- models\n" in run("diff", "HEAD", "models").err


def test_a_broken_base_is_named_with_its_revision(run, repo: Path, pipeline) -> None:
    """As git names a file of a revision; the rest is compared."""
    (repo / "models/a.yaml").write_text("layers: [2, 1]\nactivation: sigmod\n")
    commit("broken")
    (repo / "models/a.yaml").write_text(LEARNS)

    done = run("diff", "HEAD", "--", "models")

    assert done.status == 2
    assert done.err.startswith("HEAD:models/a.yaml:2:13: activation: 'sigmod' is no activation")
    assert "a (models/a.yaml): unread (now healthy; the other side could not be audited)" in done.out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("layer: [2, 1]\n", "models/a.yaml: is no model any more: it has no list of `layers`"),
        ("layers: [2, 1\n", "models/a.yaml:1:9: this [ is never closed"),
    ],
)
def test_a_model_that_cannot_be_read_now_is_not_called_better(run, repo: Path, pipeline, text: str, says: str) -> None:
    """Its findings are not gone, nobody looked; only what was deleted is called so."""
    (repo / "models/a.yaml").write_text(text)

    done = run("diff", "HEAD", "--", "models")

    assert done.status == 2
    assert says in done.err
    assert "a (models/a.yaml): unread (was healthy; the other side could not be audited)" in done.out
    assert "0 worse, 0 better" in done.out.replace("models ", "")


@pytest.mark.slow
def test_a_harmful_commit_is_caught_and_its_repair_praised(run, folder: Path) -> None:
    """Measured for real: a healthy model, a rate a hundred times too large, and the repair."""
    git("init", "-q")
    text = (
        "layers: [4, 16, 16, 3]\noptimizer: {name: sgd, learning_rate: 0.1}\nbatch_size: 32\nepochs: 40\ndata: iris\n"
    )
    (folder / "m.yaml").write_text(text)
    commit("healthy")
    (folder / "m.yaml").write_text(text.replace("0.1}", "100}"))
    harmful = run("diff", "HEAD", "--effort", "quick")
    commit("harmful")
    (folder / "m.yaml").write_text(f"# repaired\n{text}")
    repaired = run("diff", "HEAD", "--effort", "quick")
    cosmetic = run("diff", "HEAD~1", "--effort", "quick")

    assert (harmful.status, repaired.status, cosmetic.status) == (1, 0, 0)
    assert "m (m.yaml): worse (" in harmful.out
    assert "in 8 of 8 paired seeds" in harmful.out
    assert "m (m.yaml): better (" in repaired.out
    assert cosmetic.out == "0 models worse, 0 better, 1 neither\n"
