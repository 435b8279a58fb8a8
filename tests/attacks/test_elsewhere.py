"""Model files whose arrays lie in other files: those are not opened, whatever they are."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradaudit.cli import main

h5py = pytest.importorskip("h5py")

DENSE = {"class_name": "Dense", "config": {"name": "dense", "units": 3, "activation": "relu", "use_bias": False}}
INPUTS = {"class_name": "InputLayer", "config": {"name": "input_layer", "batch_shape": [None, 4]}}
CONFIG = {"class_name": "Sequential", "config": {"name": "model", "layers": [INPUTS, DENSE]}}
PLACE = "layers/dense/vars/0"


def virtual(file: Any, secret: Path) -> None:
    """A dataset made of another file's."""
    layout = h5py.VirtualLayout(shape=(4, 3), dtype="f4")
    layout[:] = h5py.VirtualSource(str(secret), "d", shape=(4, 3))
    file.create_virtual_dataset(PLACE, layout)


def external(file: Any, secret: Path) -> None:
    """One whose numbers are kept in another file."""
    file.create_dataset(PLACE, (4, 3), "f4", external=[(str(secret), 0, 48)])


def linked(file: Any, secret: Path) -> None:
    """A link."""
    file[PLACE] = h5py.ExternalLink(str(secret), "d")


@pytest.mark.parametrize("elsewhere", [virtual, external, linked])
def test_hdf5_that_points_to_another_file(
    elsewhere: Callable[[Any, Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A virtual dataset, one kept outside, a link: refused in one line, and the archive without it is read."""
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["d"] = np.full((4, 3), 0.25, "f4")
    statuses = []
    for make in (elsewhere, lambda file, _: file.__setitem__(PLACE, np.eye(4, 3, dtype="f4"))):
        with h5py.File(stored := io.BytesIO(), "w") as file:
            make(file, secret)
        with zipfile.ZipFile("m.keras", "w") as archive:
            archive.writestr("metadata.json", "{}")
            archive.writestr("config.json", json.dumps(CONFIG))
            archive.writestr("model.weights.h5", stored.getvalue())
        statuses.append(main(("convert", "m.keras", "-o", "m.yaml")))

    assert statuses == [2, 0]
    (line, *_) = capsys.readouterr().err.splitlines()
    assert line.startswith("m.keras: ")
    assert "0.25" not in line
