"""The published table of how far back gradients reach, held against published facts and against theory."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[1] / "make_recurrence_table.py"
_spec = importlib.util.spec_from_file_location("make_recurrence_table", SCRIPT)
assert _spec is not None
maker = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(maker)

FACTS = {
    "tanh RNN, PyTorch's default, orthogonal recurrent weights": 1.9e-3,
    "tanh RNN, PyTorch's default, recurrent weights N(0, 1.5²/n)": 5.4e2,
    "LSTM, PyTorch's default": 1.8e-20,
    "LSTM, PyTorch's default, forget bias 1": 1.7e-7,
    "LSTM, PyTorch's default, chrono for 100 steps": 0.23,
    "LSTM, each gate orthogonal, forget bias 0": 8e-15,
    "LSTM, each gate orthogonal, forget bias 1": 2.2e-3,
    "LSTM, each gate orthogonal, forget bias 2": 11.0,
    "GRU, PyTorch's default": 9e-21,
    "GRU, PyTorch's default, update bias 2": 5e-5,
}
"""Measured with PyTorch's autograd, three draws each: first step over last."""
FOUND = {name: maker.measured(layer, init) for name, layer, init in maker.CASES}
NEAR = 10
"""Steps over which a matrix of 128 units still multiplies as a wide one does."""


@pytest.mark.parametrize("name", FOUND)
def test_theory_is_within_two_per_cent_a_step(name):
    """The closed form of an RNN near the end; with gates the recursion over all steps. Growth ends as tanh bends."""
    profile, predicted = FOUND[name]
    steps = NEAR if "RNN" in name else maker.STEPS - 1
    gain = float(np.median(profile[:, -1 - steps] / profile[:, -1])) ** (1 / steps)
    assert gain == pytest.approx(predicted, rel=0.02 if gain < 1.02 else 0.07)


@pytest.mark.parametrize("name", FACTS)
def test_facts_from_elsewhere_come_again(name):
    """Over 99 steps, within a factor of six: 2 % a step."""
    ratios = maker.through_all_steps(FOUND[name][0])
    assert FACTS[name] / 6 < np.median(ratios) < FACTS[name] * 6


def test_the_page_shows_them():
    """Every row, with the medians."""
    page = maker.PAGE.read_text(encoding="utf-8")
    for name, (profile, predicted) in FOUND.items():
        assert f"| {name} | " in page
        assert f"| {predicted:.3f} | {np.median(maker.through_all_steps(profile)):.1e} (" in page
