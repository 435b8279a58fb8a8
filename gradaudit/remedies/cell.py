"""An LSTM in place of a plain recurrent layer."""

from __future__ import annotations

from collections.abc import Iterator

from gradaudit.domain.expanded import ExpandedLayer
from gradaudit.domain.findings import Change, Finding, Fix
from gradaudit.domain.spec import ModelSpec
from gradaudit.editing.spec_changes import is_free, recurrent_layers
from gradaudit.layers import LstmSpec
from gradaudit.layers.recurrent import RecurrentSpec


class ChangeCell:
    """For sequences that are longer than a plain recurrent layer remembers."""

    name = "cell"
    tells_cause = True
    addresses = ("vanishing-gradient", "exploding-gradient", "no-learning", "plateau")

    def propose(self, spec: ModelSpec, rows: tuple[ExpandedLayer, ...], finding: Finding | None) -> Iterator[Fix]:
        """One fix, where there is a plain recurrent layer."""
        plain = [(path, layer) for path, layer in recurrent_layers(spec) if layer.type == "rnn"]
        if not plain or not is_free(spec):
            return
        yield Fix(
            "use an lstm with a forget bias for the length of the sequences",
            tuple(Change(path, layer.plain(), _lstm(layer).plain()) for path, layer in plain),
            "the cell's state goes from step to step through its forget gate alone, and no weight matrix shrinks it "
            "(Hochreiter & Schmidhuber 1997; Tallec & Ollivier 2018, arXiv:1804.11188)",
        )


def _lstm(layer: RecurrentSpec) -> LstmSpec:
    """An LSTM of the same shape; its activation is its own."""
    return LstmSpec(
        units=layer.units,
        init=layer.init,
        return_sequences=layer.return_sequences,
        bidirectional=layer.bidirectional,
        repeat=layer.repeat,
        name=layer.name,
        forget_bias="chrono",
    )
