"""Weights that are written are read back bit for bit, in both formats, and other libraries read them too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradaudit.domain.spec import DenseSpec, ModelSpec, Named, Weights
from gradaudit.errors import Location
from gradaudit.inputs.weight_files.reading import OPENERS, read_weights
from gradaudit.inputs.weight_files.writing import WRITERS, named_arrays

RNG = np.random.default_rng(0)
SPEC = ModelSpec("m", 3, (DenseSpec(4, norm=Named("layer_norm")), DenseSpec(2, bias=False)))
EXACT = RNG.normal(size=(4, 2)).astype(np.float32).astype(np.float64)
WEIGHTS = Weights(
    (
        {"weight": np.array([[np.nan, np.inf, -0.0, 5e-324]] * 3), "bias": RNG.normal(size=4)},
        {"scale": RNG.normal(size=4), "shift": np.zeros(4)},
        {"weight": EXACT},
    )
)


@pytest.mark.parametrize("suffix", WRITERS)
def test_weights_are_read_back_bit_for_bit(tmp_path: Path, suffix: str) -> None:
    """Values that are not finite included; every format that is read can be written."""
    file = tmp_path / f"w{suffix}"
    file.write_bytes(WRITERS[suffix](named_arrays(replace(SPEC, weights=WEIGHTS))))
    read = read_weights(str(file), SPEC, Location("m.yaml"))
    for mine, theirs in zip(WEIGHTS.rows, read.rows, strict=True):
        assert {name: array.tobytes() for name, array in mine.items()} == {
            name: array.tobytes() for name, array in theirs.items()
        }


def test_numbers_take_no_more_room_than_they_need() -> None:
    """What float32 holds exactly is kept as float32: a module's weights come as they were."""
    arrays = named_arrays(replace(SPEC, weights=WEIGHTS))
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "coefs_0": "float64",
        "intercepts_0": "float64",
        "coefs_1": "float32",
        "scale_0": "float64",
        "shift_0": "float32",
    }
    assert WRITERS[".npz"](arrays) == WRITERS[".npz"](named_arrays(replace(SPEC, weights=WEIGHTS)))


def test_no_weights_are_a_sound_file(tmp_path: Path) -> None:
    """An empty header, not a broken one."""
    file = tmp_path / "w.safetensors"
    file.write_bytes(WRITERS[".safetensors"]({}))
    with file.open("rb") as stream:
        assert OPENERS[".safetensors"](stream).shapes == {}
