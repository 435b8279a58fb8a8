"""representation-collapse: depth makes different inputs indistinguishable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradaudit.domain.findings import Finding, Severity
from gradaudit.domain.measurements import LayerSignal, StageName
from gradaudit.domain.per_seed import PerSeed
from gradaudit.evidence.learning_outcome import beyond, count_seeds, fails, learns_little, of_seeds, outcome, share
from gradaudit.evidence.plain_words import in_seeds, numbered_layer, phrase, training
from gradaudit.evidence.rule_context import RuleContext
from gradaudit.evidence.sentences import setting
from gradaudit.rules.interface import Rule
from gradaudit.text.numbers import number


@dataclass(frozen=True)
class RepresentationCollapse(Rule):
    """Depth makes different inputs indistinguishable.

    What it measures
        In each layer, what part of the output differs between samples: ‖h − mean over samples‖/‖h‖, `distinctness`,
        held against that of the inputs. It is an error where the last hidden layer keeps almost nothing of it and the
        training run learns nothing. A network that learns all the same is not blamed, nor one whose inputs hardly
        differ to begin with.

    Why it hurts
        The output layer sees one and the same vector for every input, so it can only learn a constant. What tells the
        inputs apart is there, but as a small difference of large numbers, which no step of ordinary size picks out.
        It happens where the weights are small for the activation, so that each layer pulls the outputs for any two
        inputs closer together, and where biases outweigh the shrinking signal.

    What to do
        Give the weights a variance of 2/inputs for ReLU (`init: he_normal`), 1/inputs for tanh (`lecun_normal`); start
        the biases at zero; replace sigmoid and softplus, whose outputs have a large mean, by ReLU, ELU or tanh; use
        fewer layers, residual connections or normalisation.

    References
        Poole et al. 2016 (arXiv:1606.05340), section 2; Schoenholz et al. 2017 (arXiv:1611.01232), section 3;
        Daneshmand et al. 2020 (arXiv:2003.01652).
    """

    name = "representation-collapse"
    summary = "depth makes different inputs indistinguishable"
    needs = ("signal", "descent", "data")
    weighed = True

    ratio_limit: float = 0.01
    """Distinctness at the last hidden layer over that of the inputs. He-initialised ReLU keeps 0.1 over 50 layers,
    critical tanh more; sigmoid layers with Xavier weights leave a quarter each: 1e-3 after five."""

    def judge(self, case: RuleContext) -> Iterator[Finding]:
        descent, data = case.descent, case.measurements.data
        if data is None or not data.input_distinctness > 0 or not learns_little(descent) or len(case.linear_maps) < 2:
            return
        for name, stage in case.stages(("initialised",)):
            layers = {layer.index: layer for layer in stage.signal.layers} if stage.signal is not None else {}
            last = layers.get(case.linear_maps[-2].index)
            kept = self._kept(last, data.input_distinctness)
            below = beyond(kept, self.ratio_limit, above=False)
            if share(below) >= 0.5 and kept.median is not None and kept.median > 0:
                yield self._finding(case, name, list(layers.values()), kept, below)

    def _kept(self, layer: LayerSignal | None, before: float) -> PerSeed:
        """Distinctness of a layer in units of the inputs'."""
        values = layer.distinctness.values if layer is not None and layer.distinctness is not None else ()
        return PerSeed.of(None if v is None else v / before for v in values)

    def _finding(
        self, case: RuleContext, stage: StageName, layers: list[LayerSignal], kept: PerSeed, below: tuple[bool, ...]
    ) -> Finding:
        row, descent = case.linear_maps[-2], case.descent
        course = [layer.distinctness.median for layer in layers if layer.distinctness is not None]
        steps = ", ".join(number(v) for v in course[:3] if v is not None)
        return Finding(
            rule=self.name,
            severity=Severity.ERROR if fails(descent) else Severity.WARNING,
            stage=stage,
            layers=tuple(layer.index for layer in layers if self._collapsed(layer, course[0])),
            path=setting(case, row, "init"),
            message=f"the outputs of {numbered_layer(case, row)} are nearly identical for all inputs: relative "
            f"variation {number(kept.median)} of the inputs' own, under {number(self.ratio_limit)} {of_seeds(below)}; "
            f"{outcome(descent)}",
            cause=f"layer by layer the outputs for different inputs grow alike: their relative variation is {steps}, …",
            plainly=phrase(
                f"the outputs of {numbered_layer(case, row)} are nearly identical for all inputs{in_seeds(below)}"
                f"{f', and {training(descent)}' if descent else ''}",
                "layer by layer the outputs for different inputs grow more alike",
            ),
            evidence={"measured": kept.median, "limit": self.ratio_limit, **count_seeds("seeds_below", below)},
        )

    def _collapsed(self, layer: LayerSignal, first: float | None) -> bool:
        here = layer.distinctness.median if layer.distinctness is not None else None
        return here is not None and first is not None and here < self.ratio_limit * first
