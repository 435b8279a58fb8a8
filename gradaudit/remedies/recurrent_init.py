"""Recurrent weights that keep the error signal's size from step to step."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.editing.spec_changes import is_free, recurrent_layers
from gradaudit.layers.recurrent import RecurrentSpec

WHY = {
    "orthogonal": "an orthogonal matrix changes the length of no vector, so that what goes back through many steps "
    "neither shrinks nor grows by it (Saxe et al. 2014, arXiv:1312.6120; Henaff et al. 2016, arXiv:1602.06662)",
    "identity": "with identity weights and ReLU a state that gets no input stays as it is "
    "(Le et al. 2015, arXiv:1504.00941)",
}


class ChangeRecurrentInit:
    """Orthogonal; identity for rectifiers."""

    name = "recurrent-init"
    tells_cause = True
    addresses = ("vanishing-gradient", "exploding-gradient", "non-finite-values", "no-learning", "plateau")

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix, where recurrent weights are drawn in another way."""
        if not is_free(spec):
            return
        changes, names = [], []
        for path, layer in recurrent_layers(spec):
            target = "identity" if layer.type == "rnn" and layer.activation == Named("relu") else "orthogonal"
            if _now(spec, layer) != target:
                old = layer.recurrent_init.plain() if layer.recurrent_init is not None else None
                changes.append(Change(f"{path}.recurrent_init", old, target))
                names.append(target)
        if changes:
            title = f"draw {' and '.join(dict.fromkeys(names))} recurrent weights"
            yield Fix(title, tuple(changes), WHY[names[0]])


def _now(spec: ModelSpec, layer: RecurrentSpec) -> str | None:
    """How they are drawn; Keras draws an rnn's orthogonal, and all gates of a cell at once, which is another thing."""
    init = layer.init or spec.init
    if layer.recurrent_init is not None:
        return layer.recurrent_init.name if not layer.recurrent_init.parameters else None
    whole = {"pytorch": None, "keras": "orthogonal" if layer.gates == 1 else None}
    return whole.get(init.name, "orthogonal")
