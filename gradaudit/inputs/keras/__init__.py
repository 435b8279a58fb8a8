"""Keras models without Keras: what `model.to_json()` writes, and the configuration inside a `.keras` archive.

Keras 2 and 3; nothing of the file runs. Sources: keras/saving/serialization_lib and saving_lib, and
keras/models/functional.
"""

from __future__ import annotations

from gradaudit.inputs.chain import spec_of
from gradaudit.inputs.keras.layers import LayerReader
from gradaudit.inputs.keras.models import chain_of, inputs_of
from gradaudit.inputs.keras.part import Part
from gradaudit.inputs.keras.stored import Stored
from gradaudit.inputs.keras.training import NATIVE, loss_of, optimizer_of
from gradaudit.inputs.links import DenseLink, Link
from gradaudit.inputs.plain_tree import tree_at
from gradaudit.inputs.yaml_tree import Node
from gradaudit.spec import ModelSpec, Plain

__all__ = ["model_of"]

_FORMATS = ("float64", "float32", "float16", "bfloat16")


def model_of(root: Node, name: str, stored: Stored | None = None) -> ModelSpec:
    """The model of a configuration, as it is drawn and, where weights are stored beside it, as it is fitted.

    Raises InputError, with the path in the configuration, for what is not audited, SpecError for impossible values.
    """
    model = Part(root)
    reader = LayerReader(keras_2=model.text("keras_version", "3").startswith("2"))
    chain = chain_of(model, reader, stored)
    training, takes_logits = _training(model, reader, chain)
    return spec_of(
        chain,
        inputs_of(model, chain),
        training,
        name=name,
        place=model.place(),
        leaves_output_open=takes_logits,
        framework="keras",
        notes=tuple(reader.notes),
    )


def _training(model: Part, reader: LayerReader, chain: tuple[Link, ...]) -> tuple[dict[str, Node], bool]:
    """What a spec says beside its layers, and whether the loss takes logits."""
    found: dict[str, tuple[Plain, Part]] = {}
    logits = False
    compiled = model.get("compile_config")
    if compiled is not None and compiled.get("loss"):
        outputs = next((link.units for link in reversed(chain) if isinstance(link, DenseLink)), 1)
        loss, logits = loss_of(compiled, outputs)
        found["loss"] = loss, compiled.need("loss")
        _refuse_twice(compiled, chain, loss, logits)
    if compiled is not None and compiled.get("optimizer"):
        found["optimizer"] = dict(optimizer_of(compiled, reader.notes)), compiled.need("optimizer")
    if reader.precision in _FORMATS:
        found["precision"] = reader.precision, model
    penalties = [penalty for penalty in reader.l2 if penalty]
    if len(reader.l2) == 1 and penalties:
        found["l2"] = 2 * penalties[0], model
    elif penalties:
        reader.notes["the kernel_regularizer is not the same in every layer, so it is not read"] = None
    return {key: tree_at(value, part.node.location) for key, (value, part) in found.items()}, logits


def _refuse_twice(compiled: Part, chain: tuple[Link, ...], loss: Plain, logits: bool) -> None:
    """A loss that takes logits behind the very activation that it would add."""
    name = loss["name"] if isinstance(loss, dict) else loss
    last = getattr(chain[-1], "activation", None) if chain else None
    if logits and last is not None and last == NATIVE.get(str(name)):
        says = (
            f"from_logits=True, but the last layer is a {last} already and would be taken twice; remove one of the two"
        )
        raise compiled.need("loss").refusal(says)
