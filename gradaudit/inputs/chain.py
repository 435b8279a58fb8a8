"""Links become a model: a spec with weights, checked as every spec is.

An activation joins the dense link that it follows, and the links become a tree in the form of a spec file, each at
its place in the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from gradaudit.errors import Location
from gradaudit.inputs.document import from_tree
from gradaudit.inputs.links import (
    ActivationLink,
    DenseLink,
    DropoutLink,
    FlattenLink,
    Link,
    NormLink,
    Place,
    ResidualLink,
    ScaleLink,
)
from gradaudit.inputs.plain_tree import tree_at
from gradaudit.inputs.yaml_tree import Entry, Node, parent_of
from gradaudit.spec import ModelSpec, Plain, Scaling, Weights

Array = npt.NDArray[np.float64]


def spec_of(
    links: Iterable[Link],
    inputs: int,
    training: Mapping[str, Node],
    *,
    name: str,
    place: Place,
    leaves_output_open: bool,
    framework: str,
    notes: tuple[str, ...],
) -> ModelSpec:
    """The model that the links make; `training` are further keys of a spec: loss, optimizer, …

    `leaves_output_open`: an output without activation may be completed by the loss, as where it is computed from
    logits. Raises SpecError for what no spec may say, InputError for an activation in a place of its own.
    """
    scalings, rest = _front(tuple(links), inputs)
    chain, shared = _shared(_closed(joined(rest), leaves_output_open))
    here = place.location
    layers = parent_of((tree_at(inputs, here), *map(_node, chain)), here, 0, 0)
    tree = _mapping({"layers": layers, **shared, **training}, here)
    spec = from_tree(tree, name=name, source=here.file, folder="", problems=[])
    weights = _weights(chain, inputs, here.file)
    draws = weights is None or "init" in shared or any(link.init is not None for link in _dense(chain))
    return replace(
        spec,
        weights=weights,
        scalings=scalings,
        audits_initialisation=draws,
        assumed=tuple(key for key in spec.assumed if draws or key != "init"),
        framework=framework,
        notes=notes,
        key_lines={},
    )


def _front(links: tuple[Link, ...], inputs: int) -> tuple[tuple[Scaling, ...], tuple[Link, ...]]:
    """What the model does to the data before its first layer, and the links from there on."""
    front = tuple(takewhile(lambda link: isinstance(link, FlattenLink | ScaleLink), links))
    scales = [link for link in front if isinstance(link, ScaleLink)]
    for link in scales:
        if {link.offset.size, link.scale.size} - {1, inputs}:
            raise link.place.refusal(
                f"it scales {max(link.offset.size, link.scale.size)} inputs, the network has {inputs}"
            )
    return tuple(Scaling(link.offset, link.scale) for link in scales), links[len(front) :]


def joined(links: Iterable[Link]) -> tuple[Link, ...]:
    """The links with each activation, and the norm before it, inside the dense link that they follow."""
    found: list[Link] = []
    for link in links:
        if isinstance(link, ActivationLink):
            _activate(found, link)
        elif isinstance(link, ResidualLink):
            found.append(replace(link, links=joined(link.links)))
        elif isinstance(link, ScaleLink):
            raise link.place.refusal("a scaling is audited in front of the first layer only")
        elif not isinstance(link, FlattenLink):
            found.append(link)
    return tuple(found)


def _activate(before: list[Link], link: ActivationLink) -> None:
    """Give the activation to the dense link before it, and the norm between the two."""
    norm = before[-1] if before and isinstance(before[-1], NormLink) else None
    dense = before[-1 if norm is None else -2] if len(before) > (norm is not None) else None
    if not isinstance(dense, DenseLink) or dense.activation is not None:
        raise link.place.refusal(
            "an activation is audited right behind a dense layer, or behind a dense layer and its normalisation; "
            "this one stands elsewhere"
        )
    before[-1 if norm is None else -2 :] = [replace(dense, norm=norm, activation=link.activation)]


def _closed(chain: tuple[Link, ...], leaves_output_open: bool) -> tuple[Link, ...]:
    """The chain with the norm at its end inside the last dense link, which says what its output is."""
    dense, last = (None, *chain)[-2:] if chain else (None, None)
    if isinstance(last, NormLink) and isinstance(dense, DenseLink) and dense.activation is None:
        last = replace(dense, norm=last)
        chain = (*chain[:-2], last)
    if isinstance(last, DenseLink) and last.activation is None and not leaves_output_open:
        chain = (*chain[:-1], replace(last, activation="identity"))
    return _hidden_closed(chain[:-1]) + chain[-1:]


def _hidden_closed(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """A hidden layer without activation is linear; a spec would give it the model's."""
    return tuple(_with_activation(link) for link in links)


