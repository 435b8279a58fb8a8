"""vanishing-gradient: the gradient shrinks during backpropagation until early layers do not learn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Descent, Signal, Stage, StageName
from gradaudit.evidence.learning_outcome import beyond, count_seeds, fails, learns_little, of_seeds, outcome, share
from gradaudit.evidence.plain_words import about, amount, in_seeds, phrase, shrinking, training
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.evidence.sentences import chain_cause, chain_setting, rows_below
from gradaudit.evidence.through_time import FACTORS, Reached, first_signal, shortest, time_finding
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number

CHAIN = (("activation",), ("depth",))
"""Factors that change what the chain of layers multiplies the error signal by, and little else."""
TINIEST = 1e-300
"""A ratio whose inverse is still a number."""


@dataclass(frozen=True)
class VanishingGradient(Rule):
    """The gradient shrinks so far during backpropagation that early layers do not learn.

    What it measures
        The Frobenius norm of the backpropagated gradient (δ = ∂loss/∂z, z a layer's pre-activation, per sample) at
        the first layer with weights over that at the last: `error_signal_norm_ratio`. Not the gradients of the weights:
        in ReLU networks they shrink together, and their ratio stays near 1 while all of them vanish. In a recurrent
        layer, the same of the first step over the last: `time_ratio`, under `time_limit`. A small ratio alone is a
        symptom: what is asked for may lie near the end of a sequence. It is an error where the training run, with the
        configured optimizer and up to the planned epochs, does no better than a constant prediction, and a warning
        where it learns little while a change that lets the signal through gets much further. Adam and its kin divide a
        small gradient out; where that rescues the run, nothing is said.

    Why it hurts
        With plain gradient descent a layer moves in proportion to its gradient. At a ratio of 1e-5 the last layer
        has learnt to fit the noise that the first ones pass on before those have begun. A sigmoid multiplies the
        signal by at most 1/4 at each layer, tanh by at most 1, and weights that are too small shrink it further.

    What to do
        Replace the activation by ReLU, LeakyReLU or ELU with He initialisation, which keeps the signal's size from
        layer to layer. Where the activation is already one of these, give the weights He's variance, 2/inputs.
        Fewer layers, residual connections or normalisation help as well. Through time: orthogonal recurrent weights,
        a forget bias drawn for the sequences' length (`chrono`), an LSTM or GRU in place of an RNN, shorter sequences.

    References
        Hochreiter 1991; Glorot & Bengio 2010, section 3; He et al. 2015 (arXiv:1502.01852), section 2.2;
        Schoenholz et al. 2017 (arXiv:1611.01232). Through time: Bengio et al. 1994; Tallec & Ollivier 2018
        (arXiv:1804.11188).
    """

    name = "vanishing-gradient"
    summary = "the gradient shrinks during backpropagation until early layers do not learn"
    needs = ("signal", "units", "descent")
    weighed = True
    picture = "signal"

    ratio_limit: float = 1e-3
    """Ratio of norms, first layer to last. Sigmoid networks with Xavier weights: 3 layers 5e-3 train, 5 layers 3e-4
    are crippled, 10 layers 2e-7 are dead; tanh and He-initialised ReLU stay above 0.05 at 50 layers."""

    compared_limit: float = 0.1
    """Ratio that is a symptom where a network of another activation, whose ratio is `lifts` times larger, learns."""
    lifts: float = 10.0

    time_limit: float = 0.01
    """Ratio through time, first step to last, that is a symptom where a change that lifts it tenfold makes the network
    learn. By itself it says little: networks at 1e-12 and less learn what is near the end, or what Adam carries."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        descent = case.descent
        for name, stage in case.stages():
            yield from self._in_time(case, name, stage)
            if stage.signal is None or len(case.weighted) < 2 or self._forgets(stage.signal):
                continue
            ratios = stage.signal.error_signal_norm_ratio
            below = beyond(ratios, self.ratio_limit, above=False)
            if share(below) < 0.5 or not ratios.median or self._cut(stage):  # exactly 0: cut, not shrunk
                continue
            severity = self._severity(name, descent)
            if severity is not None:
                yield self._finding(case, name, stage.signal, severity, below, self.ratio_limit)

    def judge_beside(self, case: RuleContext, cured: Counterfactual) -> Iterator[Finding]:
        """No ratio is too small by itself: one that another activation lifts tenfold is why the run fails."""
        own, other = first_signal(case), first_signal(cured.case)
        yield from self._lifted(case, cured, shortest(own), shortest(other))
        if cured.kinds not in CHAIN or own is None or other is None or len(case.weighted) < 2:
            return
        ratio, lifted = own.error_signal_norm_ratio.median, other.error_signal_norm_ratio.median
        if ratio and lifted and ratio < self.compared_limit and lifted >= self.lifts * ratio:
            below = beyond(own.error_signal_norm_ratio, self.compared_limit, above=False)
            severity = Severity.ERROR if fails(case.descent) else Severity.WARNING
            yield self._finding(case, "initialised", own, severity, below, self.compared_limit)

    def _forgets(self, signal: Signal) -> bool:
        return (worst := shortest(signal)) is not None and worst.size < self.time_limit

    def _in_time(self, case: RuleContext, name: StageName, stage: Stage) -> Iterator[Finding]:
        """A run that learns little; one that fails needs a change that cures it, since the answer may be near."""
        descent, worst = case.descent, shortest(stage.signal)
        if worst is None or name == "fitted" or fails(descent) or not learns_little(descent):
            return
        if worst.size < self.time_limit:
            yield time_finding(self.name, case, worst, Severity.WARNING, self.time_limit, shrinks=True)

    def _lifted(
        self, case: RuleContext, cured: Counterfactual, own: Reached | None, other: Reached | None
    ) -> Iterator[Finding]:
        """Through time, the same: a change that lets the last step reach ten times more of the first one cures."""
        if own is None or not set(cured.kinds) & set(FACTORS) or own.size >= self.time_limit:
            return
        if other is None or other.size >= self.lifts * own.size:
            yield time_finding(self.name, case, own, Severity.ERROR, self.time_limit, shrinks=True)

    def _cut(self, stage: Stage) -> bool:
        """Units that are all dead stop the signal, copies of one unit may cancel it: other rules' findings."""
        shares = (share_of for layer in stage.unit_layers for share_of in (layer.dead_fraction, layer.twin_fraction))
        return any(share_of is not None and share_of.median == 1 for share_of in shares)

    def _severity(self, stage: StageName, descent: Descent | None) -> Severity | None:
        if descent is not None and fails(descent):
            return Severity.ERROR
        if stage == "fitted":  # learnt weights near a minimum cancel the signal, as they should
            return None
        return Severity.WARNING if learns_little(descent) else None

    def _finding(
        self, case: RuleContext, stage: str, signal: Signal, severity: Severity, below: tuple[bool, ...], limit: float
    ) -> Finding:
        ratio = signal.error_signal_norm_ratio.median or 0.0
        descent = case.descent
        harm = f"; {outcome(descent)}" if descent else ""
        return Finding(
            rule=self.name,
            severity=severity,
            stage="fitted" if stage == "fitted" else "initialised",
            layers=rows_below(signal, limit),
            path=chain_setting(case, signal, shrinks=True),
            message=f"the backpropagated gradient at layer 1 is {number(ratio)} of that at layer "
            f"{len(case.weighted)}, under {number(limit)} {of_seeds(below)}{harm}",
            cause=chain_cause(case, signal, shrinks=True),
            plainly=phrase(self._what(case, signal, below, limit), shrinking(case, signal)),
            evidence={"measured": ratio, "limit": limit, **count_seeds("seeds_below", below)},
        )

    def _what(self, case: RuleContext, signal: Signal, below: tuple[bool, ...], limit: float) -> str:
        ratio, descent = signal.error_signal_norm_ratio.median or 0.0, case.descent
        factor = about(1 / ratio) if ratio > TINIEST else about(inf)
        if not all(below):
            factor = f"over {amount(1 / limit)}"
        harm = f", and {training(descent)}" if fails(descent) and descent is not None else ""
        where = "" if all(below) else in_seeds(below)
        return f"the gradient is {factor} times smaller at layer 1 than at layer {len(case.weighted)}{where}{harm}"
