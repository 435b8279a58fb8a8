"""Keras's recurrent layers, and what stands around them, as described layers; gates are put in a spec's order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gradaudit.domain.spec import Plain
from gradaudit.functions.arrays import Array
from gradaudit.inputs.described.last_step import added
from gradaudit.inputs.described.model import DescribedLayer, Place, Value
from gradaudit.inputs.keras.names import activation_of, initializer_of
from gradaudit.inputs.keras.part import Part
from gradaudit.inputs.keras.stored import Stored, named_arrays
from gradaudit.text.suggest import quoted

Note = Callable[[Part, str], None]
"""What keeps a sentence on a layer for the report."""

CELLS = {"SimpleRNN": "rnn", "LSTM": "lstm", "GRU": "gru"}
RECURRENT = (*CELLS, "Bidirectional", "Embedding", "Masking")
"""The classes that `Recurrent` reads."""
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
REFUSED = {"go_backwards": "reading backwards", "return_state": "return_state", "time_major": "time_major"}
UNREAD = ("dropout", "recurrent_dropout", "stateful")
DEFAULT = {"init": "glorot_uniform", "recurrent_init": "orthogonal", "bias": "zeros"}
"""Keras's whole default, which draws all gates at once."""


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentReader:
    """One such layer, which is being read."""

    layer: Part
    note: Note
    keras_2: bool

    def described(self, stored: Stored | None) -> list[DescribedLayer]:
        """The layer; nothing for a Masking, which is told."""
        kind, place, config = self.layer.kind, self.layer.layer_place, self.layer.need("config")
        if kind == "Masking":
            self.note(self.layer, "a Masking is not audited: all steps count")
            return []
        if kind == "Embedding":
            return [self._embedding(config, stored)]
        if kind == "Bidirectional":
            return [self._bidirectional(config, stored)]
        keys = {**self._keys(kind, config), "name": config.text("name")}
        weights = _weights(CELLS[kind], config, stored.part(("cell",), 0), place) if stored else {}
        return [DescribedLayer(CELLS[kind], place, keys, weights)]

    def _embedding(self, config: Part, stored: Stored | None) -> DescribedLayer:
        if config.flag("mask_zero", False):
            self.note(self.layer, "mask_zero is not audited: token 0 counts as any other")
        keys: dict[str, Value] = {
            "vocabulary": config.need("input_dim").value,
            "units": config.need("output_dim").value,
            "init": initializer_of(config.get("embeddings_initializer"), "keras"),
            "name": config.text("name"),
        }
        return DescribedLayer("embedding", self.layer.layer_place, keys, named_arrays(self.layer, stored, ("weight",)))

    def _bidirectional(self, config: Part, stored: Stored | None) -> DescribedLayer:
        """Both halves side by side; the backward one is a copy of the forward one but for its weights."""
        inner, place = config.need("layer"), self.layer.layer_place
        kind, inside = inner.text("class_name"), inner.need("config")
        if kind not in CELLS or config.text("merge_mode", "concat") != "concat":
            raise place.refusal("a Bidirectional is audited around SimpleRNN, LSTM or GRU, with merge_mode 'concat'")
        if config.get("backward_layer") and config.need("backward_layer").text("class_name") != kind:
            raise place.refusal("a Bidirectional whose two halves differ is not audited")
        keys, weights = self._keys(kind, inside), dict[str, Array]()
        if stored:
            count = 2 + inside.flag("use_bias", True)
            for k, (half, prefix) in enumerate((("forward", ""), ("backward", "reverse_"))):
                own = _weights(CELLS[kind], inside, stored.part((f"{half}_layer", "cell"), k * count), place)
                weights |= {f"{prefix}{name}": array for name, array in own.items()}
        keys |= {"bidirectional": True, "name": config.text("name")}
        return DescribedLayer(CELLS[kind], place, keys, weights)

    def _keys(self, kind: str, config: Part) -> dict[str, Value]:
        place = self.layer.layer_place
        for key, what in REFUSED.items():
            if config.flag(key, False):
                raise place.refusal(f"{what} is not audited")
        for key in UNREAD:
            if (part := config.get(key)) and part.value:
                self.note(self.layer, f"its {key} is not read")
        gate = activation_of(config.get("recurrent_activation"), self.keras_2)
        if kind != "SimpleRNN" and gate not in ("identity", "sigmoid"):
            raise place.refusal(f"gates with {quoted(gate)} are not audited; sigmoid is")
        keys: dict[str, Value] = {
            "units": config.need("units").value,
            "return_sequences": config.flag("return_sequences", False),
            **_drawn(kind, config),
        }
        activation = activation_of(config.get("activation"), self.keras_2)
        if config.get("activation") and activation != "tanh":
            keys["activation"] = activation
        return keys | ({"reset_after": config.flag("reset_after", True)} if kind == "GRU" else {})


def _drawn(kind: str, config: Part) -> dict[str, Value]:
    """How its weights start: `keras` for its whole default, else key by key, each gate by itself."""
    found: dict[str, Plain] = {
        "init": initializer_of(config.get("kernel_initializer"), DEFAULT["init"]),
        "recurrent_init": initializer_of(config.get("recurrent_initializer"), DEFAULT["recurrent_init"]),
        "bias": initializer_of(config.get("bias_initializer"), DEFAULT["bias"]),
    }
    forgets = config.flag("unit_forget_bias", True)
    without: dict[str, Plain] = {} if config.flag("use_bias", True) else {"bias": False}
    if found["recurrent_init"] == {"name": "orthogonal", "gain": 1.0}:
        found["recurrent_init"] = "orthogonal"
    if found == DEFAULT:
        return {"init": "keras", **without, **({} if forgets or kind != "LSTM" else {"forget_bias": 0})}
    return {**found, **without, **({"forget_bias": float(forgets)} if kind == "LSTM" else {})}


def _weights(type_: str, config: Part, stored: Stored, place: Place) -> dict[str, Array]:
    """Kernel, recurrent kernel and biases of one direction."""
    found = {"weight": _turned(type_, stored.array(0, place)), "recurrent": _turned(type_, stored.array(1, place))}
    if not config.flag("use_bias", True):
        return found
    return {**found, **_biases(type_, config, stored.array(2, place))}


def _biases(type_: str, config: Part, bias: Array) -> Mapping[str, Array]:
    """A GRU with reset_after has two rows: both gates' add up, the candidate's stay apart."""
    if type_ != "gru" or bias.ndim < 2 or not config.flag("reset_after", True):
        return {"bias": _turned(type_, bias)}
    outside, inside = (_turned(type_, row) for row in bias)
    return added(outside, inside, len(outside) // GATES["gru"])


def _turned(type_: str, array: Array) -> Array:
    """Keras has a GRU's gates in the order z r n, a spec r z n; an LSTM's stand alike."""
    if type_ != "gru" or array.shape[-1] % GATES["gru"]:
        return array
    z, r, n = np.split(array, GATES["gru"], axis=-1)
    return np.concatenate([r, z, n], axis=-1)
