"""The action's steps among strangers: names, texts and code that mean harm, and inputs that make no sense."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.ci.stand_in import HARMFUL, HEALTHY, NOBODY, Repository, Runner

pytestmark = pytest.mark.slow

HOSTILE = ("$(touch ran).yaml", "`touch ran`.yaml", "::error::x.yaml", "-x.yaml", "a\nb.yaml", "ä | <b>@all.yaml")


def test_hostile_names_and_texts_stay_texts(repository: Repository, runner: Runner, tmp_path: Path) -> None:
    """Names of files and of models, and words in specs, run nothing, command nothing and address nobody."""
    name = "::error::x ##[error]y `$(touch ran)` <img src=x> @someone #1 | </details> -->"
    base = repository.commit({"README.md": "x\n"})
    repository.commit({file: f"name: {json.dumps(name)}\n{HARMFUL}" for file in HOSTILE})

    done = runner.audit(
        ("pull_request", repository.pull_request(base)), fail_on="error", artifact_name="$(touch ran)", report="html"
    )

    assert done.status == 1, done.log
    assert not list(tmp_path.rglob("ran"))
    assert len(done.outputs["json"].splitlines()) == 1
    assert all(
        line.startswith(("::error file=", "::error title=gradaudit::", "::notice title=")) for line in done.annotations
    )
    assert "##[" not in done.log
    prose = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", done.summary)
    assert "<img" not in prose
    assert "@someone" not in prose
    for file in ("$(touch ran).yaml", "-x.yaml", "::error::x.yaml"):
        assert f"`{file}`" in done.summary


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"paths": "\n"}, "paths is empty"),
        ({"fail_on": "$(touch ran)"}, "fail-on: '$(touch ran)' cannot be chosen"),
        ({"report": "html,docx"}, "report: 'docx' cannot be chosen"),
        ({"changed_only": "perhaps"}, "changed-only: 'perhaps' cannot be chosen"),
        ({"working_directory": "nowhere"}, "working-directory: there is no folder 'nowhere'"),
        ({"args": "--unsafe-load"}, "unsafe-load: true"),
        ({"args": "--seeds=2\n--"}, "`--` cannot be given"),
    ],
)
def test_an_impossible_input_is_refused(
    repository: Repository, runner: Runner, inputs: dict[str, str], words: str
) -> None:
    """An input that makes no sense is one error in one line, with the exit status of bad usage."""
    repository.commit({"net.yaml": HEALTHY})

    done = runner.audit(("push", repository.push(NOBODY)), **inputs)

    assert done.status == 2
    assert done.outputs == {"status": "2"}
    (line,) = done.annotations
    assert line.startswith("::error title=gradaudit::")
    assert words in line
    assert "Traceback" not in done.log


def test_code_does_not_run_where_secrets_are(repository: Repository, runner: Runner) -> None:
    """Under pull_request_target no code of the change is imported."""
    base = repository.commit({"net.py": "open('ran', 'w')\nmodel = {}\n"})

    done = runner.audit(("pull_request_target", repository.pull_request(base)), paths="net.py:model")

    assert done.status == 2
    assert not (repository.folder / "ran").exists()
    assert "pull_request_target" in done.annotations[0]


def test_an_audit_sees_no_token(repository: Repository, runner: Runner) -> None:
    """Imported code finds neither a token nor the runner's files in its environment."""
    spy = "import json, os\njson.dump(dict(os.environ), open('seen.json', 'w'))\n" + "model = {'layers': [4, 3]}\n"
    repository.commit({"net.py": spy})
    environment = {"GITHUB_TOKEN": "secret-1", "ACTIONS_RUNTIME_TOKEN": "secret-2"}

    runner.run("audit", ("push", repository.push(NOBODY)), environment, paths="net.py:model", report="")

    seen = json.loads((repository.folder / "seen.json").read_text())
    assert not {"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_TOKEN"} & seen.keys()
    assert "secret" not in json.dumps(seen)
    assert seen["CI"] == "true"


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be made there")
def test_a_name_that_is_no_text(repository: Repository, runner: Runner) -> None:
    """A file name that is no UTF-8 is audited and told of."""
    base = repository.commit({"README.md": "x\n"})
    Path(os.fsdecode(os.fsencode(repository.folder) + b"/n\xffet.yaml")).write_text(HARMFUL)
    repository.commit({})

    done = runner.audit(("pull_request", repository.pull_request(base)))

    assert done.status == 1, done.log
    assert "Traceback" not in done.log
