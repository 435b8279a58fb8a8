"""seed-sensitivity: whether the network learns depends on the seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from gradaudit.domain.findings import Finding, Severity
from gradaudit.evidence.cause import rescued
from gradaudit.evidence.cures import tried
from gradaudit.evidence.learning_outcome import (
    ALMOST_NOTHING,
    count_seeds,
    forecast,
    is_scattered,
    share,
    stalled,
    unlucky,
    wilson,
)
from gradaudit.evidence.plain_words import phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import setting
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import of_baseline, share_left

_NARROW = 0.1
"""Sum of 1/width over the hidden layers from which the gradient's size differs by a few tenths between seeds."""


@dataclass(frozen=True)
class SeedSensitivity(Rule):
    """Whether the network learns depends on the seed.

    What it measures
        The training run from several draws of the weights: how many seeds learn nothing by the end of the plan
        while others clearly learn. At least two of each are needed, and a gap between them; or two that learn little
        while others learn well, and the same network with wider layers that learns well from every seed. Runs that all
        learn a little are no lottery; and a run that the audit could follow for a part of the plan only proves nothing
        about the seeds that have not begun. Seeds that diverge are the learning rate's fault. The interval beside the
        share is Wilson's at 95 %.

    Why it hurts
        A result that one seed gives and the next does not cannot be reproduced, and a comparison of two models becomes
        a comparison of two draws. Narrow and deep ReLU networks are the usual case: the size of the signal fluctuates
        with the sum of 1/width over the layers, and whole layers are born dead by chance.

    What to do
        Widen the layers, use fewer of them, or replace ReLU by LeakyReLU or ELU, whose units do not die. Normalisation
        and residual connections help too. Until then, train from several seeds and report all of them, not the best.

    References
        Hanin & Rolnick 2018 (arXiv:1803.01719); Hanin 2018 (arXiv:1801.03744); Lu et al. 2019 (arXiv:1903.06733);
        Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """

    name = "seed-sensitivity"
    summary = "whether the network learns depends on the seed"
    needs = ("descent", "trials")
    blames = ("width", "depth")

    learns: float = 0.2
    """Progress, in shares of a constant output's loss, from which a seed counts as learning: twice what a stuck one may
    have, so that no seed changes sides by a little."""
    fewest: float = 2
    """Seeds of each kind: one of eight may be chance (its interval reaches down to 2 %)."""

    steady: float = 0.8
    """Share of what the best seed takes that every seed must take with wider layers."""
    compared: float = 5
    """Seeds with wider layers that prove it: of three, all may be lucky."""

    seen: float = 0.5
    """Share of the planned steps that the audit's run must have made: deep narrow networks may rest at the trivial loss
    for a third of their plan and then learn."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        descent = case.descent
        if descent is None or "initialised" not in case.measurements.stages or not descent.trivial_loss > 0:
            return
        if descent.configured.steps[-1] < self.seen * descent.planned_steps:
            return
        if len(set(descent.configured.loss[0].values)) < 2:  # equal starts differ in the order of batches alone
            return
        progress = forecast(descent.configured, descent.planned_steps)
        stuck = tuple(
            isfinite(p) and p < ALMOST_NOTHING and rests for p, rests in zip(progress, stalled(descent), strict=True)
        )
        learns = tuple(p >= self.learns for p in progress)
        if sum(stuck) >= self.fewest and sum(learns) >= self.fewest and rescued(case) is None:
            yield self._finding(case, stuck, "do no better than a constant prediction", "others learn")
        elif is_scattered(descent) and self._steadied(case, max(progress)):
            little, best = unlucky(descent), max(progress)
            most = max(p for p, bit in zip(progress, little, strict=True) if bit)
            behind = f"end at {of_baseline(most)} or higher"
            yield self._finding(case, little, behind, f"the best at {share_left(best)}")

    def _steadied(self, case: RuleContext, best: float) -> bool:
        """Wider layers learn about as well from every seed: the draw decides only because there are so few units."""
        widened = [cure for cure in tried(case) if cure.factors == ("width",) and len(cure.there) >= self.compared]
        return any(min(cure.there) >= self.steady * best for cure in widened)

    def _finding(self, case: RuleContext, stuck: tuple[bool, ...], lost: str, others: str) -> Finding:
        """What becomes of the lost seeds, in words, and what of others."""
        loneliness = sum(1 / row.units for row in case.weighted[:-1])
        evidence, is_narrow = count_seeds("seeds_stuck", stuck), loneliness >= _NARROW
        low, high = wilson(sum(stuck), len(stuck))
        narrowest = min(case.weighted[:-1], key=lambda row: row.units, default=case.weighted[0])
        return Finding(
            rule=self.name,
            severity=Severity.WARNING,
            stage="initialised",
            path=setting(case, narrowest, "units"),
            message=f"{sum(stuck)} of {len(stuck)} seeds {lost}, {others}: whether the network learns depends on "
            f"the seed (of all seeds, {low:.0%} to {high:.0%} fail, with 95% confidence)",
            cause=f"the sum of 1/width over the hidden layers is {loneliness:.2g}: the larger it is, the more the "
            "gradient's size differs from seed to seed"
            if is_narrow
            else "some initial weights let it learn and others do not, though no layer is narrow",
            plainly=phrase(
                f"whether the network learns depends on the seed ({sum(stuck)} of {len(stuck)} seeds {lost}, {others})",
                "in deep and narrow networks the gradient differs much from seed to seed" if is_narrow else "",
            ),
            evidence={"measured": share(stuck), "limit": self.fewest / len(stuck), "sum_of_1_over_width": loneliness}
            | evidence,
        )
