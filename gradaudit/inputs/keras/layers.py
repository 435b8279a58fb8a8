"""Keras's layers as described layers: what each means in a spec, and what of it is not read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gradaudit.domain.spec import Plain
from gradaudit.inputs.described.model import DescribedLayer, Value, scaling
from gradaudit.inputs.keras.images import CONVOLUTIONS, KINDS, Images
from gradaudit.inputs.keras.names import LAYERS, activation_of, initializer_of
from gradaudit.inputs.keras.part import Part
from gradaudit.inputs.keras.recurrent import RECURRENT, RecurrentReader
from gradaudit.inputs.keras.stored import Stored, named_arrays
from gradaudit.text.suggest import quoted

_DENSE = ("weight", "bias")
"""A dense layer's arrays in the order in which Keras stores them."""
_NORMS = {"BatchNormalization": "batch_norm", "LayerNormalization": "layer_norm", "GroupNormalization": "group_norm"}
_HINTS = {"Lambda": "it holds code, which is not run", "PReLU": "its slope is learned; a LeakyReLU's is fixed"}


class LayerReader:
    """Reads one layer after another, and keeps what is said beside them."""

    def __init__(self, keras_2: bool) -> None:
        self.keras_2 = keras_2
        self.notes: dict[str, None] = {}
        self.l2: dict[float | None, None] = {}
        """The kernels' penalties, each value once; None: no penalty."""
        self.images = Images()
        self.precision: str | None = None
        """Of the first dense layer."""
        self._kinds: Mapping[str, Callable[[Part, Stored | None], list[DescribedLayer]]] = {
            "Dense": self._dense,
            **dict.fromkeys(_NORMS, self._norm),
            "Activation": self._activation,
            "Dropout": self._dropout,
            "Normalization": _normalization,
            "Rescaling": _rescaling,
            **dict.fromkeys(KINDS, self._image),
            **dict.fromkeys(RECURRENT, self._recurrent),
            "TimeDistributed": self._at_each_step,
            "InputLayer": lambda layer, _: [],
            "Identity": lambda layer, _: [],
        }

    def described(self, layer: Part, stored: Stored | None) -> list[DescribedLayer]:
        """The described layers that a layer stands for; raises InputError, with its name, for one that is not known."""
        kind = layer.kind
        if kind in LAYERS:
            return [_activates(layer, LAYERS[kind](layer.need("config")))]
        if kind not in self._kinds:
            hint = f"; {_HINTS[kind]}" if kind in _HINTS else ""
            raise layer.layer_place.refusal(f"a layer of the class {quoted(kind)} is not audited{hint}")
        if kind != "InputLayer" and not layer.need("config").flag("trainable", True):
            self.note(layer, "trainable: false is not read, the training run trains this layer too")
        return self._kinds[kind](layer, stored)

    def note(self, layer: Part, message: str) -> None:
        """Keep a sentence for the report."""
        self.notes[f"{layer.layer_place.what}: {message}"] = None

    def _dense(self, layer: Part, stored: Stored | None) -> list[DescribedLayer]:
        config = layer.need("config")
        units = config.need("units").value
        if not isinstance(units, int):
            raise config.need("units").refusal(f"{quoted(units)} is no whole number")
        if config.get("quantization_config") or config.get("lora_rank"):
            raise layer.layer_place.refusal("a quantised layer, or one with LoRA, is not audited")
        self._said_of_training(layer)
        self.precision = self.precision or _dtype(config)
        has_bias = config.flag("use_bias", True)
        activation = activation_of(config.get("activation"), self.keras_2)
        keys: dict[str, Value] = {
            "units": units,
            "name": config.text("name"),
            "init": initializer_of(config.get("kernel_initializer"), "glorot_uniform"),
            "bias": initializer_of(config.get("bias_initializer"), "zeros") if has_bias else False,
        }
        dense = DescribedLayer("dense", layer.layer_place, keys, named_arrays(layer, stored, _DENSE[: 1 + has_bias]))
        return [dense] if activation == "identity" else [dense, _activates(layer, activation)]

    def _image(self, layer: Part, stored: Stored | None) -> list[DescribedLayer]:
        """Convolutions, pooling and flattening; an activation may stand behind a convolution."""
        found = self.images.described(layer, stored)
        if layer.kind not in CONVOLUTIONS:
            return found
        self._said_of_training(layer)
        self.precision = self.precision or _dtype(layer.need("config"))
        activation = activation_of(layer.need("config").get("activation"), self.keras_2)
        return found if activation == "identity" else [*found, _activates(layer, activation)]

    def _recurrent(self, layer: Part, stored: Stored | None) -> list[DescribedLayer]:
        """Recurrent layers and embeddings."""
        config = layer.need("config")
        self._said_of_training(config.get("layer") or layer)
        self.precision = self.precision or _dtype(config)
        return RecurrentReader(layer, self.note, self.keras_2).described(stored)

    def _at_each_step(self, layer: Part, stored: Stored | None) -> list[DescribedLayer]:
        """A dense layer, which acts on each step anyway."""
        inner = layer.need("config").need("layer")
        if inner.kind != "Dense":
            raise layer.layer_place.refusal(f"a TimeDistributed is audited around a Dense, not {quoted(inner.kind)}")
        return self._dense(inner, stored.part(("layer",), 0) if stored else None)

    def _said_of_training(self, layer: Part) -> None:
        """Penalties and constraints: only a uniform l2 of the kernels has a place in a spec."""
        config = layer.need("config")
        self.l2[self._penalty(layer, config.get("kernel_regularizer"))] = None
        for key in ("bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint"):
            if config.get(key):
                self.note(layer, f"its {key} is not read")

    def _penalty(self, layer: Part, part: Part | None) -> float | None:
        """The λ of λ·Σw²; None where there is none, or where it is not read."""
        if part is None:
            return None
        kind, config = part.named()
        if kind.lower() not in ("l2", "l1l2", "l1_l2") or config.number("l1", 0.0):
            self.note(layer, f"its kernel_regularizer {quoted(kind)} is not read")
            return None
        return config.number("l2", 0.01) or None

    def _norm(self, layer: Part, stored: Stored | None) -> list[DescribedLayer]:
        """Gamma and beta stand in this order in the file, each where there is one."""
        config, place = layer.need("config"), layer.layer_place
        if config.flag("rms_scaling", False):
            raise place.refusal("rms_scaling is not audited")
        self.images.check_norm(config.get("axis"))
        scales, shifts = config.flag("scale", True), config.flag("center", True)
        if not (scales and shifts):
            self.note(layer, "scale or center is off in it; the training run trains both")
        kept = [key for key, is_there in (("scale", scales), ("shift", shifts)) if is_there]
        arrays = named_arrays(layer, stored, kept)
        keys: dict[str, Value] = {"eps": config.number("epsilon", 1e-3)}
        if layer.kind == "GroupNormalization":
            keys["groups"] = config.need("groups").value if config.get("groups") else 32
        return [DescribedLayer(_NORMS[layer.kind], place, keys, arrays)]

    def _activation(self, layer: Part, stored: Stored | None) -> list[DescribedLayer]:
        activation = activation_of(layer.need("config").get("activation"), self.keras_2)
        return [] if activation == "identity" else [_activates(layer, activation)]

    def _dropout(self, layer: Part, stored: Stored | None) -> list[DescribedLayer]:
        config = layer.need("config")
        if config.get("noise_shape"):
            raise layer.layer_place.refusal("a Dropout with a noise_shape is not audited")
        return [DescribedLayer("dropout", layer.layer_place, {"rate": config.number("rate", 0.0)})]


