"""The one road from a described model, whatever framework it came from, to the ModelSpec that is audited.

What all layers share is said once, as in a spec, so that a person changes it in one place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import Any

from gradaudit.domain.plurals import counted
from gradaudit.domain.spec import LayerSpec, ModelSpec, Named, Plain, Scaling, linear_maps
from gradaudit.errors import Location, Problem, SpecError
from gradaudit.inputs.checks.faults import distinct, fault_text, path_text
from gradaudit.inputs.checks.geometry import layer_faults
from gradaudit.inputs.checks.names import ACTIVATION, DATA, HIDDEN, INITIALIZER, LAST_ONLY, LOSS, OPTIMIZER, Fault, Kind
from gradaudit.inputs.checks.output_layer import output_faults
from gradaudit.inputs.checks.ranges import COUNT, NOT_NEGATIVE, Range
from gradaudit.inputs.described.layers import Layers, checked_number, named_value
from gradaudit.inputs.described.model import DescribedLayer, DescribedModel, Place
from gradaudit.layers.plain import first_entry
from gradaudit.text.suggest import quoted

PRECISIONS = ("float64", "float32", "float16", "bfloat16")
ASSUMED = ("loss", "optimizer", "epochs", "data")
"""Settings that a report calls assumed where the source lacks them; so is `init` where weights are drawn."""


def spec_of(model: DescribedModel) -> ModelSpec:
    """The model, with its weights where the source has them all.

    Raises SpecError for layers that do not fit together, InputError for what no spec can say, each with its place.
    """
    scalings, rest = _front(model)
    walk = Layers(model.inputs)
    layers = walk.specs(rest, "layers", 1)
    layers, said = _shared(*_closed(layers, model.leaves_output_open))
    said |= _settings(model)
    _check(model, layers, said, walk)
    file = model.place.location.file if model.place.location else ""
    weights = walk.weights(file or model.name)
    draws, assumed = drawn_and_assumed(layers, said, has_weights=weights is not None)
    return ModelSpec(
        name=model.name,
        inputs=model.inputs[-1],
        positions=model.inputs[:-1],
        layers=layers,
        **said,
        weights=weights,
        scalings=scalings,
        audits_initialisation=draws,
        assumed=assumed,
        notes=model.notes,
        framework=model.framework,
        source=file,
        lines=_lines(model, walk, layers),
    )


def drawn_and_assumed(
    layers: tuple[LayerSpec, ...], said: Collection[str], *, has_weights: bool
) -> tuple[bool, tuple[str, ...]]:
    """Whether weights are drawn at all, not where they are given and nothing says how, and what is assumed of the rest.

    `said` are the keys that the source has.
    """
    inits = [layer.init for _, layer in linear_maps(layers)]
    draws = not has_weights or "init" in said or any(inits)
    keys = ("init", *ASSUMED) if draws and None in inits else ASSUMED
    return draws, tuple(key for key in keys if key not in said)


def _front(model: DescribedModel) -> tuple[tuple[Scaling, ...], tuple[DescribedLayer, ...]]:
    """What the model does to the data before its first layer, and the layers from there on."""
    front = tuple(takewhile(lambda layer: layer.type in ("flatten", "input_scaling", "reshape"), model.layers))
    scales = [layer for layer in front if layer.type == "input_scaling"]
    for layer in scales:
        if sizes := {array.size for array in layer.weights.values()} - {1, model.inputs[-1]}:
            raise layer.place.refusal(f"it scales {counted(max(sizes), 'input')}, the network has {model.inputs[-1]}")
    scalings = tuple(Scaling(layer.weights["offset"], layer.weights["scale"]) for layer in scales)
    return scalings, model.layers[len(front) :]


BRANCHES = ("layers", "shortcut")
"""Of a block."""


def _every(layers: tuple[LayerSpec, ...]) -> Iterator[LayerSpec]:
    """The layers, and those in the branches of blocks."""
    for layer in layers:
        yield layer
        for held in layer.branches.values():
            yield from _every(held)


def _each(
    layers: tuple[LayerSpec, ...], change: Callable[[LayerSpec], LayerSpec], branches: tuple[str, ...] = BRANCHES
) -> tuple[LayerSpec, ...]:
    """The layers with every linear map changed, in these branches of blocks."""

    def changed(layer: LayerSpec) -> LayerSpec:
        inside = {key: _each(held, change, branches) for key, held in layer.branches.items() if key in branches}
        return replace(layer, **inside) if inside else change(layer) if layer.is_linear_map else layer

    return tuple(map(changed, layers))


def _closed(layers: tuple[LayerSpec, ...], leaves_open: bool) -> tuple[tuple[LayerSpec, ...], Named | None]:
    """The layers, linear where they have no activation, and the output that the last one has, None if left open."""
    last = layers[-1] if layers else None
    layers = _each(layers, lambda layer: replace(layer, activation=layer.activation or Named("identity")))
    if last is None or not last.is_linear_map:
        return layers, None
    closed = (*layers[:-1], replace(last, activation=None))
    return closed, None if leaves_open and last.activation is None else last.activation or Named("identity")


def _shared(layers: tuple[LayerSpec, ...], output: Named | None) -> tuple[tuple[LayerSpec, ...], dict[str, Any]]:
    """The commonest activation of the hidden layers, and init and bias of all, said of the model."""
    said: dict[str, Any] = {} if output is None else {"output": output}
    dense = [layer for _, layer in linear_maps(layers)]
    hidden = [layer for layer in dense if layer.activation and layer.activation.name not in LAST_ONLY]
    biased = [*dense, *(layer for layer in _every(layers) if "bias" in layer.takes and not layer.is_linear_map)]
    for key, those in (("activation", hidden), ("init", dense), ("bias", biased)):
        values = [getattr(layer, key) for layer in those]
        if values and None not in values:
            said[key] = Counter(values).most_common(1)[0][0]
            those_named = BRANCHES[:1] if key == "activation" else BRANCHES  # a shortcut has none unless it names one
            layers = _each(layers, partial(_without, key=key, value=said[key]), those_named)
    return layers, said


def _without(layer: LayerSpec, key: str, value: object) -> LayerSpec:
    """The layer, which leaves to the model what it shares with it."""
    return replace(layer, **{key: None}) if getattr(layer, key) == value else layer


_NAMED: Mapping[str, Kind] = {
    "activation": HIDDEN,
    "output": ACTIVATION,
    "init": INITIALIZER,
    "bias": INITIALIZER,
    "loss": LOSS,
    "optimizer": OPTIMIZER,
    "data": DATA,
}
_NUMBERS: Mapping[str, Range] = {"l2": NOT_NEGATIVE, "batch_size": COUNT, "epochs": COUNT}


def _settings(model: DescribedModel) -> dict[str, Any]:
    """The further keys as a ModelSpec has them. Raises InputError for what a spec cannot say."""
    found: dict[str, Any] = {}
    for key, value in model.settings.items():
        place = Place(model.place.what, model.lines.get(key, model.place.location))
        if value is None:
            continue
        if key in _NAMED:
            found[key] = value if value is False else named_value(_NAMED[key], value, place, key)
        elif key in _NUMBERS:
            found[key] = checked_number(_NUMBERS[key], value, place, key)
        elif key == "precision" and value in PRECISIONS:
            found[key] = value
        else:
            raise place.refusal(f"{key}: {quoted(value)} is not audited")
    return found


def _check(model: DescribedModel, layers: tuple[LayerSpec, ...], said: Mapping[str, Any], walk: Layers) -> None:
    """Widths, sizes and what stands where it cannot; raises SpecError with all of it."""
    plain: dict[str, Plain] = {
        "layers": [first_entry(model.inputs), *(layer.plain() for layer in layers)],
        **{key: said[key].plain() for key in ("output", "loss") if key in said},
    }
    faults = [*layer_faults(plain), *output_faults(plain)]
    if not layers:
        faults = [Fault(("layers",), "there is no layer in it that is audited")]
    if faults:
        raise SpecError([_placed(fault, walk, model.place) for fault in distinct(faults)])


def _placed(fault: Fault, walk: Layers, whole: Place) -> Problem:
    """The fault at the layer, or the nearest thing around it, that has a place."""
    path = fault.path
    while path and path_text(path) not in walk.places:
        path = path[:-1]
    return walk.places[path_text(path)].problem(fault.message) if path else whole.problem(fault_text(fault))


def _lines(model: DescribedModel, walk: Layers, layers: tuple[LayerSpec, ...]) -> dict[str, Location]:
    """Spec path → place; what is said of the whole model stands at the first layer that has it."""
    lines = {"": model.place.location} if model.place.location else {}
    lines |= {path: place.location for path, place in walk.places.items() if place.location}
    dense = [*linear_maps(layers)]
    for key in ("activation", "init", "bias"):
        for path, layer in dense:
            if getattr(layer, key) is None and f"{path}.{key}" in lines:
                whole = "output" if key == "activation" and layer is layers[-1] else key
                lines.setdefault(whole, lines.pop(f"{path}.{key}"))
    return {**lines, **model.lines}
