"""init-activation-mismatch: the initial weights' scale does not fit the activation, and it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, log10

from gradaudit.domain.findings import Finding
from gradaudit.domain.spec import Named
from gradaudit.evidence.effects import healed, symptom
from gradaudit.evidence.plain_words import phrase
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.evidence.sentences import setting
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number


@dataclass(frozen=True)
class InitActivationMismatch(Rule):
    """The initial weights' scale does not fit the activation, and it shows.

    What it measures
        The first pass with the spec's initializer and with the activation's own (He for ReLU and its relatives,
        Glorot for tanh and sigmoid, LeCun for SELU), everything else the same: the error signal's way from the last
        layer to the first, the share of saturated and of dead units, the spread of the activations. The finding needs
        a symptom that the activation's own initializer clears, a run that learns badly, and one that learns with it.

    Why it hurts
        A layer multiplies the variance of what passes through it by inputs·Var(W), times what the activation lets
        through. Where that is not about 1, a power of it stands between the first layer and the last: where each of
        five layers passes on 0.28 of the signal, 0.002 of it is left. Signals vanish, explode or saturate.

    What to do
        Take the initializer that the finding names: write it after `init:` in the spec, or give it to the layer
        (`kernel_initializer` in Keras, `torch.nn.init` in PyTorch). Weights of one standard deviation for layers of
        every width, such as N(0, 0.05²), fit by chance only.

    References
        LeCun et al. 1998, "Efficient BackProp", section 4.6; Glorot & Bengio 2010, section 4.2.1; He et al. 2015
        (arXiv:1502.01852), section 2.2; Klambauer et al. 2017 (arXiv:1706.02515).
    """

    name = "init-activation-mismatch"
    summary = "the initial weights' scale does not fit the activation, and it shows"
    needs = ("signal", "units", "descent", "trials")
    blames = ("initializer",)
    picture = "signal"

    decades: float = 1.0
    """By how many powers of ten the first pass must come nearer to an even signal: more than width or seeds explain."""
    saturation: float = 0.15
    """Saturated share that counts as a symptom, as in saturated-units; the other initializer must halve it."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        verdict = healed(case, self.blames[0])
        if verdict is None or verdict.cure.trial is None or _copies(case):
            return
        shown = self._symptom(case, verdict.cure.trial)
        if shown is None:
            return
        hidden = case.linear_maps[0].activation or Named("identity")
        what, before, after = shown
        fitting = ACTIVATIONS[hidden.name].matching_init
        yield Finding(
            rule=self.name,
            severity=verdict.severity,
            stage="initialised",
            layers=tuple(row.index for row in case.linear_maps[:-1]),
            path=setting(case, case.linear_maps[0], "init"),
            message=f"{case.linear_maps[0].init} does not fit {hidden}: {what} is {number(before)}, and "
            f"{number(after)} with {fitting}{verdict.together}; training {verdict.own}, and {verdict.does} with it",
            cause="each layer multiplies activations and gradients by the weights' scale, to the power of the depth",
            plainly=phrase(
                f"the initial weights do not suit {hidden.name}, and training {verdict.own_plainly}",
                f"with {fitting}{verdict.together} it {verdict.does}",
            ),
            evidence={
                "measured": before,
                "limit": None,
                "with_its_own_initializer": after,
                **verdict.evidence,
            },
        )

    def _symptom(self, case: RuleContext, trial: Counterfactual) -> tuple[str, float, float] | None:
        """What the first pass shows, before and after; None where the initializer makes no difference to it."""
        uneven = (
            "the gradient at the first layer over the last",
            *self._pair(case, trial, "vanishing-gradient"),
        )
        spread = ("the standard deviation of the last hidden layer's output", _spread(case), _spread(trial.case))
        for what, before, after in (uneven, spread):
            if before is not None and after is not None and _far(before) - _far(after) >= self.decades:
                return what, before, after
        for rule, what in (("saturated-units", "the saturated share"), ("dead-units", "the dead share of a layer")):
            before, after = self._pair(case, trial, rule)
            if before is not None and after is not None and before >= self.saturation and after <= before / 2:
                return what, before, after
        return None

    def _pair(self, case: RuleContext, trial: Counterfactual, rule: str) -> tuple[float | None, float | None]:
        return symptom(case, rule), symptom(trial.case, rule)


def _copies(case: RuleContext) -> bool:
    """A layer of copies: not the weights' scale but their equality is the fault, which is symmetric-units' finding."""
    stage = case.measurements.stages.get("initialised")
    layers = () if stage is None else stage.unit_layers
    return any(layer.twin_fraction is not None and layer.twin_fraction.median == 1 for layer in layers)


def _far(ratio: float) -> float:
    """How many powers of ten a ratio is from 1."""
    return abs(log10(ratio)) if 0 < ratio < inf else inf if ratio else 400.0


def _spread(case: RuleContext) -> float | None:
    """Standard deviation of the last hidden layer's output."""
    stage = case.measurements.stages.get("initialised")
    if stage is None or stage.signal is None or len(case.linear_maps) < 2:
        return None
    rows = {layer.index: layer for layer in stage.signal.layers}
    return rows[case.linear_maps[-2].index].activation_std.median
