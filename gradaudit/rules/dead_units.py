"""dead-units: units that give the same output for every input and pass no gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Descent, LayerUnits, Stage, StageName
from gradaudit.domain.spec import Named
from gradaudit.evidence.learning_outcome import (
    beyond,
    count_seeds,
    learns_little,
    median_progress,
    of_seeds,
    outcome,
    progress_at_end,
    share,
    stuck,
)
from gradaudit.evidence.plain_words import in_seeds, most, numbered_layer, phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import init_setting
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.rules.interface import Rule
from gradaudit.text.wording import STAGES

WHOLE = 1.0
"""Of a layer."""
SPARED = 0.2
"""Progress of a run at a smaller rate from which units that die at the model's own are that rate's victims."""


@dataclass(frozen=True)
class DeadUnits(Rule):
    """Units give the same output for every input and pass no gradient.

    What it measures
        Layer by layer, the share of units whose output is constant over the probe batch and whose derivative is 0
        on all of it: `dead_fraction`. Some silent units are normal (a He-initialised ReLU network of 50 layers has
        45 % of a layer silent on a batch, and trains). A layer that is dead as a whole cuts the network in two:
        nothing before it ever learns. The finding is an error where that happens in at least half of the seeds,
        and a warning where it is a matter of the seed, where most of a layer is dead and the run learns nothing, or
        where nearly all of one is and the run learns little.

    Why it hurts
        A dead ReLU has gradient zero, so no step brings it back. What it could have learnt is lost, and when a
        whole layer dies the layers in front of it get no gradient at all. Narrow and deep networks are born dead
        with a probability that grows with depth; large steps, negative biases and weights of negative mean kill
        units later.

    What to do
        Use LeakyReLU or ELU, which pass a gradient on both sides; use He's initialisation with zero biases; lower
        the learning rate where units die during training; widen or shorten narrow deep networks.

    References
        Lu et al. 2019 (arXiv:1903.06733); Maas et al. 2013; Clevert et al. 2016 (arXiv:1511.07289).
    """

    name = "dead-units"
    summary = "units give the same output for every input and pass no gradient"
    needs = ("units", "descent")
    weighed = True
    picture = "units"

    share_limit: float = 0.5
    """Share of a layer that is dead, where the run also learns nothing: half of a layer is silent in no healthy
    network of the sample models that has at least eight units a layer."""
    nearly_all: float = 0.9
    """Share of a layer that is dead, where the run learns a little, and a change gets much further."""
    seed_limit: float = 0.1
    """Share of seeds with a layer that is dead as a whole and a run that learns nothing, from which it is worth a
    warning: one restart in ten is lost."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        for name, stage in case.stages(("initialised", "fitted", "trained")):
            if name == "trained" and self._rate_kills(case.descent):
                return
            finding = self._stage(case, name, stage)
            if finding is not None:
                yield finding
                return

    def _stage(self, case: RuleContext, name: StageName, stage: Stage) -> Finding | None:
        mortal = _mortal(case)
        layers = [x for x in stage.unit_layers if x.index in mortal]
        if not layers:
            return None
        hurt = self._hurt(case.descent, len(_column(layers[0])))
        if name == "trained" and case.descent is not None:
            hurt = _alive(case.descent, hurt)
        cut = tuple(any(column[k] == 1 for column in map(_column, layers)) and hurt[k] for k in range(len(hurt)))
        worst = max(layers, key=lambda layer: (layer.dead_fraction and layer.dead_fraction.median) or 0.0)
        mostly = tuple(a and b for a, b in zip(_most(worst, self.share_limit), hurt, strict=True))
        if share(cut) >= 0.5:
            return self._finding(case, name, worst, Severity.ERROR, cut, WHOLE)
        if share(cut) >= self.seed_limit and (name != "trained" or sum(cut) > 1):
            worst = max(layers, key=lambda layer: sum(v == 1 for v in _column(layer)))
            return self._finding(case, name, worst, Severity.WARNING, cut, WHOLE)
        limit = self.share_limit
        if share(mostly) < 0.5 and name != "trained" and learns_little(case.descent):
            mostly, limit = _most(worst, self.nearly_all), self.nearly_all
        if share(mostly) >= 0.5:
            return self._finding(case, name, worst, Severity.WARNING, mostly, limit)
        return None

    def _rate_kills(self, descent: Descent | None) -> bool:
        """At a smaller rate the run learns: units that die in this one are the rate's victims, and its finding."""
        if descent is None:
            return False
        return any(median_progress(progress_at_end(run)) >= SPARED for run in descent.slower if run.finished)

    def _hurt(self, descent: Descent | None, seeds: int) -> tuple[bool, ...]:
        """Per seed: the run learns nothing. Without a run, and for seeds beyond it, the symptom speaks for itself."""
        known = stuck(descent) if descent else ()
        if seeds == 1 and known:
            return (share(known) >= 0.5,)
        return (*known[:seeds], *([True] * (seeds - len(known))))

    def _finding(
        self,
        case: RuleContext,
        stage: StageName,
        layer: LayerUnits,
        severity: Severity,
        seeds: tuple[bool, ...],
        limit: float,
    ) -> Finding:
        row = case.row(layer.index)
        worst = (layer.dead_fraction.max if layer.dead_fraction else None) or 0.0
        descent = case.descent
        when = STAGES[stage] if stage == "fitted" and len(seeds) == 1 else f"{STAGES[stage]} {of_seeds(seeds)}"
        what = "a whole layer" if limit == WHOLE else "most of a layer"
        return Finding(
            rule=self.name,
            severity=severity,
            stage=stage,
            layers=(row.index,),
            path=init_setting(case, stage, row),
            message=f"{what} is dead {when}: up to {worst:.0%} of {numbered_layer(case, row)}'s {row.units} "
            f"{row.unit_word} give the same output for every input{'; ' + outcome(descent) if descent else ''}",
            cause=f"the pre-activations of these {row.unit_word} lie where the derivative of {row.activation} is "
            "exactly 0, for every sample",
            plainly=_plainly(case, stage, layer, seeds, whole=limit == WHOLE),
            evidence={
                "measured": layer.dead_fraction.median if layer.dead_fraction else None,
                "limit": limit,
                "worst_seed": worst,
                **count_seeds("seeds_affected", seeds),
            },
        )


