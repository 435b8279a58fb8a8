from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gradaudit.cli.workers import finished, processes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals differ")


def killer(folder: Path) -> Callable[[str], str]:
    """Work that ends its own process: on `always` each time, on `once` the first time."""

    def work(item: str) -> str:
        marker = folder / "marker"
        if item == "always" or (item == "once" and not marker.exists()):
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return item.upper()

    return work


def results(items: list[str], folder: Path) -> list[str | None]:
    """What comes of the items in two processes, in their order."""
    pool = processes(2, len(items))
    assert pool is not None
    found = dict(finished(killer(folder), items, pool))
    assert sorted(found) == list(range(len(items)))
    return [found[index] for index in range(len(items))]


def test_every_item_is_worked_on_once(tmp_path: Path) -> None:
    """Each index comes with the result of its own item."""
    items = [f"item {number}" for number in range(20)]

    assert results(items, tmp_path) == [item.upper() for item in items]


def test_a_lost_process_costs_nothing_but_time(tmp_path: Path) -> None:
    """What was under way in it, and in the others that went down with it, is tried again."""
    items = ["a", "b", "once", "c", "d", "e"]

    assert results(items, tmp_path) == [item.upper() for item in items]


def test_what_ends_its_process_again_is_named(tmp_path: Path) -> None:
    """Only the item that was alone with its process when it was lost has no result."""
    assert results(["a", "always", "b", "always", "c"], tmp_path) == ["A", None, "B", None, "C"]


@pytest.mark.parametrize(("jobs", "items"), [(1, 9), (2, 1), (0, 1), (8, 0)])
def test_no_process_is_started_for_nothing(jobs: int, items: int) -> None:
    """One job, or one item, is done here."""
    assert processes(jobs, items) is None


def test_no_more_processes_than_items() -> None:
    """A thousand jobs for three models are three, which share the cores."""
    pool = processes(1000, 3)
    assert pool is not None

    def work(_: str) -> int:
        return os.getpid()

    numbers = {number for _, number in finished(work, ["a", "b", "c"], pool)}

    assert 1 <= len(numbers) <= 3
    assert os.getpid() not in numbers


SLOW = """
import os, sys, time
import gradaudit.cli.audits as audits

def audit_at_once(item, **_):
    print(os.getpid(), flush=True)
    time.sleep(60)

sys.path.insert(0, "")
audits.audit_at_once = audit_at_once
from gradaudit.cli import main
sys.exit(main())
"""


def alive(process: int) -> bool:
    """Whether a process of that number runs, and is no corpse."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ended(process: int) -> bool:
    """Whether it ends within ten seconds."""
    return any(not alive(process) or time.sleep(0.1) for _ in range(100))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are listed nowhere")
@pytest.mark.parametrize(("sent", "status", "said"), [("SIGINT", 130, b"interrupted"), ("SIGTERM", -15, None)])
def test_no_process_is_left(launch, folder: Path, sent: str, status: int, said: bytes | None) -> None:
    """Ctrl-C, which a terminal sends to all, is 130 and one word; whatever ends the program ends its workers."""
    for name in ("a", "b", "c"):
        (folder / f"{name}.yaml").write_text("layers: [2, 1]\n")
    arguments = ("check", "a.yaml", "b.yaml", "c.yaml", "--jobs", "2")
    process: subprocess.Popen[bytes] = launch(*arguments, code=SLOW, start_new_session=True)
    assert process.stdout is not None
    workers = [int(process.stdout.readline()) for _ in range(2)]
    assert all(map(alive, workers))

    (os.killpg if sent == "SIGINT" else os.kill)(process.pid, signal.Signals[sent])
    _, err = process.communicate(timeout=30)

    assert process.returncode == status
    assert said is None or err.strip() == said
    assert all(map(ended, workers))
