"""gradient-underflow: gradients that the spec's precision rounds to zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Signal, StageName
from gradaudit.domain.number_formats import SMALLEST
from gradaudit.domain.per_seed import PerSeed
from gradaudit.evidence.learning_outcome import beyond, count_seeds, of_seeds, share
from gradaudit.evidence.plain_words import most, phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number

HALVES = ("float16", "bfloat16")


@dataclass(frozen=True)
class GradientUnderflow(Rule):
    """A share of the gradients is below the range of the precision that the person trains in.

    What it measures
        Among all gradients before the first step that are not zero, the share that the spec's `precision` rounds to
        zero: numbers smaller than half of the smallest that it can hold, 3e-8 for float16. The audit computes in
        float64, so that what float16 would lose is still seen as a number. Gradients that are exactly zero (a dead
        ReLU, a pixel that is always black) do not count. Where the spec asks for float32, the share that float16 or
        bfloat16 would lose is given as information.

    Why it hurts
        A gradient that becomes zero moves nothing, and the optimizer cannot scale it up again. In float16 the layers
        whose signal is already small stand still: the run looks stable and does not learn.

    What to do
        Multiply the loss by a large number before the backward pass and divide the gradients by it afterwards, in
        float32: automatic mixed precision does that (a GradScaler in PyTorch, LossScaleOptimizer in Keras). Or train
        in bfloat16, which has float32's range. Where gradients are that small in float32 as well, the signal vanishes:
        see vanishing-gradient.

    References
        Micikevicius et al. 2018 (arXiv:1710.03740), section 3.2 (loss scaling); Kalamkar et al. 2019
        (arXiv:1905.12322, on bfloat16).
    """

    name = "gradient-underflow"
    summary = "a share of the gradients is below the range of the spec's precision"
    needs = ("signal",)
    picture = "signal"

    share_limit: float = 0.1
    """Share of the gradients lost from which it is worth a warning: one in ten."""
    error_limit: float = 0.5
    """Share from which most of the network does not move."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        for name, stage in case.stages(("initialised",)):  # near a minimum gradients are small, as they should be
            if stage.signal is None:
                continue
            asked = self._finding(case, name, stage.signal, case.spec.precision)
            if asked is not None:
                yield asked
            elif case.spec.precision == "float32":
                yield from self._information(case, name, stage.signal)

    def _information(self, case: RuleContext, stage: StageName, signal: Signal) -> Iterator[Finding]:
        """What the half-size formats would lose; the first of them that would."""
        found = (self._finding(case, stage, signal, precision) for precision in HALVES)
        yield from [finding for finding in found if finding is not None][:1]

    def _finding(self, case: RuleContext, stage: StageName, signal: Signal, precision: str) -> Finding | None:
        lost = signal.underflow.get(precision, PerSeed(()))
        above = beyond(lost, self.share_limit, above=True)
        if share(above) < 0.5 or lost.median is None:
            return None
        is_asked = precision == case.spec.precision
        rounds = "rounds" if is_asked else "would round"
        become, trained = ("become", "") if is_asked else ("would become", "if it were trained ")
        severity = Severity.ERROR if lost.median > self.error_limit else Severity.WARNING
        return Finding(
            rule=self.name,
            severity=severity if is_asked else Severity.INFO,
            stage=stage,
            path="precision",
            message=f"{precision} {rounds} {lost.median:.0%} of the parameters' gradients to zero "
            f"(over {self.share_limit:.0%} {of_seeds(above)})",
            cause=f"they are smaller than {number(SMALLEST[precision] / 2)}, half the smallest number of {precision}",
            plainly=phrase(
                f"{trained}in {precision}, {most(lost.median)} of the parameters' gradients {become} zero",
                "they are too small for it",
            ),
            evidence={
                "measured": lost.median,
                "limit": self.share_limit,
                "precision": precision,
                **count_seeds("seeds_above", above),
            },
        )
