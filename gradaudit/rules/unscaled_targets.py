"""unscaled-targets: the targets' scale or offset is the cause of trouble."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding
from gradaudit.domain.measurements import DataFacts
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.rules.interface import Rule
from gradaudit.rules.scales import OddScale, scale_finding
from gradaudit.text.numbers import number


@dataclass(frozen=True)
class UnscaledTargets(Rule):
    """The targets' scale or offset is the cause of trouble.

    What it measures
        Standard deviation and mean of numeric targets. Neither is a fault by itself: the finding needs a run that
        learns badly, and the same run, same seeds, on standardised targets that learns. Targets that are classes are
        not looked at.

    Why it hurts
        Under a squared error the first gradient is as large as the targets: at hundreds, a usual rate of SGD throws
        the weights away, and at thousandths it hardly moves them. Adam moves a weight by about its rate a step,
        however far it has to go: to a target in the hundreds that is very many steps. A mean far from zero must be
        learnt by the output's bias first, and until then everything else is pushed aside.

    What to do
        Train on (target − mean)/standard deviation and scale predictions back (`standardize_targets: true` under
        `data`; scikit-learn's TransformedTargetRegressor). Or choose a rate for that scale.

    References
        van Hasselt et al. 2016 (arXiv:1602.07714); Kingma & Ba 2015 (arXiv:1412.6980), section 2.1 (the size of
        Adam's steps).
    """

    name = "unscaled-targets"
    summary = "the targets' scale or offset is the cause of trouble"
    needs = ("data", "descent", "trials")
    blames = ("standardised-targets",)

    scale_limit: float = 3.0
    """Standard deviation of the targets, or its inverse; a fresh network's outputs have about 1."""
    offset_limit: float = 3.0
    """The targets' mean in their standard deviations: there a constant explains nearly all of the loss."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        data = case.measurements.data
        odd = self._odd(data) if data is not None and data.targets_are_numbers else None
        if data is not None and odd is not None:
            evidence = {"target_mean": data.target_mean, "target_std": data.target_std}
            yield from scale_finding(self, case, case.linear_maps[-1], odd, evidence)

    def _odd(self, data: DataFacts) -> OddScale | None:
        """What is unusual about the targets; None where nothing is."""
        std, mean = data.target_std, data.target_mean
        if not std > 0:
            return None
        size, offset = max(std, 1 / std), abs(mean) / std
        if size > self.scale_limit:
            plainly = f"the targets are not scaled (standard deviation {number(std)})"
            message = f"the targets' standard deviation is {number(std)}"
            first = "are as large as the targets" if std > 1 else "drown targets this small"
            why = f"a fresh network's outputs are of size 1, so that its errors {first}"
            return OddScale(message, plainly, why, size, self.scale_limit)
        if offset > self.offset_limit:
            plainly = f"the targets are not centred (mean {number(offset)} standard deviations from 0)"
            message = f"the targets' mean is {number(offset)} standard deviations from 0"
            why = "the first steps go into the targets' mean, which is larger than what there is to learn"
            return OddScale(message, plainly, why, offset, self.offset_limit)
        return None
