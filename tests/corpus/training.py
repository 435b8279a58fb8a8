"""Trains specs in full with PyTorch, in float32: what labels are held against.

Of gradaudit it takes how a spec is read, the rows of data and the initializers' draws; forward and backward pass,
losses and updates are PyTorch's own. Specs that differ in draws, rates or scales alone train side by side, as a stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from math import inf, isfinite

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from gradaudit.datasets import Dataset, prepare
from gradaudit.domain.expanded import ExpandedBlock, ExpandedLayer, expand, flatten
from gradaudit.domain.spec import LayerSpec, ModelSpec, Named
from gradaudit.functions.losses import LOSSES
from gradaudit.nn.network import draw

positions, recurrence = (
    import_module(f"{__name__.rpartition('.')[0]}.{name}".lstrip(".")) for name in ("positions", "recurrence")
)
"""The modules beside this one, whether this is part of the tests or of a script's folder."""

Array = npt.NDArray[np.float64]
Rows = tuple[ExpandedLayer | ExpandedBlock, ...]
SEEDS = (0, 1, 2, 3, 4)
LEARNT, FAILED = 0.3, 0.1
"""Of the constant prediction's loss: a run that takes off more than the first learns, less than the second fails."""
CLIP = 1e-7
"""Keras's: probabilities are kept this far from 0 and 1 where the loss does not see logits."""

ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "softplus": functional.softplus,
    "softsign": functional.softsign,
    "mish": functional.mish,
    "hard_sigmoid": functional.hardsigmoid,
    "hard_tanh": functional.hardtanh,
    "relu6": functional.relu6,
    "exponential": torch.exp,
    "softmax": lambda z: functional.softmax(z, -1),
}
TERMS = {
    "mse": lambda h, t: (h - t) ** 2,
    "half_mse": lambda h, t: (h - t) ** 2 / 2,
    "half_sse": lambda h, t: (h - t) ** 2 / 2,
    "mae": lambda h, t: (h - t).abs(),
    "huber": lambda h, t: functional.huber_loss(h, t, reduction="none"),
    "poisson": lambda h, t: torch.xlogy(t, t) - t * h.log() - t + h,
    "binary_cross_entropy": lambda h, t: functional.binary_cross_entropy(h.clamp(CLIP, 1 - CLIP), t, reduction="none"),
    "cross_entropy": lambda h, t: -t * (h / h.sum(-1, keepdim=True)).clamp(CLIP, 1 - CLIP).log(),
}
FROM_LOGITS = {
    ("sigmoid", "binary_cross_entropy"): lambda z, t: functional.binary_cross_entropy_with_logits(
        z, t, reduction="none"
    ),
    ("softmax", "cross_entropy"): lambda z, t: -t * functional.log_softmax(z, -1),
}
OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
}


@dataclass(frozen=True)
class Run:
    """One spec trained in full, once a seed."""

    progress: tuple[float, ...]
    """1 − loss / the loss of the best constant prediction, at the end, over all rows; −∞ where it is not finite."""

    @property
    def truth(self) -> str:
        """`learns`: at most one seed of five does not. `fails`: most do. Else `between`."""
        if sum(p > LEARNT for p in self.progress) >= 0.8 * len(self.progress):
            return "learns"
        return "fails" if sum(p < FAILED for p in self.progress) > len(self.progress) / 2 else "between"

    def __str__(self) -> str:
        return f"{self.truth} {' '.join(f'{p:.3g}' for p in self.progress)}"


def train(specs: Sequence[ModelSpec], seeds: Sequence[int] = SEEDS) -> list[Run]:
    """Each spec's run; those of one shape go side by side. Raises what gradaudit does for a spec that is none."""
    torch.set_num_threads(1)  # products of this size gain nothing from more
    prepared = [prepare(spec, 0) for spec in specs]
    groups: dict[object, list[int]] = {}
    for index, (spec, _) in enumerate(prepared):
        groups.setdefault(_shape(spec), []).append(index)
    runs: dict[int, Run] = {}
    for members in groups.values():
        stack = _Stack([prepared[index] for index in members], seeds)
        runs.update(zip(members, stack.trained(), strict=True))
    return [runs[index] for index in range(len(specs))]


