"""Many sources at once say, byte for byte, what one after another says."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Runner

pytestmark = pytest.mark.slow
SOURCES = ("vanishing.yaml", "broken.yaml", "-", "linear.yaml", "missing.yaml", "models.py:crash", "models.py:leave")
SPEC = "layers: [4, 8, 8, 8, 8, 3]\nactivation: sigmoid\nloss: cross_entropy\naudit: {effort: quick, seeds: 2}\n"


@pytest.fixture
def models(folder: Path) -> Path:
    """A faulty model, a healthy one, a broken spec, and code that raises or leaves."""
    (folder / "vanishing.yaml").write_text(SPEC)
    (folder / "linear.yaml").write_text("layers: [4, 1]\naudit: {effort: quick, seeds: 2}\n")
    (folder / "broken.yaml").write_text("layers: [4, minus]\n")
    (folder / "models.py").write_text(
        "def crash():\n    1 / 0\ndef leave():\n    raise SystemExit\nimport os\ndef die():\n    os._exit(0)\n"
    )
    return folder


def outputs(launch: Callable[..., subprocess.Popen[bytes]], folder: Path, *arguments: str) -> tuple[object, ...]:
    """Status, standard output, standard error and the JSON report of a check."""
    process = launch("check", *SOURCES, "-o", "report.json", *arguments, stdin=subprocess.PIPE)
    out, err = process.communicate(SPEC.replace("sigmoid", "tanh").encode(), timeout=120)
    return process.returncode, out, err, (folder / "report.json").read_bytes()


def test_processes_change_nothing(launch, models: Path) -> None:
    """--jobs 2: the same findings, failures, reports and status, in the order of the sources."""
    one_by_one = outputs(launch, models)

    assert one_by_one[0] == 2
    assert outputs(launch, models, "--jobs", "2") == one_by_one


@pytest.fixture
def scheduler(folder: Path) -> Iterator[str]:
    """The address of a cluster of two processes in this folder."""
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    dask = pytest.importorskip("dask")
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
    ):
        yield cluster.scheduler_address


@pytest.mark.dask
def test_a_cluster_changes_nothing(launch, models: Path, scheduler: str, monkeypatch) -> None:
    """--dask ADDRESS: the same again, on two workers with two threads each; lost ones and strange ones are told of."""
    one_by_one = outputs(launch, models)

    assert outputs(launch, models, "--dask", scheduler) == one_by_one

    process = launch("check", "models.py:die", "linear.yaml", "--dask", scheduler)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 2
    assert err.startswith(b"models.py:die: the process that audited it was lost twice")
    assert b"linear (linear.yaml): healthy" in out

    elsewhere = models / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    process = launch("check", "../linear.yaml", "--dask", scheduler)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 2
    assert f"runs in {models}; start it in {elsewhere}".encode() in err


@pytest.mark.parametrize("jobs", ["0x2", "-2", "1001", "", "1e3", "²"])
def test_an_impossible_number_of_jobs_is_a_usage_error(run: Runner, jobs: str) -> None:
    """What is neither a number from 1 to 1000 nor auto is exit 2."""
    done = run("check", "a.yaml", f"--jobs={jobs}")

    assert done.status == 2
    assert "is neither auto nor a number" in done.err


def test_a_scheduler_that_is_none_is_one_message(run: Runner, models: Path) -> None:
    """An address that cannot be one is exit 2, with what to do."""
    done = run("check", "linear.yaml", "--dask", "nowhere")

    assert done.status == 2
    assert len(done.err.splitlines()) == 1
    assert "--dask: no scheduler answers at 'nowhere'" in done.err or "gradaudit[dask]" in done.err
