"""Every perceptron inside an object, its place in it, and what its data pass on their way to it.

The objects are scikit-learn's own of the running program, or inert ones from a file; only their classes' names and
their attributes are looked at. scikit-learn's convention tells them apart: an attribute that ends in an underscore
was made by `fit`, any other is a parameter, and an estimator in a parameter is the template of the fitted ones.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from gradaudit.errors import InputError
from gradaudit.inputs.pickles.inert import Inert, Objects, attributes
from gradaudit.text.suggest import MAX_SHOWN

MAX_NETWORKS = 1000
"""In one object; what an audit of each takes is seconds."""
MAX_DEPTH = 100
"""Of objects in one another."""

MAX_LOOKED_AT = 5000
"""Things in an object without a network, to say what it is."""

_PERCEPTRON = re.compile(r"sklearn\.neural_network(?:\.\w+)*\.(MLPClassifier|MLPRegressor)")

_LEAVES = (str, int, float, type(None), np.ndarray)
"""Quickly told apart, for most of what an object holds is of these."""

_HANDS_ON = re.compile(r"(\w+SearchCV|_?CalibratedClassifier(CV)?|(Fixed|Tuned)Threshold\w+)")
"""Classes that train what is in them on the data that they are given."""


@dataclass(frozen=True, eq=False)
class Passed:
    """Something between the data and a network."""

    path: str
    thing: object
    side: str
    """`inputs` or `targets`, which it transforms; empty where it is not known what it makes of the data."""


@dataclass(frozen=True, eq=False, slots=True)
class ObjectPlace:
    """Something inside an object, and where."""

    thing: object
    parent: ObjectPlace | None = None
    suffix: str = ""
    attribute: str = ""
    """Of the parent, where it is an object."""
    index: int = 0
    """In the parent, where it is a list."""
    depth: int = 0
    key: object = 0
    """In the parent, where it is a mapping or a list."""

    def chain(self) -> list[ObjectPlace]:
        """The places from the root to this one."""
        places, place = [self], self.parent
        while place is not None:
            places.append(place)
            place = place.parent
        return places[::-1]


@dataclass(frozen=True, eq=False)
class FoundNetwork:
    """A network inside an object."""

    path: str
    """Seen from the object: `best_estimator_.steps[1].mlp`; empty where it is the object itself."""
    thing: object
    route: tuple[Passed, ...] = ()
    """From the outside to the network."""
    places: tuple[ObjectPlace, ...] = ()
    """All that it stands in, from the object to the network itself."""


def is_estimator(candidate: object) -> bool:
    """Whether it is one of the running program's estimators of scikit-learn. Does not import scikit-learn."""
    base = sys.modules.get("sklearn.base")
    return base is not None and isinstance(candidate, base.BaseEstimator)


def attributes_of(thing: object) -> Mapping[str, object]:
    """An object's attributes by name; empty for what has none, or none that matter here."""
    if isinstance(thing, Inert):
        return attributes(thing)
    return vars(thing) if _is_live(thing) else {}


def class_of(thing: object) -> str:
    """The class's name without its module; for a subclass of a perceptron the perceptron's."""
    if isinstance(thing, Objects):
        return "array"
    own = thing.kind.name if isinstance(thing, Inert) else type(thing).__name__
    return next((match[1] for name in _names(thing) if (match := _PERCEPTRON.fullmatch(name))), own)


def networks(root: object) -> tuple[FoundNetwork, ...]:
    """The perceptrons in an object, each once, in the order of its attributes; templates of fitted ones left out.

    Raises InputError for too many of them, and for objects that stand too deep inside.
    """
    places = _places(root, _PERCEPTRON)
    fitted_inside = {
        id(place.parent.thing)
        for leaf in places
        if _is_fitted(leaf)
        for place in leaf.chain()
        if place.parent is not None and place.attribute.endswith("_")
    }
    chains = [  # a template stands in an object that holds fitted ones too
        place.chain()
        for place in places
        if _is_fitted(place) or not any(id(each.thing) in fitted_inside for each in place.chain())
    ]
    return tuple(FoundNetwork(_path(chain), chain[-1].thing, tuple(_route(chain)), tuple(chain)) for chain in chains)


def modules_in(root: object) -> Iterator[str]:
    """The modules of the classes in an object, of a few thousand things at most."""
    seen: set[int] = set()
    waiting = [ObjectPlace(root)]
    while waiting and len(seen) < MAX_LOOKED_AT:
        place = waiting.pop()
        if id(place.thing) not in seen and place.depth <= MAX_DEPTH:
            seen.add(id(place.thing))
            yield place.thing.kind.module if isinstance(place.thing, Inert) else type(place.thing).__module__
            waiting.extend(_parts(place))


def objects_in(root: object, kinds: re.Pattern[str]) -> tuple[FoundNetwork, ...]:
    """The objects of classes with such names, each once, with the same bounds."""
    return tuple(FoundNetwork(_path(place.chain()), place.thing) for place in _places(root, kinds))


