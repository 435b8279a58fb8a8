"""Start the biases at zero."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.editing.spec_changes import dense_layers, is_free


class Bias:
    """For units that a bias holds where their derivative is small, or zero."""

    name = "bias"
    tells_cause = True
    addresses = (
        "vanishing-gradient",
        "dead-units",
        "saturated-units",
        "plateau",
        "no-learning",
        "representation-collapse",
    )

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix where the spec gives biases that are not zero; a framework's own draw is left to `init`."""
        given = [(f"{path}.bias", layer.bias) for path, layer in dense_layers(spec)]
        changes = tuple(
            Change(path, bias.plain(), "zeros")
            for path, bias in (("bias", spec.bias), *given)
            if isinstance(bias, Named) and bias.name != "zeros"
        )
        if changes and is_free(spec):
            yield Fix(
                "start the biases at zero",
                changes,
                "a bias that is far from zero decides a unit's output before any input does; the usual initializers "
                "start it at zero (Glorot & Bengio 2010, section 2.3; He et al. 2015, arXiv:1502.01852, section 2.2)",
            )
