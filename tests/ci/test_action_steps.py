"""The action from end to end, as far as that goes without GitHub: its own steps, in bash, on real commits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ci.stand_in import HARMFUL, HEALTHY, NOBODY, Repository, Runner

PART = "⚪ only symmetric-units was checked"
"""The verdict of a healthy model whose spec selects one rule."""


@pytest.mark.slow
def test_healthy_harmful_repaired(repository: Repository, runner: Runner) -> None:
    """A team's story: what is harmful fails where it comes in, is no news afterwards, and its repair is told."""
    healthy = repository.commit({"models/net.yaml": HEALTHY, "models/other.yaml": HEALTHY, "README.md": "Models\n"})
    harmful = repository.commit({"models/net.yaml": HARMFUL})

    came = runner.audit(("pull_request", repository.pull_request(healthy)), paths="models")

    assert came.status == 1
    assert came.outputs["status"] == "1"
    assert (came.outputs["errors"], came.outputs["warnings"]) == ("1", "0")
    assert came.annotations[0].startswith(
        "::error file=models/net.yaml,line=3,col=7,title=gradaudit[symmetric-units] net::"
    )
    assert came.summary.startswith("### gradaudit: 1 new error in 1 model\n")
    assert f"Compared with `{healthy[:10]}`" in came.summary
    assert "Not changed and left out: 1 model." in came.summary
    assert f"| `models/net.yaml` | {PART} | ❌ error | `symmetric-units` (error)" in came.summary

    touched = repository.commit({"models/net.yaml": "# as bad as before\n\n" + HARMFUL})
    stayed = runner.audit(("pull_request", repository.pull_request(harmful)), paths="models")

    assert stayed.status == 0, stayed.log
    assert stayed.annotations == []
    assert stayed.summary.startswith("### gradaudit: nothing new in 1 model\n")
    assert "| `models/net.yaml` | ❌ error | ❌ error | – | `symmetric-units` (error)" in stayed.summary

    repository.commit({"models/net.yaml": HEALTHY})
    repaired = runner.audit(("pull_request", repository.pull_request(touched)), paths="models")

    assert repaired.status == 0
    assert repaired.outputs["news"] == "true"
    assert f"| `models/net.yaml` | ❌ error | {PART} | – | – | `symmetric-units` (error)" in repaired.summary


@pytest.mark.slow
def test_the_reports_are_kept(repository: Repository, runner: Runner) -> None:
    """Each report stands where its output says, whatever the status."""
    base = repository.commit({"net.yaml": HEALTHY})
    repository.commit({"net.yaml": HARMFUL})

    done = runner.audit(("pull_request", repository.pull_request(base)), report="html, xml")

    outputs = done.outputs
    folder = Path(outputs["folder"])
    assert done.status == 1
    assert {file.name for file in folder.iterdir()} == {
        *(f"report.{kind}" for kind in ("html", "json", "md", "sarif", "xml")),
        "summary.md",
    }
    assert Path(outputs["summary"]).read_text(encoding="utf-8") == done.summary
    assert json.loads(Path(outputs["json"]).read_text())["reports"][0]["model"]["source"] == "net.yaml"
    assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert outputs["fork"] == "false"


@pytest.mark.slow
def test_renamed_and_deleted_models(repository: Repository, runner: Runner) -> None:
    """A renamed model brings nothing new with it, whether it has a name or its file's; a deleted one is named."""
    named = f"name: encoder\n{HARMFUL}"
    base = repository.commit({"a.yaml": HARMFUL, "b.yaml": named, "c.yaml": HEALTHY, "data.yaml": "rows: [1, 2]\n"})
    repository.rename("a.yaml", "deep/a2.yaml")
    repository.rename("b.yaml", "deep/b2.yaml")
    repository.commit({"c.yaml": None, "data.yaml": None, "deep/a2.yaml": HARMFUL + "# moved\n"})

    done = runner.audit(("pull_request", repository.pull_request(base)))

    assert done.status == 0, done.log
    assert done.summary.startswith("### gradaudit: nothing new in 2 models\n")
    assert "Deleted: `c.yaml`." in done.summary
    assert "| `deep/a2.yaml` | ❌ error | ❌ error | – |" in done.summary
    assert "| `deep/b2.yaml` `encoder` | ❌ error | ❌ error | – |" in done.summary


