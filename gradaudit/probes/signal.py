"""The signal through the layers: activations forward, the error signal back, and what each link multiplies it by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.measurements import LayerSignal, Signal, StageName
from gradaudit.domain.number_formats import SMALLEST
from gradaudit.domain.per_seed import PerSeed
from gradaudit.functions.arrays import Array
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.nn.engine import Engine, Vectors
from gradaudit.probes import through_time
from gradaudit.probes.interface import Columns, ProbeContext, distinctness, joined, norm, per_seed, ratio, rms


def measure(subject: ProbeContext, stage: StageName) -> Signal:
    """One forward and backward pass of the probe batch, all seeds."""
    return table(subject, subject.observe(stage, partial(observe, subject)))


@dataclass(frozen=True)
class SignalSample:
    """What one group of seeds showed: the whole network's columns, and each row's."""

    whole: Columns
    underflow: Columns
    rows: Mapping[int, Columns]
    time: Mapping[int, tuple[through_time.Look, ...]]
    """Of the recurrent rows, one a direction."""


def observe(subject: ProbeContext, bp: Engine) -> SignalSample:
    """The signal in one pass."""
    steps = _first_step(bp, subject)
    rows: dict[int, Columns] = {}
    for row in subject.network.rows:
        if row.has_weights:
            rows[row.index] = {**_layer(bp, row, subject), "update_ratio": steps[row.index]}
        elif row.parameters:
            rows[row.index] = _other_row(bp, row, subject)
    time = {row.index: through_time.look(bp, row) for row in subject.network.weighted}
    return SignalSample(_whole(bp, subject), _underflow(bp), rows, time)


def table(subject: ProbeContext, looks: list[SignalSample]) -> Signal:
    """All groups of seeds together."""
    whole = joined([part.whole for part in looks])
    time = through_time.tables(subject, [part.time for part in looks])
    layers = [
        LayerSignal(index=index, **joined([part.rows[index] for part in looks]), time=time.get(index, ()))  # type: ignore[arg-type]
        for index in looks[0].rows
    ]
    underflow = cast("dict[str, PerSeed]", joined([part.underflow for part in looks]))
    return Signal(layers=tuple(layers), underflow=underflow, **cast("dict[str, PerSeed]", whole))


def _whole(bp: Engine, subject: ProbeContext) -> Columns:
    weighted = subject.network.weighted
    data = bp.data_term
    first, last = bp.error_signal(weighted[0]), bp.error_signal(weighted[-1])
    undefined = (rms(first) == 0) & (rms(last) == 0)
    return {
        "loss": per_seed(data + bp.penalty()),
        "data_loss": per_seed(data),
        "gradient_norm": per_seed(norm(bp.g)),
        "error_signal_ratio": per_seed(ratio(rms(first), rms(last)), undefined),
        "error_signal_norm_ratio": per_seed(ratio(norm(first), norm(last)), undefined),
        "largest": per_seed(_largest(bp)),
    }


def _underflow(bp: Engine) -> Columns:
    """Per format: the share of all gradients other than 0 that round to 0 in it; undefined where all are 0."""
    sizes = np.abs(bp.g, out=bp.Hv)  # a pass without curvature leaves Hv free
    present = np.count_nonzero(sizes, axis=1)
    zeros, lost = sizes.shape[1] - present, dict.fromkeys(SMALLEST, np.zeros(bp.seeds, dtype=int))
    for key in sorted(SMALLEST, key=SMALLEST.__getitem__, reverse=True):  # what a coarse format holds, the finer hold
        lost[key] = np.count_nonzero(sizes <= SMALLEST[key] / 2, axis=1) - zeros
        if not lost[key].any():
            break
    return {key: per_seed(ratio(count, present), present == 0) for key, count in lost.items()}


def _largest(bp: Engine) -> Array:
    """The largest magnitude in the pass: pre-activations, activations, error signals, gradients."""
    arrays = [bp.g[:, None, :], *(each for tap in bp.all_taps() for each in (tap.z, tap.h, tap.dh, tap.delta))]
    peaks = [np.maximum(array.max(axis=(-2, -1)), -array.min(axis=(-2, -1))) for array in arrays]
    return np.asarray(np.max(peaks, axis=0))


def _layer(bp: Engine, row: ExpandedLayer, subject: ProbeContext) -> Columns:
    output = bp.output_of(row)
    mean, std = _spread(output)
    weight, bias = bp.of_role(row, "weight", "g"), bp.of_role(row, "bias", "g")
    return {
        "error_signal_rms": per_seed(rms(bp.error_signal(row)) * subject.network.objective.per_sample(bp.samples)),
        "activation_mean": per_seed(mean),
        "activation_std": per_seed(std),
        "distinctness": per_seed(distinctness(output), norm(output) == 0),
        "weight_gradient_norm": None if weight is None else per_seed(norm(weight)),
        "bias_gradient_norm": None if bias is None else per_seed(norm(bias)),
        **_gains(bp, row, subject),
    }


def _other_row(bp: Engine, row: ExpandedLayer, subject: ProbeContext) -> Columns:
    """The error signal of a norm, and of what else has parameters, is the one at its input; its output is spread."""
    mean, std = _spread(bp.output_of(row))
    return {
        "error_signal_rms": per_seed(rms(bp.error_signal(row)) * subject.network.objective.per_sample(bp.samples)),
        "activation_mean": per_seed(mean),
        "activation_std": per_seed(std),
    }


def _spread(output: Array) -> tuple[Array, Array]:
    """Mean and standard deviation over samples and units."""
    mean = output.mean(axis=(-2, -1))
    return mean, rms(output - mean[:, None, None])


def _gains(bp: Engine, row: ExpandedLayer, subject: ProbeContext) -> Columns:
    """What the weights in front and this row's f′ multiply the error signal by, going back.

    Where a norm, a skip or a pooling stands between two rows, `path_gain` is what is left of the whole step; so it is
    of what a recurrent row itself makes of the signal.
    """
    following = subject.network.following.get(row.index)
    if following is None:
        return {"weight_gain": None, "activation_gain": None, "path_gain": None}
    ahead, here = bp.error_signal(following), bp.error_signal(row)
    if not row.layer.is_linear_map:
        through = bp.pull(following, ahead)
        return {
            "weight_gain": _gain(rms(through), rms(ahead)),
            "activation_gain": None,
            "path_gain": _gain(rms(here), rms(through)),
        }
    direct = _is_direct(subject, row, following)
    tap = bp.tap(row)
    through = tap.dh if direct else bp.pull(following, ahead)
    if direct or through.shape != tap.dh.shape:  # pooling in between: what it makes of the signal comes first
        arrived, passed, left = tap.dh, here, (tap.dh, through)
    else:
        arrived, passed = through, through if tap.df is None else through * tap.df
        left = (here, passed)
    return {
        "weight_gain": _gain(rms(through), rms(ahead)),
        "activation_gain": _gain(rms(passed), rms(arrived)),
        "path_gain": None if direct else _gain(*map(rms, left)),
    }


def _gain(after: Array, before: Array) -> PerSeed:
    return per_seed(ratio(after, before), (after == 0) & (before == 0))


def _is_direct(subject: ProbeContext, row: ExpandedLayer, following: ExpandedLayer) -> bool:
    """True where nothing but weights and an activation stands between two rows."""
    flat = subject.network.rows
    between = flat[row.index + 1 : following.index]
    return not following.normed and not subject.network.has_skips and all(x.kind == "dropout" for x in between)


_MOVED: tuple[Vectors, Vectors] = ("theta", "v")
"""Parameters, and the step that stands in the place of the direction."""


def _first_step(bp: Engine, subject: ProbeContext) -> dict[int, PerSeed]:
    """‖ΔW‖/‖W‖ of the freshly started optimizer's first step, for each row with weights.

    The step is made in the arrays of the direction v, which a pass without curvature leaves free.
    """
    optimizer, moved = subject.spec.optimizer, bp.v
    moved[:] = bp.theta
    if optimizer.name in OPTIMIZERS:
        table = OPTIMIZERS[optimizer.name]
        table.step(moved, bp.g, {}, 1, **table.arguments(optimizer, subject.spec.framework))
    else:
        moved -= bp.g
    moved -= bp.theta
    found = {}
    for row in subject.network.weighted:
        weight, change = (bp.of_role(row, "weight", part) for part in _MOVED)
        if weight is not None and change is not None:
            size = norm(weight)
            found[row.index] = per_seed(ratio(norm(change), size), size == 0)
    return found
