"""Does it hurt? The training run read as a verdict: which seeds learn, by the end of the person's plan."""

from __future__ import annotations

from math import inf, isfinite, sqrt

from gradaudit.domain.measurements import Descent, Trajectory
from gradaudit.domain.per_seed import PerSeed
from gradaudit.domain.spec import Plain
from gradaudit.text.numbers import of_baseline

ALMOST_NOTHING = 0.1
"""A run that takes less than this share of the best constant output's loss away has learnt almost nothing.

A network that ignores its inputs reaches 0; on the labelled models learning runs end above 0.2, stuck ones below 0.05.
"""
LEARNS = 0.3
"""Progress, the share of that loss which is taken away, from which a run, as it is or changed, is seen to learn."""
LEARNS_WELL = 0.5
"""Progress under which a run *learns little*, and from which nothing stands in its way that is worth a search."""
FAR_BELOW = -1.0
"""Progress under which a run has left the range where its slope says anything about the plan's end."""
DIVERGED = -100.0
"""Progress under which a run that ends above where it began has diverged, finite or not."""
STEADY = 50.0
"""Gain over ups of a run that falls steadily: hardly a look at which the loss went up."""


def progress_at_end(run: Trajectory) -> tuple[float, ...]:
    """Progress of each seed at the end of the audit's run, −inf where it diverged.

    Where progress is undefined, a constant output is exact already: there is nothing to learn, and all is learnt.
    """
    ends = zip(run.progress.values, run.loss[0].values if run.loss else (), run.final.values, strict=False)
    return tuple(1.0 if v is None else v if isfinite(v) and not _diverged(v, *losses) else -inf for v, *losses in ends)


def _diverged(progress: float, start: float | None, end: float | None) -> bool:
    """Far above the baseline, and above where it began: targets far from zero let a run begin there."""
    return progress <= DIVERGED and not (start is not None and end is not None and end <= start)


def median_progress(values: tuple[float, ...]) -> float:
    """The median; −inf of nothing."""
    ranked, half = sorted(values), len(values) // 2
    return (ranked[half] + ranked[~half]) / 2 if ranked else -inf


