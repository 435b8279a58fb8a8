"""Hand-written cases and trials, and the two ways to judge them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.measurements import (
    DataFacts,
    Descent,
    Measurements,
    Stage,
)
from gradaudit.domain.spec import DenseSpec, ModelSpec, Named
from gradaudit.errors import Location
from gradaudit.evidence.learning_outcome import wilson
from gradaudit.evidence.rule_context import Counterfactual, RuleContext
from gradaudit.rules import Rule
from tests.plain_sentences import wrong_with
from tests.rules.measured import SEEDS, Column, Measured

NO_NUMBER = re.compile(r"\b(None|nan|inf)\b")


class Given(Measured):
    """Builders of measurements and cases, and the two ways to judge them."""

    def case(
        self,
        stage: Stage | None = None,
        descent: Descent | None = None,
        *,
        name: str = "initialised",
        widths: tuple[int, ...] = (4, 8, 8, 3),
        activation: str = "sigmoid",
        lines: tuple[str, ...] = (),
        trained: Stage | None = None,
        data: DataFacts | None = None,
        trials: tuple[Counterfactual, ...] = (),
        **spec: Any,
    ) -> RuleContext:
        """A dense network with one measured stage, or with the end of its run as well; and what else was seen."""
        model = ModelSpec(
            "m",
            widths[0],
            tuple(DenseSpec(units) for units in widths[1:]),
            activation=Named(activation),
            lines={path: Location("m.yaml", 1) for path in lines},
            **{"output": Named("softmax"), "loss": Named("cross_entropy"), **spec},
        )
        stages: Any = {} if stage is None else {name: stage}
        if trained is not None:
            stages["trained"] = trained
        return RuleContext(model, tuple(flatten(expand(model))), Measurements(stages, descent, data=data), trials)

    def trial(
        self,
        kind: str,
        progress: Column = 0.8,
        stage: Stage | None = None,
        *,
        title: str = "a change",
        found: tuple[str, ...] = (),
        changes: tuple[Change, ...] = (Change("activation", "sigmoid", "tanh"),),
    ) -> Counterfactual:
        """One change of this kind: what its first pass and its run showed, and which rules still find something."""
        descent = None if progress is None else self.descent(progress)
        fix = Fix(title, changes, kinds=tuple(kind.split(" + ")))
        return Counterfactual(fix, self.case(stage, descent), dict.fromkeys(found, Severity.WARNING))

    def counted(self, name: str, hits: int, of: int = SEEDS) -> dict[str, float]:
        """How evidence counts seeds: hits, seeds, and the interval of that share."""
        low, high = wilson(hits, of)
        return {name: hits, "seeds": of, "share_low": low, "share_high": high}

    def all(self, rule: Rule, case: RuleContext) -> list[Finding]:
        """The rule's findings, each sound: its own rule's name, words, a plain sentence, and numbers for JSON."""
        findings = list(rule.judge(case))
        for finding in findings:
            assert finding.rule == rule.name
            for text in (finding.message, finding.cause):
                assert text
                assert not NO_NUMBER.search(text), text
            assert not wrong_with(finding.plainly)
            assert {"measured", "limit"} <= finding.evidence.keys()
            json.dumps(dict(finding.evidence), allow_nan=False)
        return findings

    def one(self, rule: Rule, case: RuleContext) -> Finding:
        """The only finding."""
        (finding,) = self.all(rule, case)
        return finding


@pytest.fixture
def given() -> Given:
    """The builders; stages come out as a probe would have written them."""
    return Given()
