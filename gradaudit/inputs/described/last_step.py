"""What readers of recurrent layers share: two biases that frameworks have, and the last step alone of a sequence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradaudit.errors import InputError
from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.model import DescribedLayer
from gradaudit.inputs.described.trails import Trails


def added(outer: Array, inner: Array, apart: int = 0) -> dict[str, Array]:
    """`bias`, and of the last `apart` values, a GRU's candidate, the `recurrent_bias` that the reset gate acts on.

    Both are vectors over all gates, of equal length, in a spec's order of gates.
    """
    if not apart:
        return {"bias": outer + inner}
    return {"bias": np.concatenate([(outer + inner)[:-apart], outer[-apart:]]), "recurrent_bias": inner[-apart:]}


RECURRENT = ("rnn", "lstm", "gru")
_PER_STEP = ("dropout", "activation", "dense", "layer_norm")
"""What acts on each step by itself: the last step of its result is its result of the last step."""
BOTH_WAYS = (
    "the last step of a bidirectional layer holds the backward half's first one; take the final state of both, "
    "torch.cat((h[-2], h[-1]), dim=1)"
)
OTHERWISE = "its final state is used in another way than that of the last layer; such modules are not audited"


def last_step(layers: tuple[DescribedLayer, ...]) -> tuple[DescribedLayer, ...]:
    """The layers of a recurrent module, of which the last gives its last step alone."""
    *before, last = layers
    return (*before, replace(last, keys={key: value for key, value in last.keys.items() if key != "return_sequences"}))


def last_of_trail(trails: Trails, tensor: str) -> tuple[str, tuple[DescribedLayer, ...]] | None:
    """The tensor in front of the recurrent module that a sequence comes from, and the layers to its last step.

    None where something stands between that mixes steps. Raises InputError for a module of both directions.
    """
    behind: tuple[DescribedLayer, ...] = ()
    while tensor in trails.before:
        tensor, layers = trails.before[tensor]
        if layers and layers[-1].type in RECURRENT:
            if layers[-1].keys.get("bidirectional"):
                raise _refused(layers[-1])
            return tensor, (*last_step(layers), *behind)
        if any(layer.type not in _PER_STEP for layer in layers):
            return None
        behind = (*layers, *behind)
    return None


def _refused(layer: DescribedLayer) -> InputError:
    return layer.place.refusal(BOTH_WAYS)
