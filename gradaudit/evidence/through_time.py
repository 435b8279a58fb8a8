"""The error signal through time, in words: how far back it reaches, by what it shrinks or grows, and why."""

from __future__ import annotations

from dataclasses import dataclass

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import GAIN_PER_STEP, Finding, Severity
from gradaudit.domain.measurements import Signal, ThroughTime
from gradaudit.domain.spec import Plain
from gradaudit.evidence.learning_outcome import beyond, count_seeds, fails, of_seeds, outcome
from gradaudit.evidence.plain_words import about, numbered_layer, phrase, portion, training
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import setting
from gradaudit.text.numbers import number

FACTORS = ("recurrent-init", "memory", "cell", "activation", "clipping")
"""Changes that make the error signal reach further back in time, or bound what it grows to."""
OWN = ("recurrent-init", "memory", "cell")
"""Those that change little else."""
SHRINKS, GROWS = 0.01, 100.0
"""Ratios through time from which on they may be why a run fails."""
KEEPERS = {"lstm": ("forget_gate", "forget gate", "forget_bias"), "gru": ("update_gate", "update gate", "update_bias")}
"""Type → the gate that keeps the state: its tap, its name, and the key of its bias."""


@dataclass(frozen=True)
class Reached:
    """One direction of one recurrent row."""

    index: int
    time: ThroughTime

    @property
    def size(self) -> float:
        """The median ratio; infinite where no seed's is finite."""
        return self.time.ratio.typical


def reached(signal: Signal) -> tuple[Reached, ...]:
    """Every direction of every recurrent row whose ratio is defined."""
    found = (Reached(layer.index, time) for layer in signal.layers for time in layer.time)
    return tuple(each for each in found if any(value is not None for value in each.time.ratio.values))


def shortest(signal: Signal | None) -> Reached | None:
    """The layer and direction in which the error signal shrinks the most through time."""
    return min(reached(signal) if signal else (), key=lambda each: each.size, default=None)


def longest(signal: Signal | None) -> Reached | None:
    """The layer and direction in which it grows the most."""
    return max(reached(signal) if signal else (), key=lambda each: each.size, default=None)


def time_factors(case: RuleContext) -> frozenset[str]:
    """The factors that are asked first: where the signal shrinks through time, or grows."""
    signal = first_signal(case)
    low, high = shortest(signal), longest(signal)
    found = {"recurrent-init", "memory", "cell"} if low is not None and low.size < SHRINKS else set()
    return frozenset(
        found | ({"recurrent-init", "cell", "clipping"} if high is not None and high.size > GROWS else set())
    )


def first_signal(case: RuleContext) -> Signal | None:
    """The signal of the model's first stage."""
    return next((stage.signal for _, stage in case.stages() if stage.signal), None)


def time_finding(
    rule: str, case: RuleContext, of: Reached, severity: Severity, limit: float, *, shrinks: bool
) -> Finding:
    """What a rule finds in time, at the row and the key that decide it."""
    row, time, descent = case.rows[of.index], of.time, case.descent
    bits = beyond(time.ratio, limit, above=not shrinks)
    where, half = numbered_layer(case, row), "" if time.direction == "forward" else " (backward half)"
    harm = f"; {outcome(descent)}" if descent else ""
    share, which = (f"{number(of.size)} of", "under") if shrinks else (f"{number(of.size)} times", "over")
    told = f" (predicted for weights drawn like these: {number(time.predicted)})" if time.predicted else ""
    return Finding(
        rule=rule,
        severity=severity,
        stage="initialised",
        layers=(row.index,),
        path=setting(case, row, _key(row)),
        message=f"through time: at the first of {time.steps} steps of {where}{half} the backpropagated gradient is "
        f"{share} what it is at the last, {of_seeds(bits)} {which} {number(limit)}{harm}",
        cause=f"one step back multiplies the gradient by {number(time.gain.median)}{told}: {_why(case, row, time)}; "
        f"the sequences have {time.steps} steps",
        plainly=_plainly(case, row, of, shrinks=shrinks),
        evidence=_evidence(of, limit, bits),
    )


def _evidence(of: Reached, limit: float, bits: tuple[bool, ...]) -> dict[str, Plain]:
    time = of.time
    return {
        "measured": of.size,
        "limit": limit,
        GAIN_PER_STEP: time.gain.median,
        "predicted_gain_per_step": time.predicted,
        "memory_steps": time.memory.median,
        "sequence_steps": time.steps,
        **count_seeds("seeds_beyond", bits),
    }


def _key(row: ExpandedLayer) -> str:
    """What of the layer decides how far back it reaches."""
    return KEEPERS[row.kind][2] if row.kind in KEEPERS else "recurrent_init"


def _gate(case: RuleContext, row: ExpandedLayer) -> float | None:
    """How much of its state the row keeps in a step, on the average; None without such a gate."""
    layers = next((stage.unit_layers for _, stage in case.stages() if stage.units), ())
    gates = [gate for layer in layers if layer.index == row.index for gate in layer.gates]
    wanted = KEEPERS.get(row.kind, ("",))[0]
    return next((gate.mean.median for gate in gates if gate.name.endswith(wanted)), None) if wanted else None


def _why(case: RuleContext, row: ExpandedLayer, time: ThroughTime) -> str:
    kept = _gate(case, row)
    if kept is not None:
        return f"the {KEEPERS[row.kind][1]} keeps {kept:.0%} of the state in a step"
    return f"the recurrent weights have the spectral radius {number(time.spectral_radius.median)} ({row.activation})"


def _plainly(case: RuleContext, row: ExpandedLayer, of: Reached, *, shrinks: bool) -> str:
    time, descent = of.time, case.descent
    harm = f", and {training(descent)}" if fails(descent) and descent is not None else ""
    kept, gain = _gate(case, row), time.gain.median
    who = f"its {KEEPERS[row.kind][1]}" if kept is not None else f"the recurrent weights with {row.activation}"
    if not shrinks:
        size = f"{about(of.size)} times" if of.size < float("inf") else "beyond all bounds"
        where = f"{time.steps} steps of {numbered_layer(case, row)}"
        what = f"the gradient grows {size} during backpropagation through {where}{harm}"
        return phrase(what, f"each step multiplies it by {about(gain)}" if gain else "")
    memory = time.memory.median or 0.0
    back = f"{about(memory)} steps" if memory >= 1.5 else "one step"
    what = (
        f"the gradient reaches {back} back in {numbered_layer(case, row)}, and your sequences have {time.steps}{harm}"
    )
    return phrase(
        what, f"{who} {'keeps' if kept is not None else 'pass back'} {portion(kept or gain or 0.0)} at each step"
    )
