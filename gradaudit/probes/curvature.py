"""Extreme eigenvalues of the Hessian by Lanczos, and the learning rates that they allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gradaudit.domain.measurements import Curvature, LearningRate, StageName
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import Named
from gradaudit.functions.optimizers import OPTIMIZERS, preconditioner
from gradaudit.nn.eigen import Extremes, Operator, exact, extremes
from gradaudit.nn.engine import Engine
from gradaudit.probes.budget import pass_cost
from gradaudit.probes.interface import ProbeContext, groups, per_seed
from gradaudit.probes.threads import spread

Array = npt.NDArray[np.float64]

SMALL = 300
"""Parameters below which the whole spectrum is computed: as many Hessian products are cheap there."""
TOLERANCE = 0.01
"""Relative residual at which an eigenvalue is good enough for a rate."""
TYPICAL_PRODUCTS = 24
"""Hessian products until the tolerance is met, in the median of the sample models."""
NEGATIVE = 1e-4
"""An eigenvalue counts as negative below −this share of the largest: under it, quadrature cannot tell it from 0."""
MOST_NODES = 200
MOST_PRODUCTS, FEWEST_PRODUCTS = 60, 12
FEWEST_ROWS, OVERDRAFT = 32, 3.0
"""Of the batch; and how many times the budget the fewest products may cost before rows give way, down to those."""
FEWEST_KEPT = 2
"""Vectors of the basis that Lanczos needs in any case."""
BASIS_BYTES = 512e6
"""The Krylov basis is kept for reorthogonalisation; seeds are taken in groups that hold it below this."""


def measure(subject: ProbeContext, stage: StageName) -> tuple[Curvature, LearningRate]:
    """Both ends of the spectrum, and the stable limit, on as many seeds as the budget pays for."""
    theta = subject.weights[stage][: affordable_seeds(subject, stage)]

    def look(seeds: tuple[int, int]) -> tuple[Array, Extremes, Array]:
        with subject.passing(theta[slice(*seeds)], affordable_rows(subject)) as bp:
            first = subject.settings.seed + seeds[0]
            found = spectrum(bp, first, most=most_products(subject))
            norm = np.sqrt(np.einsum("sp,sp->s", bp.g, bp.g))
            return norm, found, _stable_limit(subject, bp, stage, found, seeds[0])

    seen = spread(look, _groups(subject, len(theta)))
    limits = np.concatenate([limit for _, _, limit in seen])
    return _curvature([(norm, found) for norm, found, _ in seen]), _learning_rate(subject.spec.optimizer, limits)


def kept_vectors(parameters: int) -> int:
    """Of a Krylov basis: all for most networks, a few where they would not fit."""
    return max(FEWEST_KEPT, int(BASIS_BYTES / (8.0 * parameters)))


def affordable_seeds(subject: ProbeContext, stage: StageName) -> int:
    """How many seeds the curvature budget pays for, at least one."""
    return min(len(subject.weights[stage]), max(1, int(_affordable(subject) / TYPICAL_PRODUCTS)))


def affordable_rows(subject: ProbeContext) -> int:
    """Of the probe batch: half, a quarter, … where even the fewest products on all rows exceed the budget by far.

    Convolutions see each sample at every position, so that fewer samples tell as much of them.
    """
    rows, spectra = len(subject.batch[0]), 1 if subject.spec.optimizer.name == "sgd" else 2
    while rows > FEWEST_ROWS and spectra * FEWEST_PRODUCTS > OVERDRAFT * _products(subject, rows):
        rows = max(FEWEST_ROWS, rows // 2)
    return rows


def _affordable(subject: ProbeContext) -> float:
    """Hessian products that the budget pays for."""
    return _products(subject, affordable_rows(subject))


def _products(subject: ProbeContext, rows: int) -> float:
    """Products on so many rows that the budget pays for; each costs about two gradient passes."""
    return subject.budget.curvature / (2 * pass_cost(subject.network, rows, 1))


def most_products(subject: ProbeContext) -> int:
    """Products for one seed: MOST_PRODUCTS, fewer for a network whose single product is dear."""
    return max(FEWEST_PRODUCTS, min(MOST_PRODUCTS, int(_affordable(subject))))


def spectrum(bp: Engine, seed: int, tolerance: float = TOLERANCE, most: int = MOST_PRODUCTS) -> Extremes:
    """Both ends of the Hessian's spectrum at bp's parameters: exactly for a small network, else by Lanczos."""
    return _ends(bp, _product(bp), seed, tolerance, most)


def largest(bp: Engine, seed: int) -> list[float] | None:
    """About the largest eigenvalue of the Hessian at bp's parameters, one a seed: what the fewest products show.

    None for a small network, of which the whole spectrum costs as little.
    """
    if bp.theta.shape[1] < SMALL:
        return None
    found: list[float] = _ends(bp, _product(bp), seed, TOLERANCE, FEWEST_PRODUCTS, both=False).high.tolist()
    return found


def _ends(bp: Engine, product: Operator, seed: int, tolerance: float, most: int, *, both: bool = True) -> Extremes:
    if bp.theta.shape[1] < SMALL:
        return exact(_matrix(product, bp.theta.shape))
    window = kept_vectors(bp.theta.shape[1])
    return extremes(product, _start(bp, seed), tolerance=tolerance, most=most, both=both, window=window)


def _matrix(product: Operator, shape: tuple[int, ...]) -> Array:
    """The operator as matrices, seeds × P × P: its products with the unit vectors are their columns."""
    unit, columns = np.zeros(shape), []
    for place in range(shape[1]):
        unit[:, place] = 1.0
        columns.append(product(unit).copy())
        unit[:, place] = 0.0
    return np.stack(columns, axis=-1)


def _groups(subject: ProbeContext, seeds: int) -> list[tuple[int, int]]:
    most = max(1, int(BASIS_BYTES / (8.0 * MOST_PRODUCTS * subject.network.layout.size)))
    by_memory = groups(subject.network, len(subject.batch[0]), seeds)
    return [(k, min(k + most, high)) for low, high in by_memory for k in range(low, high, most)]


def _product(bp: Engine, scale: Array | float = 1.0, decay: float = 0.0) -> Callable[[Array], Array]:
    """v → s·(H + decay)·(s·v): the Hessian, or the preconditioned P^−½HP^−½, which has the eigenvalues of P⁻¹H."""
    plain = isinstance(scale, float) and scale == 1.0 and decay == 0.0  # then no copies of large arrays

    def product(v: Array) -> Array:
        if plain:
            bp.v[:] = v
            return bp.hessian_product()
        bp.v[:] = scale * v
        return np.asarray(scale * (bp.hessian_product() + decay * bp.v))

    return product


def _start(bp: Engine, seed: int) -> Array:
    return np.random.default_rng([seed, 2]).standard_normal(bp.theta.shape)


def _curvature(parts: list[tuple[Array, Extremes]]) -> Curvature:
    def column(pick: Callable[[Extremes], Array]) -> PerSeed:
        return per_seed(np.concatenate([pick(found) for _, found in parts]))

    return Curvature(
        gradient_norm=per_seed(np.concatenate([norm for norm, _ in parts])),
        lambda_max=column(lambda e: e.high),
        lambda_min=column(lambda e: e.low),
        residual_max=column(lambda e: e.residual_high),
        residual_min=column(lambda e: e.residual_low),
        negative_share=PerSeed.of(share for _, found in parts for share in _negative_shares(found)),
        density=_density([found for _, found in parts]),
    )


def _negative_shares(found: Extremes) -> list[float | None]:
    """Per seed: the weight of eigenvalues below −NEGATIVE of the largest in size; None where the spectrum is lost."""
    shares: list[float | None] = []
    for nodes, weights in zip(found.nodes, found.weights, strict=True):
        edge = -NEGATIVE * np.abs(nodes).max(initial=0.0)
        shares.append(float(weights[nodes < edge].sum()) if nodes.size else None)
    return shares


def _density(parts: list[Extremes]) -> tuple[tuple[float, float], ...]:
    """All seeds' nodes in rising order, at most MOST_NODES: beyond that neighbours are merged at their mean."""
    values = np.concatenate([nodes for part in parts for nodes in part.nodes] or [np.zeros(0)])
    weights = np.concatenate([weights for part in parts for weights in part.weights] or [np.zeros(0)])
    order = np.argsort(values, kind="stable")
    groups_of = np.array_split(order, min(MOST_NODES, len(order))) if len(order) else []
    total = weights.sum()
    merged = []
    for group in groups_of:
        share = float(weights[group].sum())
        centre = float(values[group] @ weights[group] / share) if share > 0 else float(values[group].mean())
        merged.append((centre, share / float(total)))
    return tuple(merged)


