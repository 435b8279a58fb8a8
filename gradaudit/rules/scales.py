"""The finding of unscaled-inputs and unscaled-targets: an odd scale, and a run that learns once it is standardised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Finding
from gradaudit.domain.spec import Plain
from gradaudit.evidence.effects import Healed, healed
from gradaudit.evidence.plain_words import phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number


class OddScale(NamedTuple):
    """What is unusual about the inputs or the targets."""

    message: str
    plainly: str
    why: str
    """What that does to training."""
    measured: float
    limit: float


def scale_finding(
    rule: Rule, case: RuleContext, layer: ExpandedLayer, odd: OddScale, evidence: Mapping[str, Plain]
) -> Iterator[Finding]:
    """One where the run learns badly, and well on data that the factor which the rule blames has standardised."""
    factor = rule.blames[0]
    verdict = healed(case, factor)
    if verdict is None:
        return
    _, side = factor.split("-")
    beside = _beside(case, verdict, factor)
    standardised = f"with standardised {side}{verdict.together} it {verdict.does}"
    yield Finding(
        rule=rule.name,
        severity=verdict.severity,
        stage="initialised",
        layers=(layer.index,),
        path="data",
        message=f"{odd.message}{beside}, and training {verdict.own}; {standardised}",
        cause=f"{odd.why}; the same network with the same weights and seeds {verdict.does} with {side} of mean 0 and "
        f"standard deviation 1{verdict.together}",
        plainly=phrase(f"{odd.plainly}{beside}, and training {verdict.own_plainly}", standardised),
        evidence={"measured": odd.measured, "limit": odd.limit, **evidence, **verdict.evidence},
    )


def _beside(case: RuleContext, verdict: Healed, factor: str) -> str:
    """The scale of what has to be standardised as well: ` beside targets of standard deviation 98,959`."""
    data, factors = case.measurements.data, set(verdict.cure.factors) - {factor}
    if data is not None and "standardised-targets" in factors:
        return f", beside targets of standard deviation {number(data.target_std)}"
    if data is not None and "standardised-inputs" in factors:
        return f", beside inputs of root mean square {number(data.input_rms)}"
    return ""
