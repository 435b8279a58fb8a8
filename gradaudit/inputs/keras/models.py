"""Keras's Sequential and functional models as described layers: models inside models, residual additions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

from gradaudit.inputs.channel_order import channels_last
from gradaudit.inputs.described.model import DescribedLayer
from gradaudit.inputs.described.trails import Trails
from gradaudit.inputs.keras.layers import LayerReader
from gradaudit.inputs.keras.part import Part
from gradaudit.inputs.keras.stored import Stored
from gradaudit.text.suggest import quoted

MODELS = ("Sequential", "Functional", "Model")


def chain_of(model: Part, reader: LayerReader, stored: Stored | None) -> tuple[DescribedLayer, ...]:
    """The layers of a model, those of models inside it included.

    Raises InputError, with the layer's name and place, for what is no chain with residual additions.
    """
    kind, config = model.kind, model.need("config")
    if kind not in MODELS:
        raise model.refusal(f"a model of the class {quoted(kind)} is not audited; Sequential and functional models are")
    read = [(layer, _links(layer, reader, stored)) for layer in layers_of(config)]
    if kind == "Sequential":
        return tuple(each for _, described in read for each in described)
    return _functional(config, read)


def layers_of(config: Part) -> Iterator[Part]:
    """The layers of a model; before Keras 2.2.3 a Sequential was a list of them."""
    return config.items() if isinstance(config.node.value, tuple) else config.need("layers").items()


def _links(layer: Part, reader: LayerReader, stored: Stored | None) -> tuple[DescribedLayer, ...]:
    """Of one layer; every layer takes its turn among the stored ones, whatever it is."""
    kind = layer.kind
    own = stored.child(kind, layer.name) if stored else None
    if kind in MODELS:
        return chain_of(layer, reader, own)
    return () if _adds(layer) else tuple(reader.described(layer, own))


def _adds(layer: Part) -> bool:
    """Whether it is Keras's layer Add, or its operation: `x + y` on tensors."""
    return layer.text("class_name") == "Add" and layer.is_of_keras


@dataclass(frozen=True, slots=True)
class _Call:
    """A layer of a functional model with the layers whose outputs it takes."""

    layer: Part
    name: str
    sources: tuple[str, ...]
    described: tuple[DescribedLayer, ...]
    adds: bool


def _functional(config: Part, read: list[tuple[Part, tuple[DescribedLayer, ...]]]) -> tuple[DescribedLayer, ...]:
    start, end = _only(config, "input_layers"), _only(config, "output_layers")
    waiting = [_call(layer, described) for layer, described in read if layer.name != start]
    trails = Trails(start)
    while waiting:
        ready = [call for call in waiting if all(source in trails for source in call.sources)]
        if not ready:
            raise waiting[0].layer.layer_place.refusal("it takes an output that no layer gives")
        for call in ready:
            _take(trails, call)
        waiting = [call for call in waiting if call.name not in trails]
    if end not in trails:
        raise config.need("output_layers").refusal(f"there is no layer {quoted(end)}")
    return trails.layers_to(end)


def _take(trails: Trails, call: _Call) -> None:
    place = call.layer.layer_place
    if call.adds and len(call.sources) == 2:
        trails.add(call.name, (call.sources[0], call.sources[1]), place)
    elif call.adds or len(call.sources) != 1:
        raise place.refusal(f"it takes {len(call.sources)} inputs; only a sum of two may take more than one")
    else:
        trails.step(call.name, call.sources[0], *call.described)


def _call(layer: Part, described: tuple[DescribedLayer, ...]) -> _Call:
    name, nodes = layer.name, layer.get("inbound_nodes")
    called = list(nodes.items()) if nodes else []
    if len(called) != 1:
        times = "is never called" if not called else f"is called {len(called)} times"
        raise layer.layer_place.refusal(f"it {times}; a layer is audited that is called once")
    sources = tuple(_history(part) for part in _tensors(called[0]))
    return _Call(layer, name, sources, described, _adds(layer))


