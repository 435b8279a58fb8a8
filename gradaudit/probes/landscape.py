"""The loss around the end of one seed's run, in the plane of its largest and its smallest curvature.

Directions of eigenvectors, unlike random ones, show whether the point is a saddle (Li et al. 2018, arXiv:1712.09913,
section 6, warn of what random planes hide).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gradaudit.domain.landscape import Landscape, Place
from gradaudit.domain.measurements import CriticalKind, CriticalPoint, Descent
from gradaudit.nn.backprop import Backprop
from gradaudit.nn.training import Plan, train
from gradaudit.nn.walk import along, downhill, loss_at
from gradaudit.probes.budget import pass_cost
from gradaudit.probes.critical_point import affordable_walks, kicked
from gradaudit.probes.curvature import spectrum
from gradaudit.probes.descent import start_weights
from gradaudit.probes.interface import Subject
from gradaudit.probes.threads import spread

Array = npt.NDArray[np.float64]

GRID = 13
"""Places along each direction."""
PRODUCTS = 16
"""Hessian products at most; each costs two passes."""
MARGIN = 1.15
FALLEN = 0.9
"""The way down is drawn until this share of its fall: what follows leads far away along a valley."""
SADDLES = ("strict", "degenerate")
RISE = 0.2
"""The window reaches at least to where the quadratic has changed the loss by this share of itself."""
MOST_PLACES = 60
"""Of a path."""


def measure(subject: Subject, descent: Descent, critical: CriticalPoint | None) -> Landscape | None:
    """The picture of the seed that rests on a saddle, else of the first; None where it would be too dear.

    The run is walked again for that seed alone, with the parameters kept at each look.
    """
    if not _fits(subject, descent):
        return None
    seed = _telling_seed(critical)
    way = _walked_again(subject, descent, seed)
    theta = way[-1]
    if not np.isfinite(theta).all():
        return None
    bp = subject.at(theta[None, :])
    found = spectrum(bp, subject.settings.seed + seed, tolerance=1e-2, most=PRODUCTS)
    if not np.isfinite(found.high[0]):
        return None
    kind = critical.kinds[seed] if critical is not None else "not critical"
    down = _way_down(subject, bp, theta, found.low_vector[0], seed, kind)
    second = down[-1] - theta if kind == "degenerate" else found.low_vector[0]
    plane = np.stack([found.high_vector[0], _orthogonal(second, found.high_vector[0])])
    path, escape = _seen(plane, theta, [point for point in way if np.isfinite(point).all()]), _seen(plane, theta, down)
    loss = abs(loss_at(bp, theta))
    x = _axis([place[0] for place in (*path, *escape)], loss, float(found.high[0]))
    y = _axis([place[1] for place in (*path, *escape)], loss, float(found.low[0]))
    surface = tuple(spread(lambda height: _row(subject, theta, plane, x, height), y))
    ends = float(found.high[0]), float(found.low[0])
    return Landscape(seed, *ends, x, y, surface, path, escape, kind == "degenerate")


def _fits(subject: Subject, descent: Descent) -> bool:
    a_pass = pass_cost(subject.network, len(subject.batch[0]), 1)
    a_step = pass_cost(subject.network, descent.batch_size, 1)
    looking = GRID * GRID / 3 + 2 * PRODUCTS
    return looking * a_pass + descent.configured.steps[-1] * a_step <= subject.budget.pictures


def _telling_seed(critical: CriticalPoint | None) -> int:
    kinds = critical.kinds if critical is not None else ()
    return next((seed for seed, kind in enumerate(kinds) if kind in SADDLES), 0)


def _walked_again(subject: Subject, descent: Descent, seed: int) -> list[Array]:
    """The parameters at each look of the configured run."""
    rate = np.array([[descent.configured.learning_rate or 0.0]])
    steps, order = descent.configured.steps, subject.settings.seed * 1000 + seed
    plan = Plan(
        subject.spec.optimizer,
        rate,
        descent.batch_size,
        steps[-1],
        min(len(steps), MOST_PLACES),
        [order],
        framework=subject.spec.framework,
        traced=True,
        dtype=subject.run_dtype,
    )
    start = start_weights(subject)
    start = start[min(seed, len(start) - 1)][None, :]
    return [at_look[0] for at_look in train(subject.network, start, subject.X, subject.T, subject.batch, plan).path]


def _way_down(
    subject: Subject, bp: Backprop, theta: Array, lowest: Array, seed: int, kind: CriticalKind
) -> Sequence[Array]:
    """From a saddle a step along the negative curvature, or a small kick, and downhill from there; else nothing."""
    if kind not in SADDLES:
        return ()
    loss = loss_at(bp, theta)
    begin = along(bp, theta, lowest).theta if kind == "strict" else kicked(subject, bp, theta, seed, loss)
    path = (theta, *downhill(bp, begin, affordable_walks(subject)[0], traced=True).path)
    losses = [loss_at(bp, point) for point in path]
    enough = losses[0] - FALLEN * (losses[0] - min(losses))
    drawn = path[: next(i for i, reached in enumerate(losses) if reached <= enough) + 1]
    kept = {round(k * (len(drawn) - 1) / MOST_PLACES) for k in range(MOST_PLACES + 1)}
    return [drawn[i] for i in sorted(kept)]


def _orthogonal(direction: Array, to: Array) -> Array:
    """The part of a direction that is orthogonal to a unit vector, of unit length itself."""
    rest = direction - (direction @ to) * to
    size = float(np.linalg.norm(rest))
    return np.asarray(rest / size if size > 0 else rest)


def _seen(plane: Array, centre: Array, points: Sequence[Array]) -> tuple[Place, ...]:
    """The points' shadows on the plane."""
    shadows = [plane @ (point - centre) for point in points]
    return tuple((float(x), float(y)) for x, y in shadows)


def _axis(places: list[float], loss: float, curvature: float) -> tuple[float, ...]:
    """Evenly spaced places that hold all that is drawn, the end of the run among them.

    At least as far as the curvature takes to change the loss by RISE, but where it is all but flat no further than
    what is drawn, or one unit.
    """
    low, high = min([*places, 0.0]), max([*places, 0.0])
    bend = float(np.sqrt(2 * RISE * max(loss, 1e-12) / max(abs(curvature), 1e-300)))
    least = min(bend, max(-low, high, 1.0))
    middle, half = (low + high) / 2, max((high - low) / 2 * MARGIN, least)
    return tuple(float(place) for place in np.linspace(middle - half, middle + half, GRID))


def _row(subject: Subject, theta: Array, plane: Array, x: tuple[float, ...], y: float) -> tuple[float | None, ...]:
    """Each row has a pass of its own: rows are taken by several threads."""
    bp = subject.at(theta[None, :])
    losses = [loss_at(bp, theta + across * plane[0] + y * plane[1]) for across in x]
    return tuple(loss if np.isfinite(loss) else None for loss in losses)