def forecast(run: Trajectory, planned_steps: int) -> tuple[float, ...]:
    """Progress of each seed at the end of the planned epochs, −inf where the run diverged.

    Beyond the audit's run, its last half is carried on where that half mostly fell: a small rate is forgiven by a long
    plan, an oscillating run is not. A run that is still above the trivial loss is given the benefit of the doubt and no
    more: ALMOST_NOTHING. The gains of its two quarters are taken as a geometric series, so that a run that
    settles on a level is not carried through it.
    """
    progress = progress_at_end(run)
    done = run.steps[-1]
    if planned_steps <= done or len(run.steps) < 5:
        return progress
    half, three = (_progress_at(run, quarter * (len(run.steps) - 1) // 4) for quarter in (2, 3))
    quarters = 4 * (planned_steps - done) / done
    return tuple(
        _at_the_end(p, p - q, q - h, quarters) if p > FAR_BELOW and _falls(p, p - h, ups) else p
        for p, h, q, ups in zip(progress, half, three, _ups(run), strict=True)
    )


def expected_progress(descent: Descent | None) -> float:
    """The median over seeds of what is learnt by the end of the plan; −inf where that diverges or nothing was run."""
    return -inf if descent is None else median_progress(forecast(descent.configured, descent.planned_steps))


def _at_the_end(progress: float, last: float, before: float, quarters: float) -> float:
    """Progress carried on, up to all there is, or up to ALMOST_NOTHING from the trivial loss and above."""
    return min(1.0 if progress > 0 else ALMOST_NOTHING, progress + _carried_on(before, last, quarters))


def _falls(progress: float, gain: float, ups: float) -> bool:
    """The half mostly fell; above the trivial loss, where a run may just be on its way to that level, steadily."""
    return gain > ups if progress > 0 else gain > STEADY * ups


def _carried_on(before: float, last: float, quarters: float) -> float:
    """What `quarters` more quarters of the run gain, after gains of `before` and `last`."""
    if last <= 0 or not isfinite(before):
        return 0.0
    ratio = last / before if before > 0 else 1.0
    if ratio >= 1:
        return last * quarters
    return float(last * ratio * (1 - ratio**quarters) / (1 - ratio))


def progress_at(descent: Descent, step: int) -> tuple[float, ...]:
    """Progress of each seed of the configured run after so many steps, at the last look until then; −inf: diverged."""
    run = descent.configured
    look = max(place for place, at in enumerate(run.steps) if at <= step)
    if look == len(run.steps) - 1:
        return progress_at_end(run)
    losses = run.loss[look].values
    return tuple(-inf if v is None or not isfinite(v) else 1 - v / descent.trivial_loss for v in losses)


def _ups(run: Trajectory) -> list[float]:
    """How far each seed's loss climbed in the second half, in shares of the trivial loss."""
    return [inf if v is None else v for v in run.oscillation.values]


def _progress_at(run: Trajectory, look: int) -> list[float]:
    """Progress of each seed at one look, from the loss: 1 − loss/trivial, with trivial read off the end."""
    found = []
    for seed, end in enumerate(run.final.values):
        trivial = _trivial(end, run.progress.values[seed])
        loss = run.loss[look].values[seed]
        found.append(1 - loss / trivial if trivial and loss is not None and isfinite(loss) else -inf)
    return found


def _trivial(final: float | None, progress: float | None) -> float | None:
    if final is None or progress is None or not isfinite(final) or not isfinite(progress) or progress >= 1:
        return None
    return final / (1 - progress)


def stuck(descent: Descent, limit: float = ALMOST_NOTHING) -> tuple[bool, ...]:
    """Per seed: almost nothing learnt by the end of the plan."""
    return tuple(p < limit for p in forecast(descent.configured, descent.planned_steps))


def fails(descent: Descent | None, limit: float = ALMOST_NOTHING) -> bool:
    """Almost nothing is learnt in at least half of the seeds; False where no run was made."""
    return descent is not None and share(stuck(descent, limit)) >= 0.5


BASELINE = "the constant-prediction baseline"
STALLED = 0.03
"""Progress in the last quarter of a run under which a seed has stopped."""


def learns_little(descent: Descent | None) -> bool:
    """The run takes less than half of the baseline's loss away by the end of the plan; True where none was made."""
    return descent is None or expected_progress(descent) < LEARNS_WELL


def stalled(descent: Descent) -> tuple[bool, ...]:
    """Per seed: the run got no further in its last quarter."""
    before = progress_at(descent, descent.configured.steps[-1] * 3 // 4)
    return tuple(p - q < STALLED for p, q in zip(progress_at_end(descent.configured), before, strict=True))


def unlucky(descent: Descent) -> tuple[bool, ...]:
    """Per seed: it learns less than half of what another does, which learns well, and has stopped getting further.

    Seeds that all learn, at different speeds, are no matter of the draw.
    """
    ends = forecast(descent.configured, descent.planned_steps)
    best = max(ends, default=0.0)
    if best < LEARNS_WELL:
        return (False,) * len(ends)
    return tuple(p < best / 2 and rests for p, rests in zip(ends, stalled(descent), strict=True))


def is_scattered(descent: Descent) -> bool:
    """What becomes of the run is a matter of the seed: of at least two seeds nothing becomes, of another something."""
    return sum(unlucky(descent)) >= 2


def share(bits: tuple[bool, ...]) -> float:
    """The share of True."""
    return sum(bits) / len(bits) if bits else 0.0


def of_seeds(bits: tuple[bool, ...]) -> str:
    """`in 6 of 8 seeds`; nothing where there is one seed only."""
    return f"in {sum(bits)} of {len(bits)} seeds" if len(bits) > 1 else "with these weights"


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval of a rate that was seen as `hits` of `of`, at 95 % (Wilson 1927; Brown, Cai & DasGupta 2001)."""
    if not of:
        return 0.0, 1.0
    z = 1.96
    rate, spread = hits / of, z * z / of
    centre = (rate + spread / 2) / (1 + spread)
    reach = z * sqrt(rate * (1 - rate) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def count_seeds(name: str, bits: tuple[bool, ...]) -> dict[str, Plain]:
    """Evidence: how many seeds, of how many, and the 95 % interval of that share over all seeds."""
    low, high = wilson(sum(bits), len(bits))
    return {name: sum(bits), "seeds": len(bits), "share_low": low, "share_high": high}


def beyond(values: PerSeed, limit: float, *, above: bool) -> tuple[bool, ...]:
    """Per seed: the value lies above (below) the limit; not finite counts as above, undefined as neither."""
    return tuple(v is not None and (v > limit if above else v < limit) for v in values.values)


def describe_progress(progress: float) -> str:
    """What a run with this progress did, as half a sentence."""
    if isfinite(progress) and progress < -0.01:
        return f"ends at {of_baseline(progress, BASELINE)}"
    return describe_progress_plainly(progress)


def describe_progress_plainly(progress: float) -> str:
    """What a run does, as a person would say it, without a number that says nothing."""
    if not isfinite(progress):
        return "diverges"
    if progress < -0.01:
        return "does worse than a constant prediction"
    if progress < ALMOST_NOTHING:
        return f"{'does no' if progress < 0.005 else 'hardly does'} better than a constant prediction"
    return f"brings the loss to {of_baseline(progress, BASELINE)}"


def describe_cured(before: float) -> str:
    """What a run does with a change that helps; how much that is, the proof of the fix tells."""
    return "learns more" if isfinite(before) and before >= ALMOST_NOTHING else "learns"


def outcome(descent: Descent | None) -> str:
    """What the configured run did, as half a sentence for a message."""
    if descent is None:
        return ""
    if not descent.trivial_loss > 0:
        return "there is nothing to learn: all targets are equal"
    return f"training {describe_progress(expected_progress(descent))}"
