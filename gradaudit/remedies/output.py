"""Pair the loss with the output activation that it is made for."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.editing.spec_changes import is_free, last_layer
from gradaudit.functions.losses import LOSSES, takes_logits

WHY = (
    "with its own output activation a loss has the gradient output − target in the last pre-activation, which neither "
    "flattens nor leaves the range of the targets (Bishop 2006, section 5.2)"
)
FOR_PROBABILITIES = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}


class ChangeOutput:
    """The loss's own output activation; and where the outputs are probabilities, the loss that is made for those."""

    name = "output"
    tells_cause = True
    addresses = (
        "loss-output-mismatch",
        "non-finite-values",
        "exploding-gradient",
        "vanishing-gradient",
        "dead-units",
        "saturated-units",
        "saddle-point",
        "plateau",
        "no-learning",
        "learning-rate-too-high",
        "learning-rate-too-low",
        "seed-sensitivity",
    )

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """None where the pair is the loss's own, or the model lives where it is always right."""
        if spec.loss is None or not is_free(spec):
            return
        output, units, table = rows[-1].activation or Named("identity"), rows[-1].units, LOSSES[spec.loss.name]
        one_class = spec.loss.name == "cross_entropy" and units == 1
        if takes_logits(spec.loss) and not one_class:
            if output.name != "identity":
                yield _once(spec, spec.loss, output)
            return
        native = "sigmoid" if one_class else table.native_output
        changes: tuple[Change, ...] = (_loss(spec, "binary_cross_entropy"),) if one_class else ()
        if output.name != native:
            changes += (_output(spec, native),)
        if changes:
            yield Fix(f"use {' with '.join(str(change.new) for change in changes)}", changes, WHY)
        if not table.for_classes and units > (output.name == "softmax") and output.name in FOR_PROBABILITIES:
            better = _loss(spec, FOR_PROBABILITIES[output.name])
            yield Fix(f"use {better.new} with {output}", (better,), WHY)


def _once(spec: ModelSpec, loss: Named, output: Named) -> Fix:
    """The loss's own softmax or sigmoid alone, without the output activation before it."""
    native = LOSSES[loss.name].native_output
    parameters = tuple((key, value) for key, value in loss.parameters if key != "from_logits")
    changes: tuple[Change, ...] = (Change("loss", loss.plain(), Named(loss.name, parameters).plain()),)
    changes += () if output.name == native else (_output(spec, native),)
    return Fix(f"leave out {output}, since {loss.name} applies {native} itself", changes, WHY)


def _loss(spec: ModelSpec, new: str) -> Change:
    assert spec.loss is not None
    return Change("loss", None if "loss" in spec.assumed else spec.loss.plain(), new)


def _output(spec: ModelSpec, new: str) -> Change:
    """The last layer's own activation where it names one, else the model's `output`."""
    path, last = last_layer(spec)
    if last.activation is not None:
        return Change(f"{path}.activation", last.activation.plain(), new)
    written = spec.output is not None and "output" not in spec.assumed
    return Change("output", spec.output.plain() if spec.output is not None and written else None, new)