def _shape(spec: ModelSpec) -> object:
    """What specs must share to train as one stack: all but the draws, the rate and the scales."""
    rows = tuple(replace(row, layer=_without_init(row.layer)) for row in flatten(expand(spec)))
    update = replace(spec.optimizer, parameters=tuple(p for p in spec.optimizer.parameters if p[0] != "learning_rate"))
    data = spec.data.name, spec.data.get("samples"), spec.data.get("path")
    return rows, spec.loss, update, spec.l2, spec.batch_size, spec.epochs, data


def _without_init(layer: LayerSpec) -> LayerSpec:
    return replace(layer, init=None) if layer.is_linear_map else layer


class _Stack:
    """Copies of one graph, a slice for each spec and seed; no slice touches another."""

    def __init__(self, prepared: Sequence[tuple[ModelSpec, Dataset]], seeds: Sequence[int]) -> None:
        specs, data = [spec for spec, _ in prepared], [data for _, data in prepared]
        self.spec, self.rows, self.seeds, self.loss = specs[0], expand(specs[0]), seeds, LOSSES[specs[0].loss.name]
        self.X, self.T = (_tensor([getattr(each, name) for each in data]) for name in "XT")
        self.of = torch.arange(len(specs)).repeat_interleave(len(seeds))  # slice → spec
        draws = [list(drawn(spec, seed)) for spec in specs for seed in seeds]
        *_, self.last = flatten(self.rows)
        *_, self.output = (row.activation for row in flatten(self.rows) if row.activation)
        self.shapes = [part.shape for part in draws[0]]
        self.sizes = [part.size for part in draws[0]]
        self.is_weight = torch.cat([torch.full((part.size,), float(part.ndim > 1)) for part in draws[0]])
        self.theta = _tensor([np.concatenate([part.ravel() for part in parts]) for parts in draws]).requires_grad_()
        default = 0.001 if self.spec.optimizer.name.startswith("adam") else 0.01
        self.rate = torch.tensor([s.optimizer.number("learning_rate", default) for s in specs])[self.of][:, None]
        self.move = torch.zeros_like(self.theta)
        self.optimizer = _optimizer(self.move, self.spec.optimizer)
        h = _tensor([self.loss.constant(each.T) for each in data]).expand_as(self.T)
        self.baseline = self.average(TERMS[self.loss.name](h, self.T))[self.of]

    def trained(self) -> list[Run]:
        """Every epoch of the plan, in batches that each seed draws for itself; the end as one run a spec."""
        torch.manual_seed(self.seeds[0])  # of dropout alone
        n, rngs = self.X.shape[1], [np.random.default_rng([seed, 1]) for seed in self.seeds]
        size = min(self.spec.batch_size or n, n)
        for _ in range(self.spec.epochs):
            order = np.stack([rng.permutation(n) if size < n else np.arange(n) for rng in rngs])
            order = torch.tensor(order).repeat(len(self.X), 1)
            for begin in range(0, n, size):
                batch = self.of[:, None], order[:, begin : begin + size]
                self.update(self.X[batch], self.T[batch])
        with torch.no_grad():
            progress = 1 - self.losses(self.X[self.of], self.T[self.of], training=False) / self.baseline
        return [Run(tuple(p if isfinite(p) else -inf for p in one)) for one in progress.view(len(self.X), -1).tolist()]

    def update(self, x: Tensor, t: Tensor) -> None:
        """One step of each slice: what the optimizer would do at rate 1, times the slice's rate."""
        loss = self.losses(x, t, training=True)
        if self.spec.loss.get("reduction") == "sum":
            loss = loss * x.shape[1] * (t.shape[2] if self.loss.over_outputs == "mean" else 1)
        (g,) = torch.autograd.grad(loss.sum(), self.theta)
        given = self.spec.optimizer
        with torch.no_grad():
            g += self.spec.l2 * self.is_weight * self.theta
            if (limit := given.get("clip_norm")) is not None:
                g *= (limit / (g.norm(dim=1, keepdim=True) + 1e-6)).clamp(max=1)
            decay = given.number("weight_decay", 0.01 if given.name == "adamw" else 0.0)
            if given.name == "adamw":
                self.theta *= 1 - self.rate * decay
            else:
                g += decay * self.theta
            self.move.grad = g
            self.optimizer.step()
            self.theta += self.rate * self.move
            self.move.zero_()

    def losses(self, x: Tensor, t: Tensor, *, training: bool) -> Tensor:
        """The mean loss of each slice on its rows (slices × samples × columns), without l2."""
        flat = self.theta.split(self.sizes, 1)
        parts = iter([part.view(-1, *shape) for part, shape in zip(flat, self.shapes, strict=True)])
        z = self.forward(self.rows, parts, x, training=training)
        if (terms := FROM_LOGITS.get((self.output.name, self.loss.name))) is not None:
            return self.average(terms(z, t))
        return self.average(TERMS[self.loss.name](_activated(z, self.output), t))

    def average(self, terms: Tensor) -> Tensor:
        """Over samples and positions, and over outputs as the loss does."""
        over = terms.mean if self.loss.over_outputs == "mean" else terms.sum
        return over(-1).flatten(1).mean(1)

    def forward(self, rows: Rows, parts: Iterator[Tensor], x: Tensor, *, training: bool) -> Tensor:
        """What the rows make of x; the last one's activation is left to the loss."""
        waiting = None
        for row in rows:
            if isinstance(row, ExpandedBlock):
                inside = self.forward(row.rows, parts, x, training=training)
                x = inside + self.forward(row.shortcut, parts, x, training=training)
                continue
            own = None if row.layer.own_activation else row.activation
            x, waiting = _passed(row, parts, x, training=training), own or waiting
            if waiting and not row.normed and row is not self.last:
                x, waiting = _activated(x, waiting), None
        return x


