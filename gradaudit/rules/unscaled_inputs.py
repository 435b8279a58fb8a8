"""unscaled-inputs: the inputs' scale or offset is the cause of trouble."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import DataFacts
from gradaudit.evidence.plain_words import amount, phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.rules.interface import Rule
from gradaudit.rules.scales import OddScale, scale_finding
from gradaudit.text.numbers import number

_NARROW = "the inputs of largest scale limit the learning rate, and at a rate that suits them the others hardly count"


@dataclass(frozen=True)
class UnscaledInputs(Rule):
    """The inputs' scale or offset is the cause of trouble.

    What it measures
        Scale (root mean square), offset (a column's mean in its standard deviations) and spread (largest over smallest
        standard deviation of the columns) of the inputs. None of these is a fault by itself: the finding needs a run
        that learns badly, and the same run, same seeds, on standardised inputs that learns.

    Why it hurts
        Large inputs push the first pre-activations to where the derivative is zero and make the loss so steep that no
        usual rate is stable; small ones leave the first layer without a signal. Columns of different scale make a
        narrow valley: the rate that the steepest direction allows is far too small for the others. An offset that all
        samples share drowns what tells them apart.

    What to do
        Standardise: subtract each column's mean, divide by its standard deviation (`standardize: true` under `data`;
        a StandardScaler before the model in scikit-learn). Compute both on the training rows alone, and apply the same
        scaling wherever the model is used.

    References
        LeCun et al. 1998, "Efficient BackProp", section 4.3; Bishop 1995, "Neural Networks for Pattern Recognition",
        section 8.2.
    """

    name = "unscaled-inputs"
    summary = "the inputs' scale or offset is the cause of trouble"
    needs = ("data", "descent", "trials")
    blames = ("standardised-inputs",)

    scale_limit: float = 3.0
    """Root mean square of the inputs, or its inverse: standardised ones have 1, pixels in [0, 1] about 0.5."""
    offset_limit: float = 3.0
    """A column's mean in its standard deviations: there no sample has the other sign."""
    spread_limit: float = 10.0
    """Largest over smallest standard deviation: the curvatures along those columns differ by its square."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        data = case.measurements.data
        if data is not None and case.has_constant_inputs:
            yield self._constant(case, data)
        elif data is not None and (odd := self._odd(data)) is not None:
            sizes = {"input_rms": data.input_rms, "input_offset": data.input_offset, "input_spread": data.input_spread}
            yield from scale_finding(self, case, case.weighted[0], odd, sizes)

    def _constant(self, case: RuleContext, data: DataFacts) -> Finding:
        return Finding(
            rule=self.name,
            severity=Severity.ERROR,
            layers=(case.weighted[0].index,),
            path="data",
            message="every input is the same in all rows: nothing tells the samples apart",
            cause="all columns of the inputs are constant",
            plainly=phrase("the network has nothing to learn from", "every input has the same value in all rows"),
            evidence={"measured": data.constant_inputs, "limit": 0},
        )

    def _odd(self, data: DataFacts) -> OddScale | None:
        """The scale that is furthest beyond its limit; None where all is usual."""
        size = max(data.input_rms, 1 / data.input_rms) if data.input_rms > 0 else float("inf")
        larger, rms, offset = "large" if data.input_rms > 1 else "small", data.input_rms, data.input_offset
        spread = f"the inputs' standard deviations differ by a factor of {amount(float(f'{data.input_spread:.3g}'))}"
        found = (
            OddScale(
                f"the inputs' root mean square is {number(rms)}",
                f"the inputs are too {larger} (root mean square {number(rms)})",
                f"the first layer's outputs and its weights' gradients are as much too {larger} as the inputs",
                size,
                self.scale_limit,
            ),
            OddScale(
                f"an input's mean is {number(offset)} standard deviations from 0",
                f"the inputs are not centred (a mean {number(offset)} standard deviations from 0)",
                "what all rows share outweighs what tells them apart, and makes the loss steep in that one direction",
                offset,
                self.offset_limit,
            ),
            OddScale(spread, spread, _NARROW, data.input_spread, self.spread_limit),
        )
        beyond = [each for each in found if each.limit < each.measured < float("inf")]
        return max(beyond, key=lambda each: each.measured / each.limit, default=None)