def _tensors(node: Part) -> Iterator[Part]:
    """The tensors that a layer is called with: of Keras 3 below `args`, of Keras 2 lists that begin with a name."""
    arguments = node.get("args")
    if arguments is not None:
        yield from _keras_3(arguments, 0)
        named = node.get("kwargs")
        if named is not None and "__keras_tensor__" in str(named.value):
            raise named.refusal("a tensor as a named argument is not audited")
        return
    items = list(node.items())
    yield from [node] if items and isinstance(items[0].value, str) else items


def _keras_3(part: Part, depth: int) -> Iterator[Part]:
    if isinstance(part.value, Mapping) and part.text("class_name") == "__keras_tensor__":
        yield part.need("config").need("keras_history")
    elif depth < 4:
        for item in part.items():
            yield from _keras_3(item, depth + 1)


def _history(part: Part) -> str:
    """The layer that a reference [name, node, output, …] names."""
    items = [item.value for item in part.items()]
    if len(items) < 3 or not isinstance(items[0], str) or items[2] != 0:
        raise part.refusal("it names no layer's only output")
    if len(items) > 3 and items[3]:
        raise part.refusal("a call with named arguments is not audited")
    return items[0]


def _only(config: Part, key: str) -> str:
    """The one input or output; of Keras 3 a reference may stand without a list around it."""
    part = config.need(key)
    items = list(part.items())
    references = [part] if items and isinstance(items[0].value, str) else items
    if len(references) != 1:
        raise part.refusal(f"{len(references)} of them; a model with one input and one output is audited")
    return _history(references[0])


def inputs_of(model: Part, described: tuple[DescribedLayer, ...], channels_first: bool) -> tuple[int, ...]:
    """The shape of one input, channels last: what the file says of it, else the rows of the first kernel.

    Raises InputError where nothing says it.
    """
    shape = _shape(model)
    first = next((layer for layer in described if layer.type != "dropout"), None)
    if shape is None:
        kernel = next((layer.weights.get("weight") for layer in described if layer.type == "dense"), None)
        if kernel is None:
            raise model.refusal("the number of inputs is not in the file; give the model an Input and save it again")
        return (int(kernel.shape[0]),)
    if first is not None and first.type == "flatten":
        return (prod(shape),)
    if first is not None and first.type == "reshape":
        shape = _filled(first, shape)
    return channels_last(shape) if channels_first and len(shape) > 1 else shape


def _filled(layer: DescribedLayer, inputs: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that a Reshape makes of the input, −1 in it worked out. Raises InputError where it does not fit."""
    due = layer.keys["shape"]
    sides = [side for side in due if isinstance(side, int)] if isinstance(due, list) else []
    known = [side for side in sides if side > 0]
    found = tuple(side if side > 0 else prod(inputs) // prod(known) for side in sides)
    if prod(found) != prod(inputs) or len(found) > len(known) + 1:
        raise layer.place.refusal(f"it makes {due} of an input of {inputs}")
    return found


def _shape(model: Part) -> tuple[int, ...] | None:
    """Of one row of the input, wherever Keras 2 and 3 say it."""
    for part in _shapes(model):
        found = [side.value for side in part.items()][1:]
        sides = tuple(side for side in found if isinstance(side, int) and not isinstance(side, bool) and side > 0)
        if not sides or len(sides) != len(found):
            raise part.refusal("the shape of an input must be known")
        return sides
    return None


def _shapes(model: Part) -> Iterator[Part]:
    config = model.need("config")
    layers = list(layers_of(config))
    start = _only(config, "input_layers") if config.get("input_layers") else ""
    first = next((layer for layer in layers if not start or layer.name == start), None)
    if first is not None and first.kind in MODELS:
        yield from _shapes(first)
    elif first is not None:
        keys = ("batch_shape", "batch_input_shape")
        yield from (part for key in keys if (inside := first.get("config")) and (part := inside.get(key)))
        if (built := first.get("build_config")) and (part := built.get("input_shape")):
            yield part
    if part := config.get("build_input_shape"):
        yield part
