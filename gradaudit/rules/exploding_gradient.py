"""exploding-gradient: the gradient grows until a step breaks the network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Signal, StageName
from gradaudit.evidence.learning_outcome import (
    beyond,
    count_seeds,
    expected_progress,
    fails,
    learns_little,
    of_seeds,
    outcome,
    share,
)
from gradaudit.evidence.plain_words import about, amount, growing, in_seeds, phrase, training
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.evidence.sentences import chain_cause, chain_setting, rows_above
from gradaudit.evidence.through_time import FACTORS, first_signal, longest, time_finding
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number

HUGE = 1e6
"""Activations of this size before a ratio that is not finite: the pass grew until it overflowed."""


@dataclass(frozen=True)
class ExplodingGradient(Rule):
    """The gradient grows so far during backpropagation that a step with the configured optimizer breaks the network.

    What it measures
        The Frobenius norm of the backpropagated gradient (δ = ∂loss/∂z) at the first layer with weights over that at
        the last, `error_signal_norm_ratio`, and whether it is finite at all; in a recurrent layer, the same of the
        first step over the last, `time_ratio`. A large ratio is a symptom; it becomes an error
        where the training run diverges or does no better than a constant prediction, and a warning where it learns
        little while a change that takes the growth away gets much further. Where the run learns (a small rate,
        clipping or an adaptive optimizer may bound the steps) nothing is said.

    Why it hurts
        A step in proportion to the gradient moves the first layers so far that the function they computed is gone;
        the loss jumps, and the next gradient is larger still. Weights whose variance is above the activation's
        critical value multiply the signal by more than 1 at each layer, and depth makes a power of it.

    What to do
        Give the weights the variance that fits the activation: 2/inputs for ReLU and its relatives (He), 1/inputs
        for tanh. Replace exponential activations by ReLU or ELU. Clipping the gradient's norm bounds the damage of
        single steps; it does not mend the scale.

    References
        Pascanu et al. 2013 (arXiv:1211.5063); Poole et al. 2016 (arXiv:1606.05340); Yang et al. 2019
        (arXiv:1902.08129) for batch normalisation, which explodes with depth.
    """

    name = "exploding-gradient"
    summary = "the gradient grows during backpropagation until a step breaks the network"
    needs = ("signal", "units", "descent")
    weighed = True
    picture = "signal"

    ratio_limit: float = 100.0
    """Ratio of norms, first layer to last. He-initialised ReLU of 50 layers stays under 5, critical tanh under 2;
    chaotic tanh (variance 4/n) passes 32 at 30 layers; ReLU with standard deviation 0.3 at width 128 passes 2000. The
    same of the first step over the last, through time."""

    falls: float = 10.0
    """By how much a change that cures must lower the growth through time for that to be the cause."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        descent = case.descent
        for name, stage in case.stages():
            signal = stage.signal
            yield from self._in_time(case, name, signal)
            if (
                signal is None
                or len(case.weighted) < 2
                or self._grows_in_time(signal)
                or (name == "fitted" and signal.error_signal_norm_ratio.median is None)
            ):
                continue
            above = self._grows(signal)
            if share(above) >= 0.5 and learns_little(descent):
                yield self._finding(case, name, signal, above)

    def _grows_in_time(self, signal: Signal) -> bool:
        return (worst := longest(signal)) is not None and worst.size > self.ratio_limit

    def _in_time(self, case: RuleContext, name: StageName, signal: Signal | None) -> Iterator[Finding]:
        """What grows through time, where the run learns little or diverges; of other failures a cure must show it."""
        descent, worst = case.descent, longest(signal)
        diverges = descent is not None and expected_progress(descent) == -inf
        if worst is None or name == "fitted" or not learns_little(descent) or (fails(descent) and not diverges):
            return
        if worst.size > self.ratio_limit:
            severity = Severity.ERROR if diverges else Severity.WARNING
            yield time_finding(self.name, case, worst, severity, self.ratio_limit, shrinks=False)

    def judge_beside(self, case: RuleContext, cured: Counterfactual) -> Iterator[Finding]:
        """Growth through time is why a run fails where what takes it away, or bounds it, makes the network learn."""
        own, other = longest(first_signal(case)), longest(first_signal(cured.case))
        if own is None or own.size <= self.ratio_limit or not set(cured.kinds) & set(FACTORS):
            return
        if "clipping" in cured.kinds or other is None or other.size < own.size / self.falls:
            yield time_finding(self.name, case, own, Severity.ERROR, self.ratio_limit, shrinks=False)

    def _grows(self, signal: Signal) -> tuple[bool, ...]:
        """Per seed: the ratio is over the limit, or lost in an overflow that the forward pass shows as well."""
        ratios = beyond(signal.error_signal_norm_ratio, self.ratio_limit, above=True)
        sizes = [max((v or 0.0 for v in column), default=0.0) for column in _columns(signal)]
        lost = tuple(v == float("inf") for v in signal.error_signal_norm_ratio.values)
        return tuple(r and (not gone or size > HUGE) for r, gone, size in zip(ratios, lost, sizes, strict=True))

    def _finding(self, case: RuleContext, stage: str, signal: Signal, above: tuple[bool, ...]) -> Finding:
        descent = case.descent
        ratio = signal.error_signal_norm_ratio.median
        grown = f"{number(ratio)} times" if ratio is not None else "beyond the range of numbers beside"
        harm = f"; {outcome(descent)}" if descent else ""
        return Finding(
            rule=self.name,
            severity=Severity.ERROR if fails(descent) else Severity.WARNING,
            stage="fitted" if stage == "fitted" else "initialised",
            layers=rows_above(signal, self.ratio_limit),
            path=chain_setting(case, signal, shrinks=False),
            message=f"the backpropagated gradient at layer 1 is {grown} that at layer "
            f"{len(case.weighted)}, over {number(self.ratio_limit)} {of_seeds(above)}{harm}",
            cause=chain_cause(case, signal, shrinks=False),
            plainly=self._plainly(case, signal, above),
            evidence={"measured": ratio, "limit": self.ratio_limit, **count_seeds("seeds_above", above)},
        )

    def _plainly(self, case: RuleContext, signal: Signal, above: tuple[bool, ...]) -> str:
        ratio, descent = signal.error_signal_norm_ratio.median, case.descent
        grown = "beyond all bounds" if ratio is None else f"{about(ratio)} times"
        if not all(above):
            grown = f"over {amount(self.ratio_limit)} times{in_seeds(above)}"
        harm = f", and {training(descent)}" if descent is not None else ""
        what = f"the gradient grows {grown} from layer {len(case.weighted)} back to layer 1{harm}"
        return phrase(what, growing(case, signal))


def _columns(signal: Signal) -> list[tuple[float | None, ...]]:
    """Seed by seed, every row's activation_std."""
    return list(zip(*(layer.activation_std.values for layer in signal.layers), strict=True))
