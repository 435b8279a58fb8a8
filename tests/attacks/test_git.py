"""Code in a repository's settings, or in plain files that git takes for a repository, is never run."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from gradaudit.cli import main
from gradaudit.cli.git.place import GitError
from gradaudit.cli.git.repository import Repository, find_repository
from gradaudit.cli.git.tree import export
from tests.ci.stand_in import HEALTHY, Runner, made
from tests.ci.stand_in import Repository as Made

PROGRAMS = (
    "alias.rev-parse alias.cat-file alias.diff-tree alias.ls-tree alias.fetch core.alternateRefsCommand core.askPass "
    "core.editor core.fsmonitor core.gitProxy core.pager core.sshCommand credential.helper diff.external "
    "credential.https://example.org.helper diff.evil.command diff.evil.textconv diff.guitool difftool.evil.cmd "
    "filter.evil.clean filter.evil.process filter.evil.smudge gpg.program gpg.ssh.defaultKeyCommand gpg.ssh.program "
    "gpg.x509.program help.browser hook.evil.command instaweb.browser interactive.diffFilter man.evil.cmd "
    "merge.evil.driver mergetool.evil.cmd pack.packObjectsHook pager.cat-file pager.diff-tree pager.fetch "
    "pager.ls-tree receive.procReceiveRefs remote.origin.receivepack remote.origin.uploadpack remote.origin.vcs "
    "sendemail.tocmd sequence.editor ssh.variant submodule.evil.update trailer.evil.cmd trailer.evil.command "
    "uploadpack.packObjectsHook web.browser"
)
"""Every setting in git's manual (git help config) that names a program, or makes one be run."""


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """What appears where a command is run."""
    return tmp_path / "ran"


@pytest.fixture
def repository(tmp_path: Path) -> Made:
    """An empty repository."""
    return made(tmp_path / "work space")


def touching(ran: Path) -> str:
    """A shell's command."""
    return f"touch {shlex.quote(str(ran))};"


def bare(ran: Path, kind: str) -> Mapping[str, str]:
    """The plain files that git takes for a bare repository, with a command in its settings."""
    settings = {
        "fsmonitor": f'[core]\n\tbare = false\n\tworktree = .\n\tfsmonitor = "{touching(ran)}"\n',
        "lazy fetch": (
            "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n"
            f'[remote "origin"]\n\turl = .\n\tpromisor = true\n\tuploadpack = "{touching(ran)}"\n'
        ),
    }
    return {
        "models/HEAD": "ref: refs/heads/main\n",
        "models/objects/keep": "",
        "models/refs/heads/.keep": "",
        "models/config": settings[kind],
        "models/model.yaml": HEALTHY,
    }


@pytest.mark.parametrize("kind", ["fsmonitor", "lazy fetch"])
@pytest.mark.parametrize("revision", ["HEAD", "1" * 40])
def test_a_folder_that_looks_like_a_repository_is_a_folder(
    repository: Made, ran: Path, kind: str, revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`gradaudit diff` in it speaks of the repository around it."""
    repository.commit({**bare(ran, kind)})
    monkeypatch.chdir(repository.folder / "models")

    status = main(("diff", revision, "--", "model.yaml"))

    assert not ran.exists()
    assert status == (0 if revision == "HEAD" else 2)
    assert find_repository(Path.cwd()).prefix == "models/"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fsmonitor", "lazy fetch"])
@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_the_action_in_such_a_folder(tmp_path: Path, repository: Made, ran: Path, kind: str, event: str) -> None:
    """With `working-directory`, where the person wanted a folder of models and a pull request made it a repository."""
    base = repository.commit({"models/model.yaml": HEALTHY})
    repository.commit({**bare(ran, kind), "models/model.yaml": HEALTHY + "# changed\n"})

    done = Runner(tmp_path, repository).audit((event, repository.pull_request(base)), working_directory="models")

    assert not ran.exists()
    assert done.status == 0, done.log
    assert done.outputs["json"], "the changed model was found by the repository around"


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_working_directory_that_is_a_link_out_of_the_workspace(tmp_path: Path, repository: Made) -> None:
    """A pull request may put a link in the place of the folder that the workflow names."""
    (tmp_path / "outside").mkdir()
    (repository.folder / "models").symlink_to(tmp_path / "outside")

    done = Runner(tmp_path, repository).audit(("push", {}), working_directory="models")

    assert done.status == 2, done.log
    assert "working-directory: 'models' is a link, or below one, that leads out of the workspace" in done.log


def hostile(repository: Made, ran: Path) -> Repository:
    """The repository with a command in all its settings and hooks, seen from its top."""
    command = touching(ran)
    with (repository.folder / ".git" / "config").open("a") as settings:
        for key in PROGRAMS.split():
            section, _, name = key.rpartition(".")
            kind, dot, inner = section.partition(".")
            settings.write(f'[{kind} "{inner}"]\n' if dot else f"[{kind}]\n")
            settings.write(f'\t{name} = "{"!" if kind == "alias" else ""}{command}"\n')
    for name in ("post-index-change", "reference-transaction", "post-checkout", "proc-receive", "fsmonitor-watchman"):
        hook = repository.folder / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\n{command}\n")
        hook.chmod(0o755)
    info = repository.folder / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
    return find_repository(repository.folder)


def test_no_setting_of_a_repository_is_obeyed(repository: Made, ran: Path, tmp_path: Path) -> None:
    """Whatever is asked, with commands in every setting that names a program, and in hooks and attributes."""
    base = repository.commit({"a.yaml": "before\n" * 9, ".gitattributes": "* filter=evil diff=evil\n"})
    repository.rename("a.yaml", "b.yaml")
    repository.commit({"b.yaml": "before\n" * 8 + "after\n"})
    (tree := tmp_path / "tree").mkdir()

    git = hostile(repository, ran)

    assert git.commit_of("HEAD~1") == git.merge_base(base) == git.parents()[0] == base
    assert [change.old for change in git.changes(base)] == ["a.yaml"]
    assert not git.has("1" * 40)
    assert not git.fetch("1" * 40)
    export(git, base, tree, with_untracked=True)
    assert (tree / "a.yaml").read_text() == "before\n" * 9
    assert not ran.exists()


def test_a_fetch_takes_the_origin_s_address_alone(repository: Made, ran: Path, tmp_path: Path) -> None:
    """A commit that is not at hand comes from the origin; neither its settings nor the clone's run anything."""
    base = repository.commit({"a.yaml": "before"})
    repository.commit({"a.yaml": "after"})
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clone = Made(tmp_path / "clone")
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(clone.folder))
    hostile(repository, ran)
    shallow = (clone.folder / ".git" / "shallow").read_text()

    git = hostile(clone, ran)

    assert not git.has(base)
    assert git.fetch(base)
    assert [change.path for change in git.changes(base)] == ["a.yaml"]
    assert not ran.exists()
    assert (clone.folder / ".git" / "shallow").read_text() == shallow


