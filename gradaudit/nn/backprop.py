"""Loss, gradient and Hessian products of one network over one batch, for several seeds at once.

The seeds are the first axis of every array, so that small networks pay Python's price once for all of them.
Buffers are made once and used for every pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from gradaudit.domain.expanded import ExpandedBlock, ExpandedLayer, flatten
from gradaudit.functions.arrays import Array
from gradaudit.functions.parameter import Shape
from gradaudit.layers.activate import Activate
from gradaudit.layers.operation import Arrays, Binding, Chain, LinearOp, Op, Reach, Tap
from gradaudit.nn.engine import Vectors
from gradaudit.nn.network import Network
from gradaudit.nn.parameters import Key


@dataclass(frozen=True, slots=True)
class Views:
    """The same slots in parameters θ, gradient g, direction v and Hessian product Hv: (row, name) → seeds × shape."""

    theta: Mapping[Key, Array]
    g: Mapping[Key, Array]
    v: Mapping[Key, Array]
    Hv: Mapping[Key, Array]

    def of(self, row: ExpandedLayer) -> Arrays:
        """Those of one row, by name."""
        names = [parameter.name for parameter in row.parameters]
        parts = (self.theta, self.g, self.v, self.Hv)
        return Arrays(*({name: part[row.index, name] for name in names} for part in parts))


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
        self.weights = [slot.key for slot in network.layout.weights]
        self.ops: dict[int, Op] = {}
        self.activate: dict[int, Activate] = {}
        self.chain = self._chain(network.tree, is_first=True)

    @property
    def samples(self) -> int:
        """Of the batch."""
        return int(self.X.shape[self.X.ndim - 1 - len(self.network.input_shape)])

    def _chain(self, tree: tuple[ExpandedLayer | ExpandedBlock, ...], is_first: bool) -> Chain:
        """The operations up to the last z; the output activation belongs to the objective."""
        ops: list[Op] = []
        first: int | None = None if is_first else 0  # place of the first operation that has parameters
        waiting: ExpandedLayer | None = None  # a row whose norm comes before its activation
        for row in tree:
            if first is None and any(each.parameters for each in flatten((row,))):
                first = len(ops)
                ops.append(self._op(row, is_first=True))
            else:
                ops.append(self._op(row, is_first=first is None))
            if isinstance(row, ExpandedLayer) and row.layer.is_linear_map:
                waiting = row
            if waiting is not None and not (row is waiting and waiting.normed):
                ops += self._activation(waiting)
                waiting = None
        return Chain(ops, len(ops) if first is None else first)

    def _op(self, row: ExpandedLayer | ExpandedBlock, is_first: bool) -> Op:
        if isinstance(row, ExpandedBlock):
            return row.layer.build(self._binding(Arrays({}, {}, {}, {}), (), is_first, self._branches(row, is_first)))
        op = row.layer.build(self._binding(self.views.of(row), row.input_shape, is_first))
        self.ops[row.index] = op
        if isinstance(op, Activate):
            self.activate[row.index] = op
        return op

    def _branches(self, row: ExpandedBlock, is_first: bool) -> dict[str, Op]:
        of = {"layers": row.rows, "shortcut": row.shortcut}
        return {key: self._chain(rows, is_first) for key, rows in of.items() if rows}

    def _binding(
        self, arrays: Arrays, inputs: Shape, is_first: bool, branches: Mapping[str, Op] | None = None
    ) -> Binding:
        return Binding(
            arrays, inputs, self.seeds, self.samples, is_first, self.theta.dtype, self.dropout, branches or {}
        )

    def _activation(self, row: ExpandedLayer) -> list[Op]:
        if row is self.network.linear_maps[-1] or row.activation is None:
            return []
        shape = (self.seeds, self.samples * prod(row.shape[:-1]), row.units)
        self.activate[row.index] = Activate(row.activation, shape, self.theta.dtype)
        return [self.activate[row.index]]

    def output(self) -> Array:
        """Forward: the network's output h, seeds × samples × outputs."""
        self.z = self.chain.forward(_in_rows(self.X, self.network.input_shape))
        self.h = self.network.objective.pair.output(self.z)
        self.t = _in_rows(self.T, self.network.linear_maps[-1].shape)
        return self.h

    def data_loss(self) -> Array:
        """Forward: the data term, seeds long."""
        self.output()
        return self._value()

    def _value(self) -> Array:
        self.data_term = self.network.objective.value(self.z, self.h, self.t)
        return self.data_term

    def penalty(self) -> Array:
        """½·l2·Σ‖W‖² over the weights, seeds long."""
        if not self.network.l2:
            return np.zeros(self.seeds)
        weights = (self.views.theta[key] for key in self.weights)
        squares = (np.square(W).sum(axis=tuple(range(1, W.ndim))) for W in weights)
        return np.asarray(0.5 * self.network.l2 * sum(squares))

    def gradient(self) -> Array:
        """Forward and back: fills `g`, seeds × P, with the objective's gradient; returns the data term, seeds long."""
        self.fill_gradient()
        return self._value()

    def fill_gradient(self) -> None:
        """The same for whoever does not ask for the loss: a step of a run."""
        self.output()
        self.delta = self.network.objective.delta(self.z, self.h, self.t)
        self.chain.backward(self.delta)
        self._add_penalty(self.views.g, self.views.theta)

    def hessian_product(self) -> Array:
        """Fills and returns `Hv`, seeds × P, for the direction `v`, at the parameters of the last `gradient`."""
        Rz = self.chain.tangent(None)
        assert Rz is not None
        self.chain.tangent_backward(self.network.objective.tangent(self.z, self.h, self.t, Rz))
        self._add_penalty(self.views.Hv, self.views.v)
        return self.Hv

    def _add_penalty(self, into: Mapping[Key, Array], of: Mapping[Key, Array]) -> None:
        if not self.network.l2:
            return
        for key in self.weights:
            np.add(into[key], self.network.l2 * of[key], out=into[key])

    def parameters(self, row: ExpandedLayer, of: Vectors) -> Mapping[str, Array]:
        """A row's parameters by name, each seeds × shape, or their share of another vector."""
        part: Mapping[Key, Array] = getattr(self.views, of)
        return {each.name: part[row.index, each.name] for each in row.parameters}

    def of_role(self, row: ExpandedLayer, role: str, of: Vectors) -> Array | None:
        """A row's parameters of one role, or their share of another vector: seeds × numbers; None where it has none."""
        found = self.parameters(row, of)
        flat = [found[each.name].reshape(self.seeds, -1) for each in row.parameters if each.role == role]
        return flat[0] if len(flat) == 1 else np.concatenate(flat, axis=1) if flat else None

    def pull(self, row: ExpandedLayer, dz: Array) -> Array:
        """What the weights of a row make of the error signal at its z, dz, on its way back to its input."""
        op = self.ops[row.index]
        if isinstance(op, LinearOp):
            return op.pull(dz)
        assert op.dx is not None
        return op.dx

    def tap(self, row: ExpandedLayer) -> Tap:
        """What stands around the activation of a linear map, after a `gradient`."""
        link = self.activate.get(row.index)
        return next(link.taps()) if link else Tap("z", self.z, self.h, self.delta, self.delta, None)

    def taps(self, row: ExpandedLayer) -> tuple[Tap, ...]:
        """The same of any row with weights: of a recurrent one, its gates."""
        return (self.tap(row),) if row.layer.is_linear_map else tuple(self.ops[row.index].taps())

    def error_signal(self, row: ExpandedLayer) -> Array:
        """∂loss/∂z of a row with weights, that of all gates side by side; of a norm and its like, ∂loss/∂x."""
        return self.tap(row).delta if row.layer.is_linear_map else self.ops[row.index].error

    def all_taps(self) -> Iterator[Tap]:
        """Every place that can be read, activations of their own and the network's end included."""
        for link in self.activate.values():
            yield from link.taps()
        for row in self.network.weighted:
            if row.index not in self.activate:
                yield from self.taps(row)

    def reaches(self, row: ExpandedLayer) -> tuple[Reach, ...]:
        """How the error signal fares through time, one a direction; nothing of a row without time."""
        return tuple(self.ops[row.index].reaches())

    def output_of(self, row: ExpandedLayer) -> Array:
        """What a row hands on, behind its activation: seeds × rows × channels."""
        return self.tap(row).h if row.layer.is_linear_map else self.ops[row.index].y


def _in_rows(batch: Array, shape: Shape) -> Array:
    """Samples × *positions × channels as rows × channels, a view; with the seeds in front where each has its own."""
    lead = batch.shape[: batch.ndim - 1 - len(shape)]
    return batch.reshape(*lead, -1, shape[-1]) if len(shape) > 1 else batch
