"""A learning rate as a number: the one at which the audit's own run learnt best, else one that the curvature allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec

FACTORS = (1 / 3, 3.0)
"""Of that rate, for where it is not the best yet: a short search on a scale of half decades."""
AROUND = (
    "a rate is found on a logarithmic scale: this is half a decade from the one that the measurements name "
    "(Bengio 2012, arXiv:1206.5533, section 3.3)"
)


class ChangeLearningRate:
    """The better rate that the finding names."""

    name = "learning-rate"
    tells_cause = False
    addresses = ("learning-rate-too-high", "learning-rate-too-low")

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """The rate whose run is in the evidence, else half the stable limit; and rates around it."""
        if finding is None:
            return
        key = "better_rate" if finding.rule == "learning-rate-too-high" else "limit"
        rate = finding.evidence.get(key)
        if isinstance(rate, int | float):
            yield _reason(rate_fix(spec, rate), finding)
            yield from (replace(rate_fix(spec, factor * rate), why=AROUND) for factor in FACTORS)


def rate_fix(spec: ModelSpec, rate: float) -> Fix:
    """The spec's own optimizer at another rate, rounded to two digits."""
    new = float(f"{rate:.2g}")
    old = None if "optimizer" in spec.assumed else spec.optimizer.get("learning_rate")
    why = "a trial run at this rate, with the same seeds and data, learns"
    return Fix(
        f"set the learning rate to {new:g}",
        (Change("optimizer.learning_rate", old, new),),
        why,
        (ChangeLearningRate.name,),
    )


def _reason(fix: Fix, finding: Finding) -> Fix:
    """The fix with where its rate comes from, where no run at it learnt."""
    if isinstance(finding.evidence.get("progress_at_better_rate"), int | float):
        return fix
    why = "half the stable limit of the local quadratic, where the steepest direction converges at once"
    return replace(fix, why=f"{why} (LeCun et al. 1998, Efficient BackProp, section 5)")