def _rescaling(layer: Part, stored: Stored | None) -> list[DescribedLayer]:
    """x·scale + offset."""
    config = layer.need("config")
    scale, offset = config.number("scale", 1.0), config.number("offset", 0.0)
    if not scale:
        raise layer.layer_place.refusal("a scale of 0 leaves nothing of the inputs")
    return [scaling(layer.layer_place, np.array([-offset / scale]), np.array([scale]))]


def _normalization(layer: Part, stored: Stored | None) -> list[DescribedLayer]:
    """(x − mean)/√variance, both given, or learnt from data and stored with the weights."""
    place, config = layer.layer_place, layer.need("config")
    if config.flag("invert", False):
        raise place.refusal("an inverted normalisation is not audited")
    given = config.numbers("mean"), config.numbers("variance")
    if given[0] is not None and given[1] is not None:
        mean, variance = (np.array(numbers) for numbers in given)
    elif stored is not None:
        mean, variance = (stored.array(index, place).ravel() for index in (0, 1))
    else:
        raise place.refusal("its mean and variance are not in a JSON file; save the model as a .keras archive")
    return [scaling(place, mean, 1 / np.maximum(np.sqrt(np.maximum(variance, 0)), 1e-7))]


def _activates(layer: Part, activation: Plain) -> DescribedLayer:
    return DescribedLayer("activation", layer.layer_place, {"activation": activation})


def _dtype(config: Part) -> str | None:
    """The format that the layer computes in: of a policy `mixed_float16`, float16."""
    part = config.get("dtype")
    if part is None:
        return None
    name = part.value if isinstance(part.value, str) else part.named()[1].text("name", "float32")
    return str(name).removeprefix("mixed_")