def _passed(row: ExpandedLayer, parts: Iterator[Tensor], x: Tensor, *, training: bool) -> Tensor:
    """One row without its activation. A norm takes the statistics of the rows that it is given."""
    if row.kind == "dropout":
        return functional.dropout(x, row.layer.rate, training)
    if row.kind == "activation":
        return x
    if row.kind == "dense":
        z = torch.bmm(x.flatten(1, -2), next(parts)).view(*x.shape[:-1], -1)
        return z if row.bias is None else z + positions.beside(next(parts), z)
    if row.layer.own_activation or row.kind == "embedding":
        inside = row.activation or Named("identity")
        return recurrence.passed(row, parts, x, lambda z: _activated(z, inside))
    if not row.kind.endswith("_norm"):
        return positions.passed(row, parts, x)
    axis = list(range(1, x.ndim - 1)) if row.kind == "batch_norm" else -1
    centred = x - x.mean(axis, keepdim=True)
    spread = (centred.square().mean(axis, keepdim=True) + row.layer.eps).rsqrt()
    return centred * spread * positions.beside(next(parts), x) + positions.beside(next(parts), x)


def _activated(z: Tensor, activation: Named) -> Tensor:
    return ACTIVATIONS[activation.name](z, **dict(activation.parameters))


def drawn(spec: ModelSpec, seed: int) -> Iterator[Array]:
    """The parameters in forward order: matrices of weights, vectors of the others; given ones know no seed."""
    rng = np.random.default_rng([seed, 0])
    rows = [row for row in flatten(expand(spec)) if row.parameters]
    for row, given in zip(rows, spec.weights.rows if spec.weights else [{}] * len(rows), strict=True):
        for part in row.parameters:
            start = np.full(part.shape, part.start) if part.start is not None else None
            value = draw(row, part, spec.activation, rng) if start is None else start
            yield given.get(part.name, value)


def _optimizer(move: Tensor, given: Named) -> torch.optim.Optimizer:
    """PyTorch's, at rate 1 and on a tensor of zeros: what it makes of them is the update."""
    said = {key: value for key, value in given.parameters if key not in ("learning_rate", "clip_norm", "weight_decay")}
    if given.name in ("adam", "adamw"):
        said["betas"] = said.pop("beta_1", 0.9), said.pop("beta_2", 0.999)
    return OPTIMIZERS[given.name]([move], lr=1.0, weight_decay=0.0, **said)


def _tensor(arrays: Sequence[Array]) -> Tensor:
    return torch.tensor(np.stack(arrays), dtype=torch.float32)
