"""--unsafe-load: said, refused in CI, and passed on."""

from __future__ import annotations


def test_unsafe_load_says_what_it_means(run, spec, pipeline, monkeypatch) -> None:
    """Once, before any file is loaded."""
    monkeypatch.delenv("CI", raising=False)

    done = run("check", "model.yaml", "--unsafe-load")

    assert done.status == 0
    assert done.err.startswith("--unsafe-load: a file that cannot be read inertly is loaded, which runs whatever code")
    assert "unsafe" not in run("check", "model.yaml").err


def test_unsafe_load_is_refused_in_ci_unless_its_environment_asks_for_it(run, spec, pipeline, monkeypatch) -> None:
    """A pull request may bring the file, so the flag alone is not enough there."""
    monkeypatch.setenv("CI", "true")

    refused = run("check", "model.yaml", "--unsafe-load")
    monkeypatch.setenv("GRADAUDIT_CHECK_UNSAFE_LOAD", "1")

    assert refused.status == 2
    assert "--unsafe-load is refused in CI" in refused.err
    assert "GRADAUDIT_CHECK_UNSAFE_LOAD=1 allows it" in refused.err
    assert pipeline.calls == []
    assert run("check", "model.yaml").status == 0
    assert len(pipeline.calls) == 1


def test_unsafe_load_reaches_the_reader(run, folder, pipeline, monkeypatch) -> None:
    """What only the ordinary loader can read is audited with the flag, and a refusal without it."""
    import pickle

    from tests.inputs import hostile

    monkeypatch.delenv("CI", raising=False)
    (folder / "a.pkl").write_bytes(pickle.dumps(hostile.Reduced(int, "5")))

    assert "it calls 'builtins.int' when it is loaded" in run("check", "a.pkl").err
    assert "an object of type int is not audited" in run("check", "a.pkl", "--unsafe-load").err
