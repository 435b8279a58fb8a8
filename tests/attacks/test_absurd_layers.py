"""Layers of absurd sizes and tokens that there are not: told before memory is taken, in one message and status 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradaudit.cli import main
from tests.fuzz.bounds import bounded

IMAGE = [28, 28, 1]
CELLS = {"type": "lstm", "units": 8}
MANY = 10**9


def conv(**keys: Any) -> dict[str, Any]:
    """A convolution over images."""
    return {"type": "conv2d", "channels": 4, "kernel_size": 3, **keys}


def table(rows: int, units: int = 64) -> dict[str, Any]:
    """An embedding."""
    return {"type": "embedding", "vocabulary": rows, "units": units}


ABSURD: dict[str, tuple[list[Any], str]] = {
    "channels": ([IMAGE, conv(channels=MANY), "global_avg_pool", 10], "weights here would need"),
    "wide maps": ([IMAGE, conv(channels=100_000), "global_avg_pool", 10], "in float64; at most 2 GB"),
    "kernel": ([IMAGE, conv(kernel_size=MANY), "flatten", 10], "is larger than the map"),
    "padded kernel": ([IMAGE, conv(kernel_size=MANY, padding="same"), "flatten", 10], "weights here would need"),
    "padding": ([IMAGE, conv(padding=MANY), "flatten", 10], "is too much for a window"),
    "dilation": ([IMAGE, conv(dilation=10**19, padding="same"), "flatten", 10], "in float64; at most 2 GB"),
    "groups": ([IMAGE, conv(groups=MANY), "flatten", 10], "must divide both"),
    "no groups": ([IMAGE, conv(groups=0), "flatten", 10], "0 is impossible"),
    "no stride": ([IMAGE, conv(stride=0), "flatten", 10], "0 is impossible"),
    "image": ([[100_000, 100_000, 3], conv(), "global_avg_pool", 10], "in float64; at most 2 GB"),
    "five axes": ([[2, 2, 28, 28, 1], "flatten", 10], "a shape of 5 numbers; write 1 to 3"),
    "steps": ([[MANY, 1], CELLS, 1], "in float64; at most 2 GB"),
    "long": ([[10_000, 8], {**CELLS, "units": 64, "return_sequences": True}, 1], "in float64; at most 2 GB"),
    "cells": ([[10, 1], {**CELLS, "units": MANY}, 1], "weights here would need"),
    "rows": ([20, table(MANY), CELLS, 2], "64,000,000,000 weights here would need 512 GB"),
    "many rows": ([20, table(3_000_000), CELLS, 2], "GB of memory even with as few seeds as"),
    "repeats": ([[9, 1], {**CELLS, "return_sequences": True, "repeat": MANY}, 1], "at most 1,000 are audited"),
    "window": ([IMAGE, {"type": "max_pool2d", "size": MANY}, "flatten", 10], "is larger than the map"),
}
TOKENS: dict[str, tuple[Any, str]] = {
    "beyond": (np.full((9, 7), 9), "but X[0, 0] is 9; write a vocabulary of 10"),
    "negative": (np.full((9, 7), -1), "but X[0, 0] is -1; give whole numbers from 0 up"),
    "fractions": (np.full((9, 7), 0.5), "but X[0, 0] is 0.5; give whole numbers"),
    "nan": (np.full((9, 7), np.nan), "X[0, 0] is nan, not a finite number"),
    "huge": (np.full((9, 7), 2**64 - 1, np.uint64), "a vocabulary of"),
    "five axes": (np.ones((9, 7, 1, 1, 1)), "X has the shape (9, 7, 1, 1, 1)"),
    "empty": (np.ones((9, 0)), "X is empty: its shape is (9, 0)"),
    "objects": (np.array([[None] * 7] * 9), "holds Python objects"),
    "complex": (np.ones((9, 7), complex), "holds complex numbers"),
}


def answer(document: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says of a spec that it refuses."""
    Path("m.yaml").write_text(json.dumps(document))
    with bounded():
        assert main(["check", "m.yaml", "--effort", "quick"]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_layers_are_told_before_memory_is_taken(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By their numbers, however large."""
    monkeypatch.chdir(tmp_path)
    layers, message = ABSURD[name]
    said = answer({"layers": layers}, capsys)
    assert message in said
    assert len(said) < 1_000


@pytest.mark.parametrize("name", TOKENS)
def test_tokens_that_there_are_not_are_told(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the place in the array."""
    monkeypatch.chdir(tmp_path)
    X, message = TOKENS[name]
    np.savez("d.npz", X=X, y=np.arange(9) % 2)
    said = answer({"layers": [7, table(9, 4), CELLS, 2], "data": {"name": "npz", "path": "d.npz"}}, capsys)
    assert message in said
