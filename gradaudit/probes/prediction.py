"""Mean-field theory's prediction for each row, to be held against what was measured."""

from __future__ import annotations

from math import isfinite, sqrt

import numpy as np

from gradaudit.domain.measurements import LayerPrediction, Prediction
from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.nn.mean_field import bias_variance, depth_scale, propagate, weight_spread
from gradaudit.probes.interface import ProbeContext


def measure(subject: ProbeContext) -> Prediction:
    """√χ₁ for each dense row but the last: its f′, and the weights of the row that follows it."""
    network = subject.network
    moment = float(np.square(subject.batch[0]).mean())
    predictions = propagate(network.linear_maps, network.hidden, moment)
    layers = []
    for row, following, said in zip(network.linear_maps, (*network.linear_maps[1:], None), predictions, strict=True):
        activation = row.activation or Named("identity")
        bound = ACTIVATIONS[activation.name].bound(activation)
        if following is None:
            layers.append(LayerPrediction(row.index, 1.0, bound, said.q, None))
            continue
        spread = weight_spread(following, network.hidden)
        gain = said.slope * sqrt(spread)
        predicted = isfinite(gain) and not (network.has_skips or any(r.kind.endswith("norm") for r in network.rows))
        depth = depth_scale(activation, spread, bias_variance(following, network.hidden)) if predicted else None
        layers.append(LayerPrediction(row.index, gain if predicted else None, bound, said.q, depth))
    return Prediction(tuple(layers))
