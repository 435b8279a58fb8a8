"""Give the weights the variance that fits the activation."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec, Named, ResidualSpec
from gradaudit.editing.spec_changes import dense_layers, everywhere, has_norms, is_free, last_layer, recurrent_layers
from gradaudit.functions.activations import ACTIVATIONS

UNSCALED = ("zeros", "ones", "constant", "normal", "uniform")
"""Initializers that know nothing of the layer's width."""


class ChangeInitializer:
    """He for the rectifiers, Glorot for the saturating ones, LeCun for SELU."""

    name = "initializer"
    tells_cause = True
    addresses = (
        "init-activation-mismatch",
        "vanishing-gradient",
        "exploding-gradient",
        "non-finite-values",
        "dead-units",
        "saturated-units",
        "saddle-point",
        "plateau",
        "no-learning",
        "symmetric-units",
        "representation-collapse",
        "seed-sensitivity",
        "learning-rate-too-high",
        "learning-rate-too-low",
    )

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """The matching one, where a layer has another; then small residual branches, where nothing norms them."""
        hidden = rows[0].activation or Named("identity")
        if any(recurrent_layers(spec)) and len(rows) == 1 and spec.init.name not in (*UNSCALED, "identity"):
            return  # a framework's whole default speaks of the recurrent layers: their own remedies change it
        if not is_free(spec):
            return
        matching = ACTIVATIONS[hidden.name].matching_init
        changes = everywhere(spec, "init", lambda old: old.plain() if _same(old, matching) else matching)
        path, last = last_layer(spec)
        if last.init is not None and f"{path}.init" not in {c.path for c in changes} and last.init.name in UNSCALED:
            changes += (Change(f"{path}.init", last.init.plain(), "glorot_uniform"),)
        if changes:
            yield Fix(
                f"initialise with {matching}",
                changes,
                f"{matching} gives {hidden} layers weights that keep the signal's size "
                "(Glorot & Bengio 2010; He et al. 2015, arXiv:1502.01852)",
            )
        branches = () if has_norms(spec) else tuple(_branches(spec, matching))
        if branches:
            yield Fix(
                "start the residual branches small",
                branches,
                "each block adds its branch's variance: with gains of one over the root of their number the sum stays "
                "of the input's size (De & Smith 2020, arXiv:2002.10444; Zhang et al. 2019, arXiv:1901.09321)",
            )


def _branches(spec: ModelSpec, matching: str) -> Iterator[Change]:
    """The layers inside residual blocks, with the gain that the number of blocks asks for; one alone asks for none."""
    blocks = sum(layer.repeat for layer in spec.layers if isinstance(layer, ResidualSpec))
    if blocks < 2:
        return
    small = Named.of(matching, gain=float(f"{1 / sqrt(blocks):.2g}"))
    for path, layer in dense_layers(spec):
        if ".layers[" in path and layer.init != small:
            yield Change(f"{path}.init", layer.init.plain() if layer.init is not None else None, small.plain())


def _same(old: Named, matching: str) -> bool:
    """The same family: uniform or normal makes no difference to the signal."""
    return not old.parameters and old.name.partition("_")[0] == matching.partition("_")[0]