def _places(root: object, kinds: re.Pattern[str]) -> list[ObjectPlace]:
    places = list(islice(_walk(root, kinds), MAX_NETWORKS + 1))
    if len(places) > MAX_NETWORKS:
        raise InputError(f"it holds more than {MAX_NETWORKS:,} networks")
    return places


def _walk(root: object, kinds: re.Pattern[str]) -> Iterator[ObjectPlace]:
    """Depth first; every object is looked at once, however often it is referred to."""
    seen: set[int] = set()
    waiting = [ObjectPlace(root)]
    while waiting:
        place = waiting.pop()
        if id(place.thing) in seen:
            continue
        seen.add(id(place.thing))
        if place.depth > MAX_DEPTH:
            raise InputError(f"objects in it stand in more than {MAX_DEPTH} others")
        if any(map(kinds.fullmatch, _names(place.thing))):
            yield place
        else:
            waiting.extend([part for part in _parts(place) if _may_hold(part.thing)][::-1])


def _parts(place: ObjectPlace) -> Iterator[ObjectPlace]:
    thing = place.thing
    listed = thing.items if isinstance(thing, Objects) else thing
    if isinstance(listed, list | tuple):
        yield from (_listed(place, index, part) for index, part in enumerate(listed))
    elif isinstance(thing, dict):
        yield from (_inside(place, part, _key(key), key=key) for key, part in thing.items())
    else:
        named = attributes_of(thing)
        for key in sorted(named, key=lambda key: not key.endswith("_")):
            yield _inside(place, named[key], f".{key[:MAX_SHOWN]}", attribute=key)
    if isinstance(thing, Inert):
        yield from (_inside(place, part, _key(key)) for key, part in (thing.entries or {}).items())
        yield from (_listed(place, index, part) for index, part in enumerate(thing.items or ()))


def _listed(place: ObjectPlace, index: int, part: object) -> ObjectPlace:
    """A part of a list; of a pair of name and estimator, as pipelines have them, the estimator."""
    if isinstance(part, tuple) and len(part) > 1 and isinstance(part[0], str):
        return _inside(place, part[1], f"[{index}].{part[0][:MAX_SHOWN]}", index=index)
    return _inside(place, part, f"[{index}]", index=index)


def _inside(
    place: ObjectPlace, thing: object, suffix: str, attribute: str = "", index: int = 0, key: object = None
) -> ObjectPlace:
    return ObjectPlace(thing, place, suffix, attribute, index, place.depth + 1, index if key is None else key)


def _key(key: object) -> str:
    if isinstance(key, str):
        return f".{key[:MAX_SHOWN]}" if key.isidentifier() else f"[{key[:MAX_SHOWN]!r}]"
    return f"[{str(key)[:MAX_SHOWN]}]"


def _may_hold(thing: object) -> bool:
    if isinstance(thing, _LEAVES):
        return False
    if isinstance(thing, list | tuple | dict):
        return bool(thing)
    return isinstance(thing, Inert | Objects) or _is_live(thing)


def _is_live(thing: object) -> bool:
    """An object of scikit-learn's, or of a subclass: it has attributes of interest."""
    own = type(thing).__module__.startswith("sklearn.") and hasattr(thing, "__dict__")
    return not isinstance(thing, type) and (own or is_estimator(thing))


def _names(thing: object) -> tuple[str, ...]:
    """The class and those it derives from, modules included."""
    if isinstance(thing, Inert):
        return (str(thing.kind),)
    if isinstance(thing, list | tuple | dict):
        return ()
    return tuple(f"{each.__module__}.{each.__qualname__}" for each in type(thing).__mro__) if _is_live(thing) else ()


def _is_fitted(place: ObjectPlace) -> bool:
    return "coefs_" in attributes_of(place.thing)


def _path(chain: list[ObjectPlace]) -> str:
    return "".join(place.suffix for place in chain).removeprefix(".")


def _route(chain: list[ObjectPlace]) -> Iterator[Passed]:
    for depth, place in enumerate(chain[:-1]):
        path, kind = _path(chain[: depth + 1]), class_of(place.thing)
        inside = chain[depth + 1]
        if kind == "Pipeline" and inside.attribute == "steps" and isinstance(inside.thing, list):
            yield from _steps_before(inside.thing, chain[depth + 2].index, f"{path}.steps".removeprefix("."))
        elif kind == "TransformedTargetRegressor":
            yield Passed(path, place.thing, "targets")
        elif not isinstance(place.thing, list | tuple | dict | Objects) and not _HANDS_ON.fullmatch(kind):
            yield Passed(path, place.thing, "")


def _steps_before(steps: list[object], index: int, path: str) -> Iterator[Passed]:
    for number, step in enumerate(steps[:index]):
        if isinstance(step, tuple) and len(step) == 2 and not isinstance(step[1], str | None):
            yield Passed(f"{path}[{number}].{str(step[0])[:MAX_SHOWN]}", step[1], "inputs")
