"""Mean-field theory through time: what one step back multiplies the error signal of a wide recurrent layer by.

The state of a wide layer is a population of units that are alike in distribution: pre-activations are Gaussian, of a
variance that inputs and states give, around each unit's own biases. For an rnn the gain is √χ₁ with
χ₁ = units·Var(U)·E[φ′²] (Chen et al. 2018, arXiv:1806.05394). With gates a step back is J = diag(f) + A: what each unit
keeps, and a random matrix that is the same at all steps, so that both copies of it in ‖Jᵗ‖² pair up whatever the
number of steps that a unit kept in between; with one f for all units the gain tends to f plus the radius of A, and not
to the root of their squares, which holds where each step has weights of its own (Gilboa et al. 2019, arXiv:1901.08987).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.functions.activations import ACTIVATIONS, Functions
from gradaudit.functions.arrays import Array
from gradaudit.functions.initializers import INITIALIZERS
from gradaudit.functions.named import Named
from gradaudit.functions.parameter import Parameter, Shape
from gradaudit.layers.recurrent import GateBias, RecurrentSpec
from gradaudit.nn.network import concrete

UNITS, MOST_STEPS = 200, 100
"""Of the population that is followed."""
SIGMOID = ACTIVATIONS["sigmoid"].bind(Named("sigmoid"))


@dataclass(frozen=True)
class Population:
    """What decides a layer's statistics."""

    steps: int
    inputs: float
    """Var of what the inputs add to a pre-activation."""
    spread: float
    """units·Var(U)."""
    biases: Array
    """Gates × units."""
    functions: Functions


def gain_through_time(row: ExpandedLayer, hidden: Named, input_rms: float) -> float | None:
    """The predicted gain per step back; None for other rows, and where it leaves the range of numbers."""
    if not isinstance(row.layer, RecurrentSpec) or row.input_shape[0] < 2:
        return None
    return _gain(row.layer, row.input_shape, hidden, input_rms)


@lru_cache(maxsize=64)
def _gain(layer: RecurrentSpec, inputs: Shape, hidden: Named, input_rms: float) -> float | None:
    of = {parameter.name: parameter for parameter in layer.parameters(inputs)}
    variance = {name: _variance(of[name], layer.init, hidden) for name in ("weight", "recurrent")}
    activation = layer.activation or Named("tanh")
    population = Population(
        min(inputs[0], MOST_STEPS),
        inputs[-1] * variance["weight"] * input_rms**2,
        layer.units * variance["recurrent"],
        _biases(of.get("bias"), layer.gates),
        ACTIVATIONS[activation.name].bind(activation),
    )
    with np.errstate(all="ignore"):
        kept, brought = CELLS[layer.type](population, np.random.default_rng(0))
        moments = _moments(kept, population.spread * brought, population.steps)
        gain = (moments[-1] / moments[0]) ** (0.5 / (population.steps - 1))
    return float(gain) if np.isfinite(gain) else None


def _moments(kept: Array, brought: Array, steps: int) -> Array:
    """Second moment of the error signal at each number of steps back, from 1.

    With R(p, q) = E[w·f^(p+q)] for a unit that keeps for p steps in one copy and q in the other, w what it then hands
    to all others, the moment is Z(t, t) of Z(a, b) = E[f^(a+b)] + Σ R(p, q)·Z(a − 1 − p, b − 1 − q).
    """
    Z = np.zeros((steps, steps))
    above = np.zeros((steps + 1, len(kept)))  # Σ f^p·f^q·Z(a − p, b − q) of each unit, in the row before
    for a in range(steps):
        here = np.zeros_like(above)
        for b in range(steps):
            handed = (brought * above[b]).mean() if a and b else 0.0
            Z[a, b] = (kept ** (a + b)).mean() + handed
            here[b + 1] = Z[a, b] + kept * (above[b + 1] + here[b]) - kept * kept * above[b]
        above = here
    return np.diag(Z)


def _variance(parameter: Parameter, init: Named | None, hidden: Named) -> float:
    """Of one weight around its mean."""
    drawn = concrete(parameter.init or init or Named("glorot_uniform"), hidden)
    table, wide = INITIALIZERS[drawn.name], parameter.shape[-1] // parameter.blocks
    block = replace(parameter, shape=(*parameter.shape[:-1], wide))
    return float(table.variance(block, **table.arguments(drawn)))


def _biases(bias: Parameter | None, gates: int) -> Array:
    if bias is None or not isinstance(bias.draw, GateBias):
        return np.zeros((gates, UNITS))
    return replace(bias.draw, units=UNITS)(np.random.default_rng(1)).reshape(gates, UNITS)


def _pre_activations(of: Population, h: Array, rng: np.random.Generator) -> Array:
    std = np.sqrt(of.inputs + of.spread * np.square(h).mean())
    return np.asarray(of.biases + std * rng.standard_normal(of.biases.shape))


def _mean_square(array: Array) -> float:
    return float(np.square(array).mean())


def _rnn(of: Population, rng: np.random.Generator) -> tuple[Array, Array]:
    """What each unit keeps of its own error signal in a step (nothing), and E[φ′²]."""
    h, slopes = np.zeros(UNITS), []
    for _ in range(of.steps):
        (a,) = _pre_activations(of, h, rng)
        h = of.functions.f(a)
        slopes.append(_mean_square(of.functions.df(a, h)))
    return np.zeros(UNITS), np.full(UNITS, np.exp(np.mean(np.log(slopes))))


def _lstm(of: Population, rng: np.random.Generator) -> tuple[Array, Array]:
    """E[f] of each unit, and (E[o·φ′(c)]·E[i·φ′(g)])²: from c to the state, and on to the candidates before."""
    h, c, steps = np.zeros(UNITS), np.zeros(UNITS), []
    for _ in range(of.steps):
        a = _pre_activations(of, h, rng)
        i, f, o = (SIGMOID.f(a[k]) for k in (0, 1, 3))
        g = of.functions.f(a[2])
        c = f * c + i * g
        m = of.functions.f(c)
        h = o * m
        steps.append((f, o * of.functions.df(c, m), i * of.functions.df(a[2], g)))
    kept, opens, lets_in = np.mean(steps, axis=0)
    return kept, np.square(opens * lets_in)


def _gru(of: Population, rng: np.random.Generator) -> tuple[Array, Array]:
    """E[z] of each unit, and E[(1 − z)·φ′(n)·r]²."""
    h, steps = np.zeros(UNITS), []
    for _ in range(of.steps):
        a = _pre_activations(of, h, rng)
        r, z = SIGMOID.f(a[0]), SIGMOID.f(a[1])
        inside = r * np.sqrt(of.spread * _mean_square(h)) * rng.standard_normal(UNITS)
        a_n = np.sqrt(of.inputs) * rng.standard_normal(UNITS) + of.biases[2] + inside
        n = of.functions.f(a_n)
        steps.append((z, (1 - z) * of.functions.df(a_n, n) * r))
        h = z * h + (1 - z) * n
    kept, lets_in = np.mean(steps, axis=0)
    return kept, np.square(lets_in)


CELLS: Mapping[str, Callable[[Population, np.random.Generator], tuple[Array, Array]]] = {
    "rnn": _rnn,
    "lstm": _lstm,
    "gru": _gru,
}
"""By the layer's type."""
