"""A network's structure and its initial weights: rows, layout and objective, no data yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gradaudit.domain.expanded import FROM_INIT, ExpandedBlock, ExpandedLayer, expand, flatten
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import Problem, SpecError
from gradaudit.functions.arrays import Array
from gradaudit.functions.initializers import INITIALIZERS, Rng
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.interface import matrix
from gradaudit.nn.objective import Objective
from gradaudit.nn.parameters import Layout


@dataclass(frozen=True)
class Network:
    """A complete spec made ready to run."""

    tree: tuple[ExpandedLayer | ExpandedBlock, ...]
    """The rows with their residual blocks."""
    rows: tuple[ExpandedLayer, ...]
    """The same, flat, in forward order."""
    layout: Layout
    objective: Objective
    output: Named
    hidden: Named
    """The hidden activation: scikit-learn's initialisation follows it."""
    l2: float
    input_shape: Shape
    """Of one sample."""

    @cached_property
    def linear_maps(self) -> tuple[ExpandedLayer, ...]:
        """Dense layers and convolutions, in forward order; the last of them is the output."""
        return tuple(row for row in self.rows if row.layer.is_linear_map)

    @cached_property
    def weighted(self) -> tuple[ExpandedLayer, ...]:
        """The rows with weights, in forward order; the last of them is a linear map."""
        return tuple(row for row in self.rows if row.has_weights)

    @cached_property
    def following(self) -> dict[int, ExpandedLayer]:
        """Row index of a row with weights → the next one on its way to the output; the last one is not in it.

        Behind the two ways through a block comes what stands behind the block.
        """
        return {index: after for index, after in _following(self.tree, None)[1].items() if after is not None}

    @cached_property
    def has_skips(self) -> bool:
        """True where some rows stand in a residual block."""
        return any(isinstance(row, ExpandedBlock) for row in self.tree)

    @cached_property
    def values(self) -> int:
        """Numbers that the rows hold of one sample, as each of the arrays of a pass counts them."""
        return sum(row.layer.kept(row.input_shape) for row in self.rows)

    def flops(self, samples: int) -> float:
        """Floating-point operations of one loss-and-gradient pass: as many as three forward passes."""
        return 3.0 * samples * sum(row.layer.flops(row.input_shape) for row in self.rows)


def _following(
    tree: tuple[ExpandedLayer | ExpandedBlock, ...], after: ExpandedLayer | None
) -> tuple[ExpandedLayer | None, dict[int, ExpandedLayer | None]]:
    """The first of these rows with weights (else `after`, what comes behind them), and what follows each of theirs."""
    found: dict[int, ExpandedLayer | None] = {}
    for row in reversed(tree):
        if isinstance(row, ExpandedBlock):
            found |= _following(row.shortcut, after)[1]
            after, inside = _following(row.rows, after)
            found |= inside
        elif row.has_weights:
            found[row.index], after = after, row
    return after, found


def build(spec: ModelSpec) -> Network:
    """The network of a complete spec (loss and output known).

    Raises SpecError, with the line, where something stands behind the last dense layer.
    """
    if spec.loss is None:
        raise ValueError("the spec is not complete: its loss is unknown")
    tree = expand(spec)
    rows = tuple(flatten(tree))
    _refuse_headless(spec, tree)
    output = [row for row in rows if row.layer.is_linear_map][-1].activation or Named("identity")
    return Network(
        tree, rows, Layout.of(rows), Objective(output, spec.loss), output, spec.activation, spec.l2, spec.input_shape
    )


def _refuse_headless(spec: ModelSpec, tree: tuple[ExpandedLayer | ExpandedBlock, ...]) -> None:
    """The output is the last dense layer's: nothing but that layer's own norm may follow it."""
    last = tree[-1]
    own_norm = len(tree) > 1 and isinstance(tree[-2], ExpandedLayer) and tree[-2].normed and tree[-2].path == last.path
    if isinstance(last, ExpandedLayer) and (last.layer.is_linear_map or own_norm):
        return
    kind = last.layer.type
    must = "the last layer must be a dense one or a convolution, since the loss reads its output"
    message = f"{last.path}: {must}; this one is {kind}: write the number of outputs behind it"
    raise SpecError(Problem(message, spec.locate(last.path)))


def initial(network: Network, rng: Rng) -> Array:
    """One draw of all parameters, a vector of length P: by each row's initializer, or where its parameter starts."""
    theta = np.zeros((1, network.layout.size))
    views = network.layout.views(theta)
    for row in network.rows:
        for parameter in row.parameters:
            start = parameter.start
            views[row.index, parameter.name][0] = draw(row, parameter, network.hidden, rng) if start is None else start
    return np.asarray(theta[0])


def draw(row: ExpandedLayer, parameter: Parameter, hidden: Named, rng: Rng) -> Array:
    """One parameter of a row, of its shape: as it says itself, else by the row's initializer of weights or of biases.

    Blocks are drawn one after the other and stand side by side.
    """
    if parameter.draw is not None:
        return parameter.draw(rng)
    blocks = [_block(row, parameter, hidden, rng) for _ in range(parameter.blocks)]
    return np.concatenate(blocks, axis=-1)


def _block(row: ExpandedLayer, parameter: Parameter, hidden: Named, rng: Rng) -> Array:
    init = concrete(parameter.init or row.init or Named("glorot_uniform"), hidden)
    table = INITIALIZERS[init.name]
    given = table.arguments(init)
    part = replace(parameter, shape=(*parameter.shape[:-1], parameter.shape[-1] // parameter.blocks))
    if parameter.role != "bias":
        return table.draw(rng, part, **given)
    if row.bias is None or (row.bias == FROM_INIT and table.draw_bias is None):
        return np.zeros(part.shape)
    if row.bias == FROM_INIT:
        assert table.draw_bias is not None
        return table.draw_bias(rng, part, **given)
    bias = INITIALIZERS[row.bias.name]
    return np.asarray(bias.draw(rng, matrix(1, part.shape[0]), **bias.arguments(row.bias))[0])


def concrete(init: Named, hidden: Named) -> Named:
    """The initializer with what it takes from the model: scikit-learn's factor is 2 for logistic units, else 6."""
    if init.name != "sklearn":
        return init
    return replace(init, parameters=(("factor", 2.0 if hidden.name == "sigmoid" else 6.0),))
