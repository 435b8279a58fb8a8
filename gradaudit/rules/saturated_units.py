"""saturated-units: units sit where the activation's derivative has all but vanished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import LayerUnits, StageName
from gradaudit.domain.spec import Named
from gradaudit.evidence.learning_outcome import (
    LEARNS_WELL,
    beyond,
    count_seeds,
    fails,
    forecast,
    median_progress,
    of_seeds,
    outcome,
    progress_at_end,
    share,
)
from gradaudit.evidence.plain_words import most, numbered_layer, phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import init_setting
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number


@dataclass(frozen=True)
class SaturatedUnits(Rule):
    """Units sit where the activation's derivative has all but vanished.

    What it measures
        For sigmoid, tanh, softsign and their hard versions, the share of (unit, sample) pairs whose derivative is
        below 5 % of its largest value: `saturated_fraction`, layer by layer; of the output only before training (one
        that has learnt is saturated, as it should be). A saturated layer is no finding in a network that learns well,
        nor where it learns little and nothing that was tried gets much further.

    Why it hurts
        A saturated unit answers every input with one of two values and passes almost no gradient back, so the
        weights in front of it stay as they are. Inputs that are not scaled, or weights that are too large, push the
        pre-activations there before the first step.

    What to do
        Standardise the inputs; give the weights Glorot's variance; use ReLU with He initialisation, which has no
        plateau on the positive side.

    References
        LeCun et al. 1998, "Efficient BackProp", sections 4.3 to 4.6; Glorot & Bengio 2010, section 3;
        Nielsen 2015, chapter 3.
    """

    name = "saturated-units"
    summary = "units sit where the activation's derivative has all but vanished"
    needs = ("units", "descent", "data")
    weighed = True
    picture = "units"

    share_limit: float = 0.15
    """Share of (unit, sample) pairs, where the run also learns little. A unit-variance pre-activation saturates
    tanh on 3 % of the samples and a sigmoid on none; N(0, 1) weights on 30 inputs saturate a sigmoid on 20 %."""

    raw: float = 3.0
    """Root mean square of the inputs, or an offset in standard deviations, beyond which they are not standardised."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        for name, stage in case.stages(("initialised", "fitted")):
            layer = self._worst(case, name, stage.unit_layers)
            if layer is None or layer.saturated_fraction is None:
                continue
            above = beyond(layer.saturated_fraction, self.share_limit, above=True)
            if share(above) >= 0.5 and self._hampered(case):
                yield self._finding(case, name, layer, above)

    def _worst(self, case: RuleContext, stage: StageName, layers: tuple[LayerUnits, ...]) -> LayerUnits | None:
        """The layer with the largest median share; an output may have learnt, or answer what its inputs' scale is."""
        last = case.linear_maps[-1].index if stage == "fitted" or self._raw(case) else None
        hidden = [x for x in layers if x.saturated_fraction and x.index != last]
        return max(hidden, key=lambda x: (x.saturated_fraction and x.saturated_fraction.median) or 0.0, default=None)

    def _raw(self, case: RuleContext) -> bool:
        """The inputs are far from standardised: then no output's saturation is the weights' fault."""
        data = case.measurements.data
        return data is not None and (data.input_rms > self.raw or data.input_offset > self.raw)

    def _hampered(self, case: RuleContext) -> bool:
        descent = case.descent
        if descent is None:
            return True
        slower = (progress_at_end(run) for run in descent.slower if run.finished)  # where one learns, it is the rate
        runs = (forecast(descent.configured, descent.planned_steps), *slower)
        return max(median_progress(progress) for progress in runs) < LEARNS_WELL

    def _finding(self, case: RuleContext, stage: StageName, layer: LayerUnits, above: tuple[bool, ...]) -> Finding:
        assert layer.saturated_fraction is not None
        row = case.row(layer.index)
        share_of = layer.saturated_fraction.median or 0.0
        descent = case.descent
        low, high = layer.histogram_range
        blame = "inputs or weights are too large" if row is case.weighted[0] else "weights are too large"
        return Finding(
            rule=self.name,
            severity=Severity.ERROR if fails(descent) else Severity.WARNING,
            stage=stage,
            layers=(row.index,),
            path=init_setting(case, stage, row),
            message=f"{share_of:.0%} of {numbered_layer(case, row)}'s activations lie where {row.activation}'s "
            f"derivative is under 5% of its largest value (over {self.share_limit:.0%} {of_seeds(above)})"
            f"{'; ' + outcome(descent) if descent else ''}",
            cause=f"pre-activations reach from {number(low)} to {number(high)}: {blame}",
            plainly=phrase(
                f"{most(share_of)} of {numbered_layer(case, row)}'s outputs lie on the flat ends of "
                f"{(row.activation or Named('identity')).name}, where hardly any gradient passes back",
                f"{blame} for it",
            ),
            evidence={"measured": share_of, "limit": self.share_limit, **count_seeds("seeds_above", above)},
        )
