"""The data as the network sees them: scale, offset and spread of inputs and targets, over the probe batch."""

from __future__ import annotations

import numpy as np

from gradaudit.domain.measurements import DataFacts
from gradaudit.functions.losses import LOSSES
from gradaudit.probes.interface import ProbeContext, distinctness

VARIES = 1e-12
"""A column varies when its standard deviation is above this share of its largest magnitude: beyond rounding."""


def measure(subject: ProbeContext) -> DataFacts:
    """What rules need to know of the data; targets are described as the loss sees them."""
    X, T = (array.reshape(-1, array.shape[-1]) for array in subject.batch)  # positions are further samples
    mean, std = X.mean(axis=0), X.std(axis=0)
    varies = std > VARIES * np.abs(X).max(axis=0, initial=0.0)
    moving = std[varies]
    loss = subject.spec.loss
    return DataFacts(
        input_rms=float(np.sqrt(np.square(X).mean())),
        input_offset=float(np.max(np.abs(mean[varies]) / moving, initial=0.0)),
        input_spread=float(moving.max() / moving.min()) if moving.size else 1.0,
        constant_inputs=int((~varies).sum()),
        input_distinctness=float(distinctness(X[None])[0]) if moving.size else 0.0,
        targets_are_numbers=loss is not None and not LOSSES[loss.name].for_classes,
        target_mean=float(T.mean()),
        target_std=float(T.std(axis=0).max(initial=0.0)),
        target_low=float(T.min()),
        target_high=float(T.max()),
    )
