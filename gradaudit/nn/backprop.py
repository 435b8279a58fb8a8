"""Loss, gradient and Hessian products of one network over one batch, for several seeds at once.

The seeds are the first axis of every array, so that small networks pay Python's price once for all of them.
Buffers are made once and used for every pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from gradaudit.nn.blocks import Activate, Block, Linear
from gradaudit.nn.composites import Dropout, Residual
from gradaudit.nn.network import Network
from gradaudit.nn.norms import Normalise
from gradaudit.nn.parameters import Key, Views
from gradaudit.rows import ResidualRows, Row

Array = npt.NDArray[np.float64]


class Backprop:
    """The chain of blocks with its parameters.

    `theta`, `g` (gradient), `v` (direction) and `Hv` (Hessian product) are seeds × P. Write into `theta`
    (or pass another Backprop's arrays to share them), then call `gradient`, then `hessian_product`. `dtype` is theirs;
    X and T should have it as well.
    """

    def __init__(
        self,
        network: Network,
        X: Array,
        T: Array,
        seeds: int,
        share: Backprop | None = None,
        dropout: Sequence[np.random.Generator] | None = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        self.network, self.X, self.T, self.seeds, self.dropout = network, X, T, seeds, dropout
        size = (seeds, network.layout.size)
        self.theta: Array = share.theta if share else np.zeros(size, dtype)
        self.g: Array = share.g if share else np.zeros(size, dtype)
        self.v: Array = share.v if share else np.zeros(size, dtype)
        self.Hv: Array = share.Hv if share else np.zeros(size, dtype)
        of = network.layout.views
        self.views = Views(of(self.theta), of(self.g), of(self.v), of(self.Hv))
        self.linear: dict[int, Linear] = {}
        self.activate: dict[int, Activate] = {}
        self.norm: dict[int, Normalise] = {}
        self.chain = self._chain(network.tree)

    def _chain(self, tree: tuple[Row | ResidualRows, ...]) -> list[Block]:
        """The blocks up to the last z; the output activation belongs to the objective."""
        blocks: list[Block] = []
        waiting: Row | None = None  # a dense row whose norm comes before its activation
        for row in tree:
            if isinstance(row, ResidualRows):
                is_first = not self.linear
                blocks.append(Residual(self._chain(row.rows), is_first))
            elif row.kind == "dense":
                blocks.append(self._linear(row))
                waiting = row
            elif row.kind == "dropout":
                blocks.append(Dropout(row.rate, self.dropout))
            elif row.kind == "activation":
                blocks += self._activation(row)
            else:
                self.norm[row.index] = Normalise(self.views, row.index, row.kind, row.eps)
                blocks.append(self.norm[row.index])
            if waiting is not None and not (row is waiting and waiting.normed):
                blocks += self._activation(waiting)
                waiting = None
        return blocks

    def _linear(self, row: Row) -> Linear:
        shape = (self.seeds, self.X.shape[-2], row.inputs)
        self.linear[row.index] = Linear(self.views, row.index, not self.linear, shape)
        return self.linear[row.index]

    def _activation(self, row: Row) -> list[Block]:
        if row is self.network.dense[-1] or row.activation is None:
            return []
        self.activate[row.index] = Activate(row.activation, (self.seeds, self.X.shape[-2], row.units), self.theta.dtype)
        return [self.activate[row.index]]

    def output(self) -> Array:
        """Forward: the network's output h, seeds × samples × outputs."""
        x = self.X
        for block in self.chain:
            x = block.forward(x)
        self.z = x
        self.h = self.network.objective.pair.output(x)
        return self.h

    def data_loss(self) -> Array:
        """Forward: the data term, one number a seed."""
        self.output()
        return self.network.objective.value(self.z, self.h, self.T)

    def penalty(self) -> Array:
        """½·l2·Σ‖W‖² over the weights, one number a seed."""
        if not self.network.l2:
            return np.zeros(self.seeds)
        squares = (np.square(W).sum(axis=(-2, -1)) for (_, kind), W in self.views.theta.items() if kind == "weight")
        return np.asarray(0.5 * self.network.l2 * sum(squares))

    def gradient(self) -> Array:
        """Forward and back: fills `g` with the objective's gradient; returns the data term, one number a seed."""
        loss = self.data_loss()
        self.delta = self.network.objective.delta(self.z, self.h, self.T)
        delta = self.delta
        for block in reversed(self.chain):
            delta = block.backward(delta)
        self._add_penalty(self.views.g, self.views.theta)
        return loss

    def hessian_product(self) -> Array:
        """Fills and returns `Hv` for the direction `v`, at the parameters of the last `gradient`."""
        R: Array | None = None
        for block in self.chain:
            R = block.tangent(R)
        assert R is not None
        R = self.network.objective.tangent(self.z, self.h, self.T, R)
        for block in reversed(self.chain):
            R = block.tangent_backward(R)
        self._add_penalty(self.views.Hv, self.views.v)
        return self.Hv

    def _add_penalty(self, into: Mapping[Key, Array], of: Mapping[Key, Array]) -> None:
        if not self.network.l2:
            return
        for key, W in of.items():
            if key[1] == "weight":
                np.add(into[key], self.network.l2 * W, out=into[key])
