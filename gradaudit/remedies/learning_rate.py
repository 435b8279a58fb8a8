"""A learning rate as a number: the one at which the audit's own run learnt best, else one that the curvature allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradaudit.finding import Change, Finding, Fix, is_proven
from gradaudit.rows import Row
from gradaudit.spec import ModelSpec

FACTORS = (1 / 3, 3.0)
"""Of that rate, for where it is not the best yet: a short search on a scale of half decades."""
AROUND = (
    "a rate is found on a logarithmic scale: this is half a decade from the one that the measurements name "
    "(Bengio 2012, arXiv:1206.5533, section 3.3)"
)


class LearningRate:
    """The better rate that the finding names."""

    name = "learning-rate"
    tells_cause = False
    addresses = ("learning-rate-too-high", "learning-rate-too-low")

    def propose(self, spec: ModelSpec, rows: tuple[Row, ...], finding: Finding | None) -> Iterator[Fix]:
        """The rate whose run is in the evidence, else half the stable limit; and rates around it."""
        if finding is None:
            return
        key = "better_rate" if finding.rule == "learning-rate-too-high" else "limit"
        rate = finding.evidence.get(key)
        if isinstance(rate, int | float):
            yield _tried(_fix(spec, rate), finding)
            yield from (replace(_fix(spec, factor * rate), why=AROUND) for factor in FACTORS)


def _fix(spec: ModelSpec, rate: float) -> Fix:
    new = float(f"{rate:.2g}")
    old = None if "optimizer" in spec.assumed else spec.optimizer.get("learning_rate")
    return Fix(f"learning rate {new:g}", (Change("optimizer.learning_rate", old, new),))


def _tried(fix: Fix, finding: Finding) -> Fix:
    """The fix with what the run at that rate showed, where there was one."""
    there = finding.evidence.get("progress_at_better_rate")
    if not isinstance(there, int | float):
        why = "half the stable limit of the local quadratic, where the steepest direction converges at once"
        return replace(fix, why=f"{why} (LeCun et al. 1998, Efficient BackProp, section 5)")
    here, seeds = finding.evidence.get("progress"), finding.evidence.get("seeds")
    better = next((value for key, value in finding.evidence.items() if key in ("seeds_worse", "seeds_slow")), None)
    return replace(
        fix,
        why="the run at this rate, same seeds and data, learnt best of those that were tried",
        verified=isinstance(better, int) and isinstance(seeds, int) and is_proven(better, seeds),
        clears=(finding.rule,),
        before={"progress": float(here)} if isinstance(here, int | float) else {},
        after={"progress": float(there)},
    )
