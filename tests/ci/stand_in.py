"""A stand-in for GitHub's runner: it runs the steps of action.yml in bash, on a repository made on the spot."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
EXPRESSION = re.compile(r"\$\{\{ (inputs|steps|github)\.([\w.-]+) \}\}")
HEALTHY = """layers: [4, 6, 2]
activation: tanh
init: xavier_normal
loss: cross_entropy
optimizer: {name: sgd, learning_rate: 0.1}
data: {name: blobs, samples: 24}
audit: {effort: quick, seeds: 2, samples: 24, select: [symmetric-units]}
"""
HARMFUL = HEALTHY.replace("xavier_normal", "zeros")
NOBODY = "0" * 40


@dataclass(frozen=True)
class Repository:
    """A git repository, and the events that GitHub would tell of it."""

    folder: Path

    def git(self, *arguments: str) -> str:
        """What git prints."""
        done = subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, files: dict[str, str | None]) -> str:
        """Write these files (None deletes one), commit everything and return the commit."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if text is None else path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.git("rev-parse", "HEAD")

    def rename(self, old: str, new: str) -> None:
        """Move a file."""
        (self.folder / new).parent.mkdir(parents=True, exist_ok=True)
        self.git("mv", old, new)

    def pull_request(self, base: str, *, fork: bool = False) -> dict[str, Any]:
        """A pull request of what is checked out, in the shape of GitHub's payload."""
        owner = "stranger" if fork else "owner"
        head = {"ref": "$(touch x)`touch x`", "sha": self.git("rev-parse", "HEAD"), "repo": repo(owner)}
        there = {"ref": "main", "sha": base, "repo": repo("owner")}
        request = {"number": 7, "state": "open", "title": "::error::no", "base": there, "head": head}
        return {"action": "synchronize", "number": 7, "pull_request": request, "repository": repo("owner")}

    def push(self, before: str) -> dict[str, Any]:
        """A push of what is checked out."""
        after = self.git("rev-parse", "HEAD")
        known = {"created": before == NOBODY, "deleted": False, "forced": False}
        return {"ref": "refs/heads/main", "before": before, "after": after, **known, "repository": repo("owner")}


def made(folder: Path) -> Repository:
    """An empty repository in a folder that is not there yet."""
    folder.mkdir()
    repository = Repository(folder)
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.git("config", "user.name", "A person")
    repository.git("config", "user.email", "person@example.org")
    return repository


def repo(owner: str) -> dict[str, Any]:
    """A repository, as a payload has it."""
    return {"full_name": f"{owner}/models", "fork": owner != "owner", "default_branch": "main"}


@dataclass(frozen=True)
class Step:
    """What a step left behind."""

    status: int
    log: str
    outputs: dict[str, str]
    summary: str

    @property
    def annotations(self) -> list[str]:
        """The lines that the runner would obey."""
        return [line for line in self.log.splitlines() if line.lstrip().startswith("::")]


@dataclass
class Runner:
    """One job on a fresh machine."""

    folder: Path
    repository: Repository
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    """Step → its outputs."""

    def __post_init__(self) -> None:
        python = self.folder / "bin" / "python"
        python.parent.mkdir()
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        self.steps["install"] = {"bin": str(python.parent)}

    def run(self, step: str, event: tuple[str, dict[str, Any]], environment: dict[str, str], **inputs: str) -> Step:
        """Run the step with that id or name; names of inputs with `_` for `-`."""
        (found,) = (each for each in ACTION["runs"]["steps"] if step in (each.get("id"), each.get("name")))
        given = {key: value.get("default", "") for key, value in ACTION["inputs"].items()}
        given |= {key.replace("_", "-"): value for key, value in inputs.items()}
        files = {name: self.folder / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        for file in files.values():
            file.write_bytes(b"")
        payload = self.folder / "event.json"
        payload.write_text(json.dumps(event[1]))
        wanted = {key: self.expanded(value, given) for key, value in found.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]],
            cwd=self.repository.folder,
            env={
                **{key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "GRADAUDIT_"))},
                **{name: str(file) for name, file in files.items()},
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.repository.folder),
                "GITHUB_EVENT_NAME": event[0],
                "GITHUB_EVENT_PATH": str(payload),
                "GITHUB_REPOSITORY": "owner/models",
                "GITHUB_RUN_ID": "42",
                "GITHUB_SERVER_URL": "https://github.com",
                "RUNNER_TEMP": str(self.folder),
                **wanted,
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        outputs = parsed(files["GITHUB_OUTPUT"].read_text(encoding="utf-8"))
        self.steps[step] = outputs
        summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return Step(done.returncode, done.stdout.decode(), outputs, summary)

    def audit(self, event: tuple[str, dict[str, Any]], **inputs: str) -> Step:
        """The audit step, with no report that takes long."""
        return self.run("audit", event, {}, **{"report": "", **inputs})

    def comment(self, event: tuple[str, dict[str, Any]], api: str, **inputs: str) -> Step:
        """The step that comments, against an API of one's own."""
        return self.run("Comment", event, {"GITHUB_API_URL": api}, **inputs)

    def expanded(self, value: str, inputs: dict[str, str]) -> str:
        """The value of an expression; the runner puts an unknown output's emptiness there too."""

        def found(match: re.Match[str]) -> str:
            if match[1] == "inputs":
                return inputs[match[2]]
            if match[1] == "github":
                return "a-token"
            step, _, output = match[2].partition(".outputs.")
            return self.steps.get(step, {}).get(output, "")

        return EXPRESSION.sub(found, value)


def parsed(text: str) -> dict[str, str]:
    """GITHUB_OUTPUT as the runner reads it."""
    found, lines = {}, iter(text.split("\n"))
    for line in lines:
        name, sign, end = line.partition("<<")
        if sign:
            value = list(iter(lines.__next__, end))
            found[name] = "\n".join(value)
        elif "=" in line:
            key, _, value = line.partition("=")
            found[key] = value
    return found
