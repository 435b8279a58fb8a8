"""A network's structure and its initial weights: rows, layout and objective, no data yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gradaudit.errors import Problem, SpecError
from gradaudit.nn.initializers import INITIALIZERS
from gradaudit.nn.objective import Objective
from gradaudit.nn.parameters import Layout
from gradaudit.rows import ResidualRows, Row, expand, flatten
from gradaudit.spec import ModelSpec, Named

Array = npt.NDArray[np.float64]
Rng = np.random.Generator | np.random.RandomState
"""RandomState is scikit-learn's: rows are drawn in its order, weights and then biases, so its draws come again."""


@dataclass(frozen=True)
class Network:
    """A complete spec made ready to run."""

    tree: tuple[Row | ResidualRows, ...]
    """The rows with their residual blocks."""
    rows: tuple[Row, ...]
    """The same, flat, in forward order."""
    layout: Layout
    objective: Objective
    output: Named
    hidden: Named
    """The hidden activation: scikit-learn's initialisation follows it."""
    l2: float

    @cached_property
    def dense(self) -> tuple[Row, ...]:
        """The dense rows, in forward order."""
        return tuple(row for row in self.rows if row.kind == "dense")

    @cached_property
    def following(self) -> dict[int, Row]:
        """Row index of a dense row → the next dense row; the last one is not in it."""
        return {row.index: after for row, after in pairwise(self.dense)}

    @cached_property
    def has_skips(self) -> bool:
        """True where some rows stand in a residual block."""
        return any(isinstance(row, ResidualRows) for row in self.tree)

    def flops(self, samples: int) -> float:
        """Floating-point operations of one loss-and-gradient pass over `samples` rows: three products a layer."""
        return sum(6.0 * samples * row.inputs * row.units for row in self.dense)


def build(spec: ModelSpec) -> Network:
    """The network of a complete spec (loss and output known).

    Raises SpecError, with the line, where something stands behind the last dense layer.
    """
    if spec.loss is None:
        raise ValueError("the spec is not complete: its loss is unknown")
    tree = expand(spec)
    rows = tuple(flatten(tree))
    _refuse_headless(spec, tree)
    output = [row for row in rows if row.kind == "dense"][-1].activation or Named("identity")
    return Network(tree, rows, Layout.of(rows), Objective(output, spec.loss), output, spec.activation, spec.l2)


def _refuse_headless(spec: ModelSpec, tree: tuple[Row | ResidualRows, ...]) -> None:
    """The output is the last dense layer's: nothing but that layer's own norm may follow it."""
    last = tree[-1]
    own_norm = len(tree) > 1 and isinstance(tree[-2], Row) and tree[-2].normed and tree[-2].path == last.path
    if isinstance(last, Row) and (last.kind == "dense" or own_norm):
        return
    kind = last.kind if isinstance(last, Row) else "residual"
    message = f"{last.path}: the last layer must be a dense one, since the loss reads its output; this one is {kind}"
    raise SpecError(Problem(message, spec.locate(last.path)))


def initial(network: Network, rng: Rng) -> Array:
    """One draw of all parameters, a vector of length P: weights and biases by each row's initializer."""
    theta = np.zeros((1, network.layout.size))
    views = network.layout.views(theta)
    for row in network.rows:
        if row.kind == "dense":
            weight, bias = draw(row, network.hidden, rng)
            views[row.index, "weight"][0] = weight
            if row.bias is not None:
                views[row.index, "bias"][0] = bias
        elif row.has_parameters:
            views[row.index, "scale"][0] = 1.0
    return np.asarray(theta[0])


def draw(row: Row, hidden: Named, rng: Rng) -> tuple[Array, Array]:
    """Weights (inputs × units) and biases (units) of one dense row."""
    init = concrete(row.init or Named("glorot_uniform"), hidden)
    table = INITIALIZERS[init.name]
    given = table.arguments(init)
    weight = table.draw(rng, row.inputs, row.units, **given)
    if row.bias is None or (row.bias.name == "default" and table.draw_bias is None):
        return weight, np.zeros(row.units)
    if row.bias.name == "default":
        assert table.draw_bias is not None
        return weight, table.draw_bias(rng, row.inputs, row.units, **given)
    bias = INITIALIZERS[row.bias.name]
    return weight, bias.draw(rng, 1, row.units, **bias.arguments(row.bias))[0]


def concrete(init: Named, hidden: Named) -> Named:
    """The initializer with what it takes from the model: scikit-learn's factor is 2 for logistic units, else 6."""
    if init.name != "sklearn":
        return init
    return replace(init, parameters=(("factor", 2.0 if hidden.name == "sigmoid" else 6.0),))
