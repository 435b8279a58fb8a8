"""non-finite-values: a pass overflows in the precision that the person trains in, or gives NaN."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Signal, StageName
from gradaudit.domain.number_formats import LARGEST
from gradaudit.evidence.learning_outcome import count_seeds, of_seeds
from gradaudit.evidence.plain_words import in_seeds, phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import setting
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number

FITTED = "the weights that came with the model are not finite, or too large"
POISSON = "the poisson loss takes the logarithm of the output, which must be positive: use output exponential"
EXPONENTIAL = "exponential units feed exponential units: each multiplies in the exponent what the last one grew"
IN_PLAIN_WORDS = {
    POISSON: "the poisson loss takes the logarithm of outputs that may be negative",
    EXPONENTIAL: "each exponential unit turns the size of what it gets into an exponent",
}
"""Causes that two parts of a sentence would tell."""


@dataclass(frozen=True)
class NonFiniteValues(Rule):
    """The forward or backward pass overflows in the spec's precision, or gives NaN.

    What it measures
        The largest magnitude among pre-activations, activations, error signals and gradients of the probe batch,
        held against the largest number of the spec's `precision`, and whether loss and gradient are finite. The
        audit computes in float64, so what would overflow in float16 or float32 is still seen as a number.

    Why it hurts
        One infinity becomes NaN at the next subtraction, NaN spreads to every weight with the first step, and the
        run is lost. Exponential activations in a chain, weights that are far too large, a cross-entropy over
        outputs that can be zero, or values that float16 cannot hold are the usual sources.

    What to do
        Replace an exponential activation by ReLU or ELU; give the weights the variance that fits the activation;
        let softmax or sigmoid feed a cross-entropy; scale inputs and targets; train in bfloat16 or float32 where
        float16 is too small.

    References
        Micikevicius et al. 2018 (arXiv:1710.03740) for the range of half precision; IEEE 754.
    """

    name = "non-finite-values"
    summary = "a pass overflows in the spec's precision, or gives NaN"
    needs = ("signal",)
    picture = "signal"

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        limit = LARGEST[case.spec.precision]
        for name, stage in case.stages():
            if stage.signal is None:
                continue
            values = zip(stage.signal.largest.values, stage.signal.loss.values, strict=True)
            broken = tuple(v is None or v > limit or w is None or w > limit for v, w in values)
            if any(broken):
                yield self._finding(case, name, stage.signal, limit, broken)

    def _finding(
        self, case: RuleContext, stage: StageName, signal: Signal, limit: float, broken: tuple[bool, ...]
    ) -> Finding:
        peak = max((v for v in (*signal.largest.values, *signal.loss.values) if v is not None), default=inf)
        if peak < inf:
            what = f"values of the first pass reach {number(peak)}"
            plain = f"numbers of the first pass grow too large for {case.spec.precision}"
        elif signal.largest.non_finite:
            what = "values of the first pass are not finite"
            plain = "the first pass runs into infinity or NaN"
        else:
            what = "the loss of the first pass is not finite"
            plain = "the first loss is infinity or NaN"
        cause = FITTED if stage == "fitted" else self._cause(case)
        return Finding(
            rule=self.name,
            severity=Severity.ERROR if sum(broken) * 2 >= len(broken) else Severity.WARNING,
            stage=stage,
            layers=(case.linear_maps[-1].index,),
            path="weights" if stage == "fitted" else setting(case, case.weighted[0], "activation"),
            message=f"{what} {of_seeds(broken)}; {case.spec.precision} ends at {number(limit)}",
            cause=cause,
            plainly=phrase(f"{plain}{in_seeds(broken)}", IN_PLAIN_WORDS.get(cause, cause)),
            evidence={
                "measured": peak if peak < inf else None,
                "limit": limit,
                **count_seeds("seeds_broken", broken),
            },
        )

    def _cause(self, case: RuleContext) -> str:
        if case.spec.loss and case.spec.loss.name == "poisson":
            return POISSON
        names = {row.activation.name for row in case.weighted if row.activation}
        if "exponential" in names:
            return EXPONENTIAL
        if case.spec.loss and case.spec.loss.name == "cross_entropy" and case.linear_maps[-1].activation is not None:
            output = case.linear_maps[-1].activation.name
            if output not in ("softmax", "sigmoid"):
                return f"a row of {output} outputs can sum to zero, and cross_entropy divides by that sum"
        return "weights or inputs that are too large are multiplied from layer to layer"