@pytest.mark.slow
def test_no_model_changed(repository: Repository, runner: Runner) -> None:
    """A change of other files audits nothing, however bad the models are."""
    base = repository.commit({"net.yaml": HARMFUL})
    repository.commit({"README.md": "Better words\n"})

    done = runner.audit(("pull_request", repository.pull_request(base)))

    assert done.status == 0
    assert done.summary == "### gradaudit: no model changed\n\nNot changed and left out: 1 model.\n"
    assert done.outputs["news"] == "false"
    assert "json" not in done.outputs
    assert done.outputs["folder"] == ""


@pytest.mark.slow
def test_the_weights_of_a_model_are_a_part_of_it(repository: Repository, runner: Runner) -> None:
    """A spec whose rows changed is audited though its own text did not."""
    rows = "a,b,y\n" + "".join(f"{n % 7},{n % 5},{n % 2}\n" for n in range(40))
    spec = HEALTHY.replace("[4, 6, 2]", "[2, 6, 2]").replace(
        "{name: blobs, samples: 24}", "{name: csv, path: rows.csv}"
    )
    base = repository.commit({"net.yaml": spec, "rows.csv": rows, "other.yaml": HARMFUL})
    repository.commit({"rows.csv": rows + "3,4,1\n"})

    done = runner.audit(("pull_request", repository.pull_request(base)))

    assert "| `net.yaml` |" in done.summary
    assert "Not changed and left out: 1 model." in done.summary


@pytest.mark.slow
def test_the_first_push_of_a_branch(repository: Repository, runner: Runner) -> None:
    """Zeros stand for no commit before: everything is audited, and the step says why."""
    repository.commit({"net.yaml": HARMFUL})

    done = runner.audit(("push", repository.push(NOBODY)))

    assert done.status == 1
    assert "Everything counts, since this is the first push of the branch" in done.summary
    assert "| `net.yaml` | ❌ error | `symmetric-units` (error)" in done.summary


@pytest.mark.slow
def test_a_push_is_compared_with_what_stood_there(repository: Repository, runner: Runner) -> None:
    """A push of several commits counts as one change."""
    before = repository.commit({"net.yaml": HEALTHY, "old.yaml": HARMFUL})
    repository.commit({"net.yaml": HARMFUL})
    repository.commit({"README.md": "more\n"})

    done = runner.audit(("push", repository.push(before)))

    assert done.status == 1
    assert done.summary.startswith("### gradaudit: 1 new error in 1 model\n")


@pytest.mark.slow
def test_the_commit_before_is_not_at_hand(repository: Repository, runner: Runner) -> None:
    """In a shallow clone without it everything is audited, with the way to better that."""
    repository.commit({"net.yaml": HEALTHY})

    done = runner.audit(("pull_request", repository.pull_request("1" * 40)))

    assert done.status == 0
    assert any("fetch-depth: 2" in line for line in done.annotations)
    assert f"| `net.yaml` | {PART} | – |" in done.summary


@pytest.mark.slow
def test_a_shallow_merge_commit_fetches_its_base(repository: Repository, runner: Runner, tmp_path: Path) -> None:
    """What actions/checkout makes of a pull request: the base comes from the origin, as the merge names it."""
    base = repository.commit({"net.yaml": HEALTHY})
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit({"net.yaml": HARMFUL})
    event = repository.pull_request(base)
    repository.git("checkout", "--quiet", "main")
    repository.commit({"other.yaml": HARMFUL})
    repository.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    clone = Repository(tmp_path / "shallow")
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(clone.folder))
    runner.repository = clone

    done = runner.audit(("pull_request", event))

    assert done.status == 1
    assert done.summary.startswith("### gradaudit: 1 new error in 1 model\n")
    assert "other.yaml" not in done.summary