def _stable_limit(subject: ProbeContext, bp: Engine, stage: StageName, found: Extremes, first: int) -> Array:
    """The largest stable rate on the local quadratic (Cohen et al. 2021, arXiv:2103.00065; 2022, arXiv:2207.14484)."""
    optimizer = subject.spec.optimizer
    if optimizer.name not in OPTIMIZERS:
        return np.full(bp.seeds, np.nan)
    given = OPTIMIZERS[optimizer.name].arguments(optimizer, subject.spec.framework)
    beta, momentum = given.get("beta_1", 0.0), given.get("momentum", 0.0)
    if optimizer.name == "sgd":
        curvature = found.high + given["weight_decay"]
        reach = 2 * (1 + momentum) / ((1 + 2 * momentum) if given["nesterov"] else 1.0)
    else:
        curvature = _preconditioned(subject, bp, stage, given, first)
        reach = 2 * (1 + beta) / (1 - beta) * (1 + momentum)  # rmsprop's momentum is a heavy ball of quotients
    with np.errstate(all="ignore"):
        return np.asarray(np.where(curvature > 0, reach / curvature, np.inf))


def _preconditioned(subject: ProbeContext, bp: Engine, stage: StageName, given: Mapping[str, Any], first: int) -> Array:
    """λ_max(P⁻¹H) of the gradient that the optimizer sees, a coupled weight decay included."""
    row = OPTIMIZERS[subject.spec.optimizer.name]
    decay = given["weight_decay"] if row.couples_decay(subject.spec.framework) else 0.0
    moments = subject.second_moments.get(stage)
    if moments is None:
        v = np.square(bp.g + decay * bp.theta) + given.get("initial_accumulator_value", 0.0)
    else:
        v = moments[first : first + bp.seeds]
    product = _product(bp, 1 / np.sqrt(preconditioner(v, given)), decay)
    seed = subject.settings.seed + first
    return _ends(bp, product, seed, TOLERANCE, most_products(subject), both=False).high


def _learning_rate(optimizer: Named, limits: Array) -> LearningRate:
    """The configured rate beside the limit; half the limit is where the steepest direction converges at once."""
    if optimizer.name not in OPTIMIZERS:
        return LearningRate(None, None, None)
    configured = float(OPTIMIZERS[optimizer.name].arguments(optimizer)["learning_rate"])
    return LearningRate(configured, per_seed(limits), per_seed(limits / 2))
