"""A Keras model's configuration becomes a ModelSpec: what `model.to_json()` writes, and what archives and HDF5 hold.

Sources: keras/saving/serialization_lib and saving_lib, and keras/models/functional.
"""

from __future__ import annotations

from dataclasses import replace

from gradaudit.domain.spec import ModelSpec, Plain
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel
from gradaudit.inputs.described.to_spec import PRECISIONS, spec_of
from gradaudit.inputs.keras.layers import LayerReader
from gradaudit.inputs.keras.models import chain_of, inputs_of
from gradaudit.inputs.keras.part import Part
from gradaudit.inputs.keras.stored import Stored
from gradaudit.inputs.keras.training import NATIVE, loss_of, optimizer_of
from gradaudit.inputs.yaml_text.tree import TreeNode

FIT_BATCH = 32
"""Rows of a batch where `fit` is not told; no file of Keras says how many it was told. Source: keras.Model.fit."""


def model_of(root: TreeNode, name: str, stored: Stored | None = None) -> ModelSpec:
    """The model of a configuration, as it is drawn and, where weights are stored beside it, as it is fitted.

    Raises InputError, with the path in the configuration, for what is not audited, SpecError for impossible values.
    """
    model = Part(root)
    reader = LayerReader(keras_2=model.text("keras_version", "3").startswith("2"))
    chain = chain_of(model, reader, stored)
    said, takes_logits = _training(model, reader, chain)
    spec = spec_of(
        DescribedModel(
            name,
            model.place(),
            chain,
            inputs_of(model, chain, reader.images.channels_first),
            "keras",
            {key: value for key, (value, _) in said.items()},
            {key: part.node.location for key, (_, part) in said.items()},
            tuple(reader.notes),
            leaves_output_open=takes_logits,
        )
    )
    spec = replace(spec, batch_size=FIT_BATCH, assumed=(*spec.assumed, "batch_size"))
    return _doubled(spec, reader.keras_2) if takes_logits and spec.output is not None else spec


def _training(
    model: Part, reader: LayerReader, chain: tuple[DescribedLayer, ...]
) -> tuple[dict[str, tuple[Plain, Part]], bool]:
    """What a spec says beside its layers, each with where it stands, and whether the loss takes logits."""
    found: dict[str, tuple[Plain, Part]] = {}
    logits = False
    compiled = model.get("compile_config")
    if compiled is not None and compiled.get("loss"):
        units = next((layer.keys["units"] for layer in reversed(chain) if layer.type == "dense"), 1)
        loss, logits = loss_of(compiled, units if isinstance(units, int) else 1)
        found["loss"] = loss, compiled.need("loss")
        if compiled.get("loss_weights"):
            reader.notes["compile_config.loss_weights is not read: the loss is taken as it is"] = None
    if compiled is not None and compiled.get("optimizer"):
        found["optimizer"] = dict(optimizer_of(compiled, reader.notes)), compiled.need("optimizer")
    if reader.precision in PRECISIONS:
        found["precision"] = reader.precision, model
    penalties = [penalty for penalty in reader.l2 if penalty]
    if len(reader.l2) == 1 and penalties:
        found["l2"] = 2 * penalties[0], model
    elif penalties:
        reader.notes["the kernel_regularizer is not the same in every layer, so it is not read"] = None
    return found, logits


def _doubled(spec: ModelSpec, keras_2: bool) -> ModelSpec:
    """A loss that takes logits, behind an output activation: it applies its own to what that gave.

    TensorFlow, the only backend of Keras 2, goes back to a softmax's or sigmoid's logits, with a warning; PyTorch and
    JAX do not. Source: keras/src/backend, categorical_crossentropy.
    """
    assert spec.loss is not None
    assert spec.output is not None
    of_logits = spec.loss.having(from_logits=True)
    if spec.output.name not in NATIVE.values():
        return replace(spec, loss=of_logits)
    says = f"the loss says from_logits=True, but the last layer is a {spec.output.name} already"
    if keras_2 and spec.output.name == NATIVE[spec.loss.name]:
        note = f"{says}; TensorFlow takes it once, and warns: remove one of the two"
        return replace(spec, notes=(*spec.notes, note))
    note = f"{says}; they are taken one after the other, as PyTorch and JAX do (TensorFlow takes the logits before)"
    return replace(spec, loss=of_logits, notes=(*spec.notes, note))