@pytest.mark.slow
def test_what_cannot_be_audited_fails_and_is_told(repository: Repository, runner: Runner) -> None:
    """A broken spec is annotated at its line, a path that stands for nothing is named; the other model is audited."""
    base = repository.commit({"README.md": "x\n"})
    repository.commit({"bad.yaml": "layers: [2, 3]\nactivation: sigmod\n", "net.yaml": HEALTHY})

    done = runner.audit(("pull_request", repository.pull_request(base)), paths="*.yaml\nnowhere/\n")

    assert done.status == 2
    assert any(line.startswith("::error file=bad.yaml,line=2") for line in done.annotations)
    assert "nowhere/" in done.summary
    assert f"| `net.yaml` | – | {PART} |" in done.summary


@pytest.mark.slow
def test_a_folder_inside_the_repository(repository: Repository, runner: Runner) -> None:
    """With a working directory, paths, data and settings begin there, and annotations at the repository's top."""
    settings = "[tool.gradaudit]\nseeds = 3\n"
    healthy, harmful = (text.replace("seeds: 2, ", "") for text in (HEALTHY, HARMFUL))
    base = repository.commit({"sub/deep/net.yaml": healthy, "sub/pyproject.toml": settings, "net.yaml": HARMFUL})
    repository.commit({"sub/deep/net.yaml": harmful})

    done = runner.audit(("pull_request", repository.pull_request(base)), working_directory="sub")

    assert done.status == 1
    assert [line.split(",")[0] for line in done.annotations] == ["::error file=sub/deep/net.yaml"]
    assert f"| `sub/deep/net.yaml` | {PART} | ❌ error | `symmetric-units` (error) | – | – |" in done.summary
    assert "in 3 of 3 seeds" in done.summary


@pytest.mark.slow
def test_a_baseline_of_one_s_own(repository: Repository, runner: Runner, tmp_path: Path) -> None:
    """A report that is named takes the place of the state before."""
    repository.commit({"net.yaml": HARMFUL})
    first = runner.audit(("push", repository.push(NOBODY)))

    second = runner.audit(("push", repository.push(NOBODY)), baseline=first.outputs["json"])

    assert second.status == 0
    assert second.summary.startswith("### gradaudit: nothing new in 1 model\n\nWhat the baseline has does not count.")


@pytest.mark.slow
def test_code_is_compared_with_code(repository: Repository, runner: Runner) -> None:
    """An object in Python code is imported afresh for each state, and again whenever some code changed."""
    code = "from sizes import width\nmodel = {'layers': [4, width, 3], 'loss': 'cross_entropy', 'init': init}\n"
    settings = "audit = {'effort': 'quick', 'seeds': 2}\nmodel['audit'] = audit\n"
    base = repository.commit({"net.py": "init = 'he_normal'\n" + code + settings, "sizes.py": "width = 6\n"})
    repository.commit({"net.py": "init = 'zeros'\n" + code + settings})

    done = runner.audit(("pull_request", repository.pull_request(base)), paths="net.py:model")

    assert done.status == 1, done.log
    assert "✅ healthy | ❌ error |" in done.summary


@pytest.mark.slow
def test_a_model_that_is_none_any_more_fails(repository: Repository, runner: Runner) -> None:
    """A typing error must not open the gate; a file that never was a model is nobody's business."""
    base = repository.commit({"models/net.yaml": HEALTHY, "models/other.yaml": HEALTHY, "models/notes.yaml": "a: 1\n"})
    lost = HEALTHY.replace("layers:", "layer:")
    repository.commit({"models/net.yaml": lost, "models/notes.yaml": "a: 2\n"})

    done = runner.audit(("pull_request", repository.pull_request(base)), paths="models")

    assert done.status == 2
    assert "models/net.yaml" in done.summary
    assert "notes.yaml" not in done.summary
    assert any("models/net.yaml" in line for line in done.annotations)
