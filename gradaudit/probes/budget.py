"""What a probe may spend, counted in floating-point operations and never in seconds: equal input, equal work."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.nn.network import Network

PER_ROW = 6e5
"""What calling NumPy for one row of one gradient pass costs, in operations of a matrix product (measured: ~30 µs)."""
PER_ELEMENT = 75.0
"""What one unit on one sample costs beside the products: activation, derivative, bias (measured: 4 ns for ReLU) …"""
PER_CURVED_ELEMENT = 300.0
"""… and where the activation is a transcendental function (measured: 15 ns for sigmoid and tanh)."""
PER_STEP_ELEMENT = 110.0
"""What one gate of one unit costs in one step of a recurrent row (measured: 5 ns, what is compared being float32)."""
FEWEST_STEPS = 30
"""Of a run that is to say something about learning."""
UNPLANNED_STEPS = 300
"""The plan that is assumed where the spec names no epochs, in optimizer steps."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Operations for each part of an audit."""

    run: float
    """The configured training run."""
    rates: float
    """The same run at other rates."""
    curvature: float
    walk: float
    """All walks away from critical points of one stage."""
    most_steps: int
    """Steps of any run."""
    trials: float
    """The runs of the changed models that tell causes, all together; 0: nothing is tried."""
    proof: float
    """One run of a changed model that is to prove a fix, with enough seeds for a sign test."""
    proofs: float
    """All such runs of an audit together."""
    search: float
    """All examinations of a search for a plan together."""
    least: float
    """What the least amounts of all parts may take together: beyond it a network is too large for all that was asked
    for, and probes.allowance cuts it."""
    race: float = 0.0
    """What runs side by side may take where less would be too few steps to say anything."""
    fewest_seeds: int = 3
    """Of the configured run: below it no seed gives way any more, but steps."""
    in_doubt: float = 4.0
    """How many times its cost a run may take that leaves doubt whether the network learns."""
    fewest_steps: int = FEWEST_STEPS
    """Of any run: below it a run says too little to be worth its cost."""
    enough_bytes: float = 2e9
    """Memory from which on seeds and samples give way."""

    def scaled(self, share: float) -> Budget:
        """The same with less for each part of an audit."""
        run, rates, curvature, walk = (share * part for part in (self.run, self.rates, self.curvature, self.walk))
        return replace(self, run=run, rates=rates, curvature=curvature, walk=walk)

    def within(self, other: Budget) -> Budget:
        """The same, but without the parts that another leaves out, and with runs as short as the other's may be."""
        walk, rates = min(self.walk, other.walk), min(self.rates, other.rates)
        return replace(self, walk=walk, rates=rates, fewest_steps=other.fewest_steps)


BUDGETS = {
    "quick": Budget(
        run=8e9,
        rates=0.0,
        curvature=2e9,
        walk=4e9,
        most_steps=400,
        trials=0.0,
        proof=0.0,
        proofs=0.0,
        search=6e10,
        least=1.6e11,
    ),
    "standard": Budget(
        run=2.4e10,
        rates=4e10,
        curvature=5e9,
        walk=3e9,
        most_steps=2000,
        trials=6e10,
        proof=2e10,
        proofs=1e11,
        search=3e11,
        least=4e11,
        race=3e11,
    ),
    "thorough": Budget(
        run=4e11,
        rates=4e11,
        curvature=2e11,
        walk=2e11,
        most_steps=10000,
        trials=4e11,
        proof=1e11,
        proofs=1e12,
        search=1e13,
        least=4e12,
        race=3e12,
    ),
}


def pass_cost(network: Network, samples: int, seeds: int) -> float:
    """Operations of one loss-and-gradient pass, side by side over seeds."""
    elements = sum(row.kept * _per_element(row) for row in network.weighted)
    return PER_ROW * sum(row.rounds for row in network.weighted) + seeds * (network.flops(samples) + samples * elements)


def _per_element(row: ExpandedLayer) -> float:
    if row.layer.own_activation is not None:
        return PER_STEP_ELEMENT
    table = ACTIVATIONS[row.activation.name] if row.activation is not None else None
    return PER_ELEMENT if table is None or table.d2f is None or table.last_only else PER_CURVED_ELEMENT
