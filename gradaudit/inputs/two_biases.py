"""The two biases that frameworks give a recurrent layer: one behind each product, of which mostly the sum matters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def added(outer: Array, inner: Array, apart: int = 0) -> dict[str, Array]:
    """`bias`, and of the last `apart` values, a GRU's candidate, the `recurrent_bias` that the reset gate acts on.

    Both are vectors over all gates, of equal length, in a spec's order of gates.
    """
    if not apart:
        return {"bias": outer + inner}
    return {"bias": np.concatenate([(outer + inner)[:-apart], outer[-apart:]]), "recurrent_bias": inner[-apart:]}