@pytest.mark.parametrize("url", ["ext::sh -c {command}", "--upload-pack={command}", "ssh://-oProxyCommand={command}/x"])
def test_an_address_that_is_a_command_is_not_called(repository: Made, ran: Path, url: str) -> None:
    """Git's remote helpers run what an address says: only files and the web are allowed."""
    repository.commit({"a": "a"})
    repository.git("config", "remote.origin.url", url.format(command=touching(ran).replace(" ", "% ")))
    repository.git("config", "protocol.allow", "always")

    assert not find_repository(repository.folder).fetch("1" * 40)
    assert not ran.exists()


def test_git_sees_no_token_and_no_settings_of_ours(
    repository: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for git writes down its environment."""
    seen = tmp_path / "seen"
    (tmp_path / "bin").mkdir()
    spy = tmp_path / "bin" / "git"
    spy.write_text(f'#!/bin/sh\nenv >> {shlex.quote(str(seen))}\nexec {shlex.quote(str(shutil.which("git")))} "$@"\n')
    spy.chmod(0o755)
    repository.commit({"a": "a"})
    monkeypatch.setenv("PATH", f"{spy.parent}{os.pathsep}{os.environ['PATH']}")
    for name in ("GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "AWS_SECRET_ACCESS_KEY", "INPUT_TOKEN", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "a-secret")
    for name in ("GIT_DIR", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "HOME"):
        monkeypatch.setenv(name, "elsewhere")

    find_repository(repository.folder).commit_of("HEAD")

    assert "a-secret" not in seen.read_text()
    assert "elsewhere" not in seen.read_text()
    assert "GIT_NO_LAZY_FETCH=1" in seen.read_text()


def test_a_missing_blob_is_one_message(
    repository: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a partial clone, whose origin is asked for nothing."""
    repository.commit({"model.yaml": HEALTHY})
    repository.commit({"model.yaml": HEALTHY + "\n"})
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = Made(tmp_path / "clone")
    repository.git("clone", "--quiet", "--filter=blob:none", f"file://{repository.folder}", str(clone.folder))
    monkeypatch.chdir(clone.folder)

    status = main(("diff", "HEAD~1"))

    assert status == 2
    says = "model.yaml: git does not have its content; in a partial clone, fetch it first: "
    assert capsys.readouterr().err.splitlines() == [f"{says}git fetch --refetch --no-filter"]


def test_a_broken_repository_is_one_message(repository: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that are none, and a head."""
    repository.commit({"a": "a"})
    monkeypatch.chdir(repository.folder)
    settings = repository.folder / ".git" / "config"
    settings.write_text("[[")
    with pytest.raises(GitError, match="git config: bad config line 1"):
        find_repository(repository.folder)
    settings.unlink()
    (repository.folder / ".git" / "HEAD").write_bytes(b"\xff" * 99)

    with pytest.raises(GitError, match="is no commit of this repository"):
        find_repository(repository.folder).commit_of("HEAD")


def test_further_working_trees_and_submodules(repository: Made, tmp_path: Path) -> None:
    """Their `.git` is a file that names the repository."""
    base = repository.commit({"a": "a"})
    repository.git("worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "tree"))
    tree = Made(tmp_path / "tree")
    (tree.folder / "sub").mkdir()
    head = tree.commit({"b": "b"})

    git = find_repository(tree.folder / "sub")

    assert (git.top, git.prefix) == (tree.folder, "sub/")
    assert git.commit_of("HEAD") == git.commit_of("topic") == head
    assert git.commit_of("main") == base
