"""A network of roads.py as the configuration of a functional model of Keras, with its weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.inputs.keras.writing import layer as keras_layer
from tests.inputs.roads import CELLS, Arrays, Part, gates

ORDER = {"rnn": (0,), "lstm": (0, 1, 2, 3), "gru": (1, 0, 2)}
"""PyTorch's places of the gates of Keras."""


class Stored:
    """Weights by the layer's name, as Keras orders them."""

    def __init__(self, arrays: dict[str, list[np.ndarray]], name: str = "", first: int = 0) -> None:
        self.arrays, self.name, self.first = arrays, name, first

    def child(self, kind: str, name: str) -> Stored:
        """The layer of this name."""
        return Stored(self.arrays, name)

    def part(self, path: tuple[str, ...], first: int) -> Stored:
        """Its arrays from that number on."""
        return Stored(self.arrays, self.name, first)

    def array(self, index: int, place: object) -> np.ndarray:
        """Its array of this number."""
        return np.asarray(self.arrays[self.name][self.first + index], float)


class KerasForm:
    """A functional model's configuration."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays, self.kept, self.layers = arrays, dict[str, list[np.ndarray]](), list[Any]()

    def add(self, kind: str, name: str, *before: str, **config: Any) -> str:
        """A layer behind those, and its name."""
        inbound = [[[each, 0, 0, {}] for each in before]]
        self.layers.append({**keras_layer(kind, name=name, **config), "name": name, "inbound_nodes": inbound})
        return name

    def through(self, x: str, parts: list[Part], prefix: str = "p", maps: tuple[int, ...] = ()) -> str:
        """What comes out behind the parts; `maps` are the channels and sides that a flatten in them is given."""
        self.flat = False
        for k, (kind, *said) in enumerate(parts):
            x = self.part(x, f"{prefix}{k}", kind, said, maps)
        return x

    def part(self, x: str, name: str, kind: str, said: list[Any], maps: tuple[int, ...]) -> str:
        """What comes out of a part."""
        if kind == "skip":
            inside, beside = (self.through(x, way, f"{name}{half}") for way, half in zip(said, "ab", strict=True))
            return self.add("Add", name, inside, beside)
        if kind in CELLS:
            return self.recurrent(x, name, kind, *said)
        own = [self.arrays[f"{name}.{each}"] for each in ("weight", "bias") if f"{name}.{each}" in self.arrays]
        self.kept[name] = own
        if kind == "conv":
            channels, kernel, stride, pad = said
            self.kept[name] = [np.transpose(own[0], (2, 3, 1, 0)), own[1]]
            x = self.add("ZeroPadding2D", f"{name}z", x, padding=[[pad, pad]] * 2) if pad else x
            return self.add("Conv2D", name, x, filters=channels, kernel_size=[kernel] * 2, strides=[stride] * 2)
        if kind == "dense":
            weight = own[0].T
            if self.flat and maps:
                weight = weight.reshape(*maps, -1).transpose(1, 2, 0, 3).reshape(len(weight), -1)
            self.flat, self.kept[name] = False, [weight, own[1]]
            return self.add("Dense", name, x, units=said[0])
        self.flat |= kind == "flatten"
        if kind == "embed":
            return self.add("Embedding", name, x, input_dim=said[0], output_dim=said[1])
        return self.plain(x, name, kind, said)

    def plain(self, x: str, name: str, kind: str, said: list[Any]) -> str:
        """Norms, pooling, flattening and activations."""
        if kind == "mean":
            return self.add(f"GlobalAveragePooling{1 if said == ['steps'] else 2}D", name, x)
        if kind == "norm":
            return self.add("BatchNormalization", name, x, axis=-1, epsilon=1e-5)
        if kind in ("max", "avg"):
            size, stride, pad = said if len(said) == 3 else (said[0], said[0], 0)
            window = {"pool_size": [size] * 2, "strides": [stride] * 2, "padding": "same" if pad else "valid"}
            return self.add({"max": "MaxPooling2D", "avg": "AveragePooling2D"}[kind], name, x, **window)
        return self.add("Flatten", name, x) if kind == "flatten" else self.add("Activation", name, x, activation=kind)

    def recurrent(self, x: str, name: str, kind: str, units: int, halves: int, goes_on: bool) -> str:
        """A cell, or a Bidirectional around it."""
        config = {"units": units, "return_sequences": goes_on, "use_bias": True}
        self.kept[name] = [each for half in ("", "_reverse")[:halves] for each in self.of_cell(name, kind, half)]
        class_ = {"rnn": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}[kind]
        if halves == 1:
            return self.add(class_, name, x, **config)
        return self.add("Bidirectional", name, x, layer=keras_layer(class_, **config), merge_mode="concat")

    def of_cell(self, name: str, kind: str, half: str) -> Iterator[np.ndarray]:
        """Kernel, recurrent kernel, and one bias, or the two of a GRU."""
        found = {p: self.arrays[f"{name}.{p}_l0{half}"] for p in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        turned = {part: gates(array, ORDER[kind]) for part, array in found.items()}
        yield from (turned[part].T for part in ("weight_ih", "weight_hh"))
        both = [turned["bias_ih"], turned["bias_hh"]]
        yield np.stack(both) if kind == "gru" else both[0].astype(float) + both[1]
