"""The workers of a Dask cluster that somebody keeps; without one, the processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gradaudit import __version__
from gradaudit.errors import InputError, MissingLibraryError

if TYPE_CHECKING:
    from distributed import Client

    from gradaudit.cli.workers import Item, Numbered, Result, WorkerPool

PATIENCE = 10
"""Seconds until a scheduler that does not answer is not there."""


@contextmanager
def at_once(jobs: int, address: str | None, items: int) -> Iterator[WorkerPool | None]:
    """The workers for so many items; None: here, one after another. Raises as `workers_at`."""
    if address is not None:
        with workers_at(address) as pool:
            yield pool
    elif jobs == 1 or items < 2:
        yield None
    else:
        from gradaudit.cli.workers import processes

        yield processes(jobs, items)


@contextmanager
def workers_at(address: str) -> Iterator[WorkerPool]:
    """The workers of the cluster with this scheduler.

    Raises MissingLibraryError without distributed, InputError where there is no such cluster or where its workers
    would not measure the same: another gradaudit, or another folder, where sources have other names.
    """
    import logging

    from gradaudit.cli.workers import WorkerPool

    try:
        from distributed import Client
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise MissingLibraryError("--dask needs the package distributed: pip install 'gradaudit[dask]'") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it is said by us
    try:
        client = Client(address, timeout=PATIENCE)
    except Exception as error:  # noqa: BLE001 - whatever an address can make of its parser and of a socket
        said = str(error) or type(error).__name__
        raise InputError(f"--dask: no scheduler answers at '{address}': {said}") from None
    with client:
        _check_places(client, address)
        yield WorkerPool(partial(_on_workers, client, address), 1, KilledWorker)


def _on_workers(
    client: Client, address: str, work: Callable[[Item], Result], items: Mapping[int, Item], begun: set[int]
) -> Numbered[Result]:
    """Through distributed itself: joblib 1.6 waits for ever on its Dask backend where a worker is lost.

    Raises KilledWorker, once all other results are there, and InputError where the cluster is gone.
    """
    from distributed import as_completed

    futures = {client.submit(work, item, pure=False): index for index, item in items.items()}
    begun.update(futures.values())
    killed: BaseException | None = None
    try:
        for future in as_completed(futures):
            if future.status == "finished":
                yield futures[future], future.result()
            elif future.status == "error":
                killed = future.exception()
            else:
                raise InputError(f"--dask: the cluster at {address} was lost while it worked")
    finally:
        client.cancel(list(futures))
    if killed is not None:
        raise killed


def place() -> tuple[str, str]:
    """The folder and the gradaudit of the process that is asked."""
    return str(Path.cwd()), __version__


def _check_places(client: Client, address: str) -> None:
    """Raises InputError where a worker stands elsewhere, or no worker is there."""
    try:
        places = client.run(place)
    except Exception as error:  # noqa: BLE001 - a worker without gradaudit cannot even read the question
        said = f"{type(error).__name__}: {error}"
        raise InputError(f"--dask: the workers of {address} cannot run gradaudit: {said}") from None
    if not places:
        raise InputError(f"--dask: the cluster at {address} has no workers")
    here, version = place()
    for worker, (folder, theirs) in sorted(places.items()):
        if theirs != version:
            raise InputError(f"--dask: {worker} has gradaudit {theirs}, and this is {version}")
        if folder != here:
            raise InputError(f"--dask: {worker} runs in {folder}; start it in {here}, where the sources are")
