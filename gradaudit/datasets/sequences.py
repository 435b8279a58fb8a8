"""Sequences made from a seed, for networks that must remember: the adding problem, copying, and sines.

Same seed, same data. What comes is what the network's first entry and its output ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gradaudit.datasets.interface import Kind, Raw
from gradaudit.datasets.limits import asked_samples
from gradaudit.datasets.scaling import moved
from gradaudit.datasets.widths import network_end, output_positions, place, tells_classes, vocabulary
from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import Problem, SpecError
from gradaudit.functions.arrays import Array

Rng = np.random.Generator
Made: TypeAlias = tuple[Array, npt.NDArray[Any], Kind]
"""Inputs, and targets as they are found."""

SAMPLES = 1024
MOST_SYMBOLS, MOST_RECALLED = 8, 10
"""Of the copying problem (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016, arXiv:1511.06464)."""
NOISE = 0.1


def load(spec: ModelSpec, seed: int) -> Raw:
    """The sequences that the spec names. Raises SpecError where the network does not read such, or for their number."""
    name, rng = spec.data.name, np.random.default_rng(seed)
    steps, channels = _shape(spec)
    samples = asked_samples(spec, SAMPLES, steps * max(channels, 2))
    X, y, kind = MAKERS[name](spec, rng, (samples, steps, channels))
    if vocabulary(spec) is None:
        X = moved(X, spec)
    return Raw(X, y, f"{name}, {counted(samples, 'row')} of {counted(steps, 'step')}", kind=kind)


def _shape(spec: ModelSpec) -> tuple[int, int]:
    """Steps and channels; tokens are one-hot in as many channels as there are of them. Raises SpecError."""
    name, known = spec.data.name, vocabulary(spec)
    if known is not None and name == "copy":
        return spec.inputs, known
    if len(spec.positions) != 1:
        due = {"adding": "[100, 2]", "copy": "[50, 10]", "sines": "[50, 1]"}[name]
        message = f"data: {name} are sequences; write steps and features, such as {due}, as the first entry of layers"
        raise SpecError(Problem(message, place(spec, "layers[0]")))
    channels = {"adding": 2, "sines": 1}.get(name, spec.inputs)
    if channels != spec.inputs:
        message = f"layers[0]: {name} has {channels} feature{'s' * (channels > 1)} a step; write "
        raise SpecError(Problem(f"{message}[{spec.positions[0]}, {channels}]", place(spec, "layers[0]")))
    return spec.positions[0], channels


def _adding(spec: ModelSpec, rng: Rng, shape: tuple[int, int, int]) -> Made:
    """Numbers from U(0, 1) and marks of two of them, one in each half; the target is the sum of these two.

    Always answering 1 has the squared error 1/6 (Hochreiter & Schmidhuber 1997; Le et al. 2015, arXiv:1504.00941).
    """
    samples, steps, _ = shape
    if steps < 2:
        raise SpecError(Problem("data: adding needs at least 2 steps", place(spec, "layers[0]")))
    X, rows = np.zeros(shape), np.arange(samples)
    X[..., 0] = rng.uniform(0.0, 1.0, (samples, steps))
    marked = rng.integers(0, steps // 2, samples), rng.integers(steps // 2, steps, samples)
    for at in marked:
        X[rows, at, 1] = 1.0
    y = sum(X[rows, at, 0] for at in marked)
    positions = output_positions(spec)
    return X, np.broadcast_to(np.asarray(y).reshape(samples, *(1 for _ in positions)), (samples, *positions)), "numbers"


def _copy(spec: ModelSpec, rng: Rng, shape: tuple[int, int, int]) -> Made:
    """Symbols, then blanks, and a cue in front of the place where the symbols are to be said again.

    Token 0 is the blank, the last one the cue. A network with one output says the first symbol.
    """
    samples, steps, tokens = shape
    says_all, units = output_positions(spec) == (steps,), network_end(spec).units
    symbols = min(MOST_SYMBOLS, tokens - 2, max(units, 2) - 1 if says_all else max(units, 2))
    if symbols < 2 or steps < 4:
        told = "data: copy needs at least 4 steps, 4 features or tokens a step, and 3 outputs a step or 2 at the end"
        raise SpecError(Problem(told, place(spec, "layers[0]")))
    recalled = min(MOST_RECALLED, steps // 4) if says_all else 1
    said = rng.integers(1, symbols + 1, (samples, recalled))
    X, y = np.zeros((samples, steps), dtype=np.int64), np.zeros((samples, steps), dtype=np.int64)
    X[:, :recalled], X[:, steps - recalled - 1] = said, tokens - 1
    y[:, steps - recalled :] = said
    inputs = X.astype(np.float64) if vocabulary(spec) is not None else np.eye(tokens)[X]
    return inputs, y if says_all else said[:, 0] - 1, "classes"


def _sines(spec: ModelSpec, rng: Rng, shape: tuple[int, int, int]) -> Made:
    """Waves of random phase with noise of 0.1; the target is which of several frequencies, or each next value."""
    samples, steps, _ = shape
    end, positions, of_classes = network_end(spec), output_positions(spec), tells_classes(spec)
    waves = max(end.units, 2) if of_classes else 4
    which = rng.permutation(np.arange(samples) % waves)
    turns = (1 + which)[:, None] * np.arange(steps + 1) / max(steps, 2)
    clean = np.sin(2 * np.pi * turns / 2 + rng.uniform(0, 2 * np.pi, (samples, 1)))
    X = (clean[:, :-1] + NOISE * rng.standard_normal((samples, steps)))[..., None]
    if of_classes:
        return X, np.broadcast_to(which.reshape(samples, *(1 for _ in positions)), (samples, *positions)), "classes"
    following = clean[:, 1:] if positions == (steps,) else clean[:, -1]
    return X, np.repeat(following[..., None], end.units, axis=-1), "numbers"


MAKERS: Mapping[str, Callable[[ModelSpec, Rng, tuple[int, int, int]], Made]] = {
    "adding": _adding,
    "copy": _copy,
    "sines": _sines,
}
NAMES = tuple(MAKERS)