def _plainly(case: RuleContext, stage: StageName, layer: LayerUnits, seeds: tuple[bool, ...], *, whole: bool) -> str:
    """Names the layer where it is that one which is dead as a whole wherever the finding holds."""
    row = case.row(layer.index)
    name, activation = numbered_layer(case, row), (row.activation or Named("identity")).name
    when = {"trained": "after training, ", "fitted": "in the given weights, "}.get(stage, "")
    reason = f"whatever the input, {'its' if whole else 'these'} {row.unit_word} stay where {activation} is flat"
    if not whole:
        share_of = most((layer.dead_fraction and layer.dead_fraction.median) or 0.0)
        what = f"{share_of} of {name}'s {row.units} {row.unit_word} are dead{in_seeds(seeds)} and learn nothing"
        return phrase(when + what, reason)
    always = all(v == 1 for v, hit in zip(_column(layer), seeds, strict=False) if hit)
    what = f"{name if always else 'a whole layer'} is dead{in_seeds(seeds)}, and no gradient passes back through it"
    return phrase(when + what, reason)


def _alive(descent: Descent, hurt: tuple[bool, ...]) -> tuple[bool, ...]:
    """Seeds whose run did not diverge: one that did has another fault."""
    return tuple(h and isfinite(p) for h, p in zip(hurt, progress_at_end(descent.configured), strict=False))


def _mortal(case: RuleContext) -> set[int]:
    """Rows whose derivative is exactly 0 on a half-line; tanh and sigmoid saturate, which is another rule."""
    return {row.index for row in case.weighted if row.activation and ACTIVATIONS[row.activation.name].can_die}


def _column(layer: LayerUnits) -> tuple[float | None, ...]:
    return layer.dead_fraction.values if layer.dead_fraction else ()


def _most(layer: LayerUnits, limit: float) -> tuple[bool, ...]:
    return beyond(layer.dead_fraction, limit, above=True) if layer.dead_fraction else ()
