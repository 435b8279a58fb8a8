"""symmetric-units: units of a layer are copies of one another and stay so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import Descent, LayerUnits, Stage, StageName
from gradaudit.evidence.learning_outcome import (
    beyond,
    count_seeds,
    expected_progress,
    of_seeds,
    outcome,
    share,
)
from gradaudit.evidence.plain_words import most, numbered_layer, phrase
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import init_setting
from gradaudit.rules.interface import Rule


@dataclass(frozen=True)
class SymmetricUnits(Rule):
    """Units of a layer are copies of one another, and training keeps them so.

    What it measures
        In each hidden layer, the share of units whose weights, bias and gradients of both equal those of another unit:
        `twin_fraction`, before the run and after it. Twins with equal gradients take equal steps for ever; only noise
        that differs between them, such as dropout, parts them, and then nothing is said.

    Why it hurts
        A hundred copies of one unit compute what one unit computes. The layer learns as if it were one unit wide, or,
        where all weights are zero, not at all: every step leaves them zero.

    What to do
        Draw the weights at random (`init: he_normal` for ReLU, `glorot_normal` for tanh and sigmoid) instead of
        setting them all to `zeros`, `ones` or a `constant`. Biases may start at zero.

    References
        Goodfellow, Bengio & Courville 2016, "Deep Learning", section 8.4 (breaking symmetry); Brea et al. 2019
        (arXiv:1907.02911, on the saddles that copies make).
    """

    name = "symmetric-units"
    summary = "units of a layer are copies of one another and stay so"
    needs = ("units", "descent")

    share_limit: float = 0.5
    """Share of a layer's units that have a twin: a random initialisation has none, a constant one has all."""

    learns_well: float = 0.5
    """A run that takes this share of a constant output's loss away is not crippled: the copies only waste room."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        for name, stage in case.stages():
            layers = self._copied(stage)
            if layers and self._stay(case, layers):
                yield self._finding(case, name, layers)
                return

    def _copied(self, stage: Stage) -> list[LayerUnits]:
        """The layers that consist of copies, in at least half of the seeds."""
        return [layer for layer in stage.unit_layers if share(self._above(layer)) >= 0.5]

    def _above(self, layer: LayerUnits) -> tuple[bool, ...]:
        return () if layer.twin_fraction is None else beyond(layer.twin_fraction, self.share_limit, above=True)

    def _stay(self, case: RuleContext, layers: list[LayerUnits]) -> bool:
        """They are copies after the run as well; without a run, nothing parts them."""
        after = case.measurements.stages.get("trained")
        if after is None or after.units is None:
            return True
        return any(layer.index in {copied.index for copied in self._copied(after)} for layer in layers)

    def _cripples(self, descent: Descent | None) -> bool:
        """The run learns less than half of what there is to learn."""
        return descent is not None and expected_progress(descent) < self.learns_well

    def _finding(self, case: RuleContext, stage: StageName, layers: list[LayerUnits]) -> Finding:
        descent, worst = case.descent, layers[0]
        row = case.row(worst.index)
        bits = self._above(worst)
        who, one = f"{row.units} {row.unit_word}", row.unit_word[:-1]
        fraction = (worst.twin_fraction.median if worst.twin_fraction else None) or 0.0
        return Finding(
            rule=self.name,
            severity=Severity.ERROR if self._cripples(descent) else Severity.WARNING,
            stage=stage,
            layers=tuple(layer.index for layer in layers),
            path=init_setting(case, stage, row),
            message=f"{fraction:.0%} of {numbered_layer(case, row)}'s {who} are copies of one another "
            f"{of_seeds(bits)}, and training keeps them so{'; ' + outcome(descent) if descent else ''}",
            cause=f"{row.unit_word} that start with equal weights get equal gradients and stay equal: the layer acts "
            f"as a single {one}",
            plainly=phrase(
                f"{most(fraction)} of {numbered_layer(case, row)}'s {who} are copies of one another, and "
                "training keeps them so",
                f"equal weights get equal gradients, so the layer acts as a single {one}",
            ),
            evidence={"measured": fraction, "limit": self.share_limit, **count_seeds("seeds_affected", bits)},
        )
