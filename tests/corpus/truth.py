"""What an audit says of drawn networks beside what became of them in training."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CAUSES = {
    "rate x0.01": {"learning-rate-too-high", "exploding-gradient"},
    "rate x0.1": {"learning-rate-too-high", "exploding-gradient"},
    "rate x10": {"learning-rate-too-low"},
    "rate x100": {"learning-rate-too-low"},
    "inputs": {"unscaled-inputs"},
    "targets": {"unscaled-targets", "loss-output-mismatch"},
    "inputs, targets": {"unscaled-inputs", "unscaled-targets"},
    "output": {"loss-output-mismatch"},
    "init": {"init-activation-mismatch", "vanishing-gradient", "exploding-gradient", "dead-units", "saturated-units"},
    "activation": {"vanishing-gradient", "saturated-units", "dead-units", "init-activation-mismatch", "plateau"},
    "memory": {"vanishing-gradient", "exploding-gradient"},
    "recurrent": {"vanishing-gradient", "exploding-gradient", "init-activation-mismatch"},
    "clip": {"exploding-gradient", "learning-rate-too-high"},
}
"""Change → the rules of which one names the cause where the change alone lets a failing network learn."""


@dataclass(frozen=True)
class Network:
    """What training told of one drawn network, as drawn*.json keep it."""

    truth: str
    """`fails`, `between` or `learns`."""
    progress: tuple[float | None, ...]
    """Of each seed; None where it is not finite."""
    rescues: tuple[str, ...] = ()
    """The single changes with which a failing network learns: names of CAUSES."""

    def __str__(self) -> str:
        seeds = " ".join("inf" if p is None else f"{p:.3g}" for p in self.progress)
        return f"{self.truth} {seeds}, rescued by {'; '.join(self.rescues) or 'nothing'}"


@dataclass(frozen=True)
class Answer:
    """What an audit said of one network."""

    verdict: str
    found: frozenset[str] = frozenset()
    """Rules, whatever their severity."""
    fixed: Any = None
    """The spec with the first verified fix applied."""
    title: str = ""
    """That fix's."""

    def names_cause(self, network: Network) -> bool:
        """One of its rules stands for a change that rescues."""
        return any(CAUSES[name] & self.found for name in network.rescues)

    def is_wrong(self, network: Network) -> bool:
        """A failure that is no error, a learner that is not healthy, or a cause that is not named."""
        right = {"fails": "error", "learns": "healthy"}.get(network.truth, self.verdict)
        return self.verdict != right or bool(network.rescues and not self.names_cause(network))


def wilson(hits: int, n: int) -> str:
    """`45/50 = 90.0% [78.6%, 95.7%]`: the share with its 95 % interval (Wilson 1927)."""
    if not n:
        return "none"
    z, p = 1.96, hits / n
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
    return f"{hits}/{n} = {p:.1%} [{max(low, 0):.1%}, {min(high, 1):.1%}]"


def table(networks: Sequence[Network], said: Sequence[Answer]) -> str:
    """Truth against verdict, and the shares that matter."""
    counts = Counter((network.truth, each.verdict) for network, each in zip(networks, said, strict=True))
    lines = [f"{'':10}{'error':>8}{'warning':>9}{'healthy':>9}"]
    for truth in ("fails", "between", "learns"):
        error, warning, healthy = (counts[truth, verdict] for verdict in ("error", "warning", "healthy"))
        lines.append(f"{truth:10}{error:8}{warning:9}{healthy:9}")
    fails, learns = (sum(network.truth == truth for network in networks) for truth in ("fails", "learns"))
    named = [each.names_cause(network) for network, each in zip(networks, said, strict=True) if network.rescues]
    shares = {
        "errors on what fails": (counts["fails", "error"], fails),
        "errors on what learns": (counts["learns", "error"], learns),
        "warnings on what learns": (counts["learns", "warning"], learns),
        "a cause that one change proves": (sum(named), len(named)),
    }
    return "\n".join([*lines, *(f"{name}: {wilson(*share)}" for name, share in shares.items())])