def _with_activation(link: Link) -> Link:
    if isinstance(link, ResidualLink):
        return replace(link, links=_hidden_closed(link.links))
    if isinstance(link, DenseLink) and link.activation is None:
        return replace(link, activation="identity")
    return link


def _shared(chain: tuple[Link, ...]) -> tuple[tuple[Link, ...], dict[str, Node]]:
    """What all hidden layers have as activation, and all layers as init, said once, at the first that has it.

    So a person changes it in one place, as in a spec.
    """
    found: dict[str, Node] = {}
    for key, last in (("activation", -1), ("init", None)):
        links = list(_dense(chain))[:last]
        own: list[Plain] = [getattr(link, key) for link in links]
        if len(own) > 1 and own[0] is not None and all(value == own[0] for value in own):
            found[key] = tree_at(own[0], links[0].place.location)
            chain = _without(chain, key, {id(link) for link in links})
    return chain, found


def _without(links: tuple[Link, ...], key: str, those: set[int]) -> tuple[Link, ...]:
    """The links, where those dense ones leave the key to the model."""

    def left(link: Link) -> Link:
        if isinstance(link, ResidualLink):
            return replace(link, links=_without(link.links, key, those))
        if not isinstance(link, DenseLink) or id(link) not in those:
            return link
        return replace(link, activation=None) if key == "activation" else replace(link, init=None)

    return tuple(map(left, links))


def _dense(links: Iterable[Link]) -> Iterator[DenseLink]:
    return (link for link in _each(links) if isinstance(link, DenseLink))


def _node(link: Link) -> Node:
    """The entry of `layers`, all of it at the link's own place."""
    here = link.place.location
    if not isinstance(link, ResidualLink):
        return tree_at(_entry(link), here)
    inside = parent_of(tuple(map(_node, link.links)), here, 0, 0)
    return _mapping({"name": tree_at("residual", here), "layers": inside}, here)


def _mapping(entries: Mapping[str, Node], here: Location) -> Node:
    return parent_of({key: Entry(tree_at(key, here), node) for key, node in entries.items()}, here, 0, 0)


def _entry(link: Link) -> dict[str, Plain]:
    match link:
        case NormLink():
            return {"name": link.kind, "eps": link.eps}
        case DropoutLink():
            return {"name": "dropout", "rate": link.rate}
        case DenseLink():
            norm: Plain = {"name": link.norm.kind, "eps": link.norm.eps} if link.norm else None
            own = {"name": link.name or None, "init": link.init, "bias": link.bias, "norm": norm}
            given = {**own, "activation": link.activation}
            return {"units": link.units, **{key: value for key, value in given.items() if value is not None}}
    raise TypeError(f"{link} has no entry of its own")


def _each(links: Iterable[Link]) -> Iterator[Link]:
    """Dense links and norms in the order of a spec's rows."""
    for link in links:
        if isinstance(link, ResidualLink):
            yield from _each(link.links)
        else:
            yield link
            if isinstance(link, DenseLink) and link.norm is not None:
                yield link.norm


def _weights(chain: tuple[Link, ...], inputs: int, origin: str) -> Weights | None:
    """The arrays of the links, None where the source had none; InputError where they do not fit together."""
    dense: list[DenseLink] = []
    scales: list[Array] = []
    shifts: list[Array] = []
    width = inputs
    for link in _each(chain):
        if isinstance(link, DenseLink):
            if link.kernel is None:
                return None
            _check(link.place, "weights", link.kernel, (width, link.units))
            _check(link.place, "biases", link.intercept, (link.units,))
            dense, width = [*dense, link], link.units
        elif isinstance(link, NormLink):
            _check(link.place, "scale", link.scale, (width,))
            _check(link.place, "shift", link.shift, (width,))
            scales.append(np.ones(width) if link.scale is None else link.scale)
            shifts.append(np.zeros(width) if link.shift is None else link.shift)
    coefs = tuple(link.kernel for link in dense if link.kernel is not None)
    return Weights(coefs, tuple(link.intercept for link in dense), tuple(scales), tuple(shifts), origin)


def _check(place: Place, what: str, array: Array | None, shape: tuple[int, ...]) -> None:
    if array is not None and array.shape != shape:
        sizes = [" × ".join(map(str, sides)) for sides in (array.shape, shape)]
        raise place.refusal(f"its {what} are {sizes[0]}, where the layers make them {sizes[1]}")
