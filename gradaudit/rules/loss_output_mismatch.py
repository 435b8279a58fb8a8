"""loss-output-mismatch: the output activation cannot reach the targets or flattens the loss's gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import DataFacts
from gradaudit.domain.spec import Named
from gradaudit.evidence.effects import healed
from gradaudit.evidence.learning_outcome import fails, outcome
from gradaudit.evidence.plain_words import amount, phrase, training
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import setting
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number

RANGES = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "relu": (0.0, inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, inf),
    "exponential": (0.0, inf),
}
"""What an output activation can give; the others give every number, or all that matter."""


@dataclass(frozen=True)
class LossOutputMismatch(Rule):
    """The output activation cannot reach the targets, or flattens the loss's gradient.

    What it measures
        Three things. Softmax over a single unit is 1 whatever its input, and its gradient exactly 0. Targets outside
        the range of the output activation (negative ones under ReLU, values above 1 under sigmoid or tanh) cannot be
        reached. And where a run learns badly, the same run, same seeds, with the output activation that the loss is
        made for, or with the loss that is made for the output's probabilities: where that one learns, the pair is the
        cause. A pair that is unusual and learns, such as sigmoid under a squared error on XOR, is no finding; an
        activation before a loss that applies softmax or sigmoid itself (PyTorch's CrossEntropyLoss) is always said.

    Why it hurts
        With its own output a loss has the gradient output − target, which is large while the output is wrong. With
        another one the activation's derivative stands beside it and is nearly 0 where the output is confidently
        wrong; a ReLU output that is 0 gets no gradient at all; a cross-entropy takes the logarithm of its outputs, and
        where those are no probabilities it clips them, and what is clipped has no gradient.

    What to do
        Classes: `output: softmax` with `loss: cross_entropy`, or one `sigmoid` unit with `binary_cross_entropy`.
        Numbers: `identity` with `mse`, `mae` or `huber`. Counts: `exponential` with `poisson`.

    References
        Bishop 2006, "Pattern Recognition and Machine Learning", sections 4.3.6 and 5.2; Golik et al. 2013,
        "Cross-entropy vs. squared error training".
    """

    name = "loss-output-mismatch"
    summary = "the output activation cannot reach the targets or flattens the loss's gradient"
    needs = ("data", "descent", "trials")
    blames = ("output",)

    beyond: float = 0.01
    """By how much of the targets' standard deviation they must lie outside the output's range: more than rounding."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        output, data = case.linear_maps[-1], case.measurements.data
        activation = output.activation or Named("identity")
        if activation.name == "softmax" and output.units == 1:
            yield self._lonely(case, output)
        elif data is not None and (reach := self._out_of_reach(activation, data)) is not None:
            yield self._unreachable(case, output, data, reach)
        else:
            yield from self._flattened(case, output)

    def _lonely(self, case: RuleContext, output: ExpandedLayer) -> Finding:
        return Finding(
            rule=self.name,
            severity=Severity.ERROR,
            layers=(output.index,),
            path=_setting(case, output),
            message="softmax over one unit is 1 for every input: every gradient is exactly zero",
            cause="softmax divides a unit's exponential by the sum over all units, which is that unit alone",
            plainly=phrase(
                "this network cannot learn anything",
                "softmax over a single unit gives 1 for every input, so every gradient is exactly zero",
            ),
            evidence={"measured": 1, "limit": 2},
        )

    def _out_of_reach(self, activation: Named, data: DataFacts) -> float | None:
        """The target that lies furthest outside the output's range; None where all can be reached."""
        low, high = RANGES.get(activation.name, (-inf, inf))
        slack = self.beyond * data.target_std
        if data.target_high > high + slack:
            return data.target_high
        return data.target_low if data.target_low < low - slack else None

    def _unreachable(self, case: RuleContext, output: ExpandedLayer, data: DataFacts, reach: float) -> Finding:
        low, high = RANGES[(output.activation or Named("identity")).name]
        descent = case.descent
        span = f"from {number(low)} to {number(high)}" if high < inf else f"from {number(low)} up"
        return Finding(
            rule=self.name,
            severity=Severity.ERROR if fails(descent) else Severity.WARNING,
            layers=(output.index,),
            path=_setting(case, output),
            message=f"the targets reach from {number(data.target_low)} to {number(data.target_high)}, the "
            f"{output.activation} output only {span}{'; ' + outcome(descent) if descent else ''}",
            cause=f"no weights make {output.activation} give {number(reach)}",
            plainly=phrase(
                f"the network can never give some of the targets, which go {'up' if reach > high else 'down'} to "
                f"{amount(reach)}{f', and {training(descent)}' if fails(descent) and descent else ''}",
                f"its {(output.activation or Named('identity')).name} output reaches only {span}",
            ),
            evidence={"measured": reach, "limit": high if reach > high else low},
        )

    def _flattened(self, case: RuleContext, output: ExpandedLayer) -> Iterator[Finding]:
        """The pair against the loss's own pair, by the run."""
        verdict = healed(case, self.blames[0])
        trial = None if verdict is None else verdict.cure.trial
        if trial is None or verdict is None:
            yield from self._doubled(case, output)
            return
        loss = case.spec.loss.name if case.spec.loss else "loss"
        yield Finding(
            rule=self.name,
            severity=verdict.severity,
            stage="initialised",
            layers=(output.index,),
            path=_setting(case, output),
            message=f"{loss} over a {output.activation} output: training {verdict.own}; if you {trial.fix.title}"
            f"{verdict.together}, it {verdict.does}",
            cause=f"{output.activation} stands between {loss} and the last pre-activation, and its derivative or its "
            "range takes the gradient away",
            plainly=phrase(
                f"with {loss} over a {(output.activation or Named('identity')).name} output training "
                f"{verdict.own_plainly}",
                f"the output takes the gradient away; if you {trial.fix.title}, training {verdict.does}",
            ),
            evidence={
                "measured": verdict.evidence["progress"],
                "limit": verdict.evidence["progress_after"],
                **verdict.evidence,
            },
        )

    def _doubled(self, case: RuleContext, output: ExpandedLayer) -> Iterator[Finding]:
        """The loss applies softmax or sigmoid to what an output activation gave, and the run learns all the same."""
        loss, activation = case.spec.loss, output.activation or Named("identity")
        if loss is None or not loss.get("from_logits") or activation.name == "identity":
            return
        own = "sigmoid" if loss.name == "binary_cross_entropy" else "softmax"
        yield Finding(
            rule=self.name,
            severity=Severity.INFO,
            layers=(output.index,),
            path=_setting(case, output),
            message=f"{loss.name} applies {own} itself, to an output that went through {activation} already",
            cause=f"{own} of a {activation} output can come near to no target, and its gradient is smaller",
            plainly=phrase(
                f"the loss applies {own} itself, and the network ends in {activation} already",
                "leave the network's own out",
            ),
            evidence={"measured": 2, "limit": 1},
        )


def _setting(case: RuleContext, output: ExpandedLayer) -> str:
    """The spec path that decides the output's activation."""
    return setting(case, output, "output" if "output" in case.spec.lines else "activation")
