"""Open the gate that keeps the state, so that what comes early is still there at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import is_free, recurrent_layers
from gradaudit.layers.recurrent import RecurrentSpec

KEYS = {"lstm": "forget_bias", "gru": "update_bias"}
WHY = {
    "chrono": "biases of log U(1, T − 1) let the units forget over all lengths of time up to that of the sequences "
    "(Tallec & Ollivier 2018, arXiv:1804.11188)",
    "1": "with a bias of 1 the gate keeps 73% of the state in a step instead of half "
    "(Gers et al. 2000; Jozefowicz et al. 2015)",
}


class Memory:
    """The forget gate's bias of an LSTM, the update gate's of a GRU: chrono for the known length, else 1."""

    name = "memory"
    tells_cause = True
    addresses = ("vanishing-gradient", "no-learning", "plateau")

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix a value, where a layer has such a gate and another value."""
        if not is_free(spec):
            return
        layers = [
            (path, layer) for path, layer in recurrent_layers(spec) if layer.type in KEYS and layer.bias is not False
        ]
        for value in ("chrono", 1):
            changes = tuple(
                Change(f"{path}.{KEYS[layer.type]}", _now(layer), value)
                for path, layer in layers
                if _now(layer) != value and not (value == 1 and _stands_at_one(spec, layer))
            )
            if changes:
                names = " and ".join(dict.fromkeys(KEYS[layer.type] for _, layer in layers))
                yield Fix(f"set {names} to {value}", changes, WHY[str(value)])


def _now(layer: RecurrentSpec) -> float | str | None:
    found: float | str | None = getattr(layer, KEYS[layer.type])
    return found


def _stands_at_one(spec: ModelSpec, layer: RecurrentSpec) -> bool:
    """Whether the gate starts at 1 or above without a word: an LSTM's does, but for PyTorch's default."""
    now, whole = _now(layer), replace(layer, init=layer.init or spec.init).framework
    return (now is None and layer.type == "lstm" and whole != "pytorch") or now == "chrono" or (now or 0) >= 1  # type: ignore[operator]
