"""The estimator that a network stands in, as Python writes it, with a gap where the network's constructor goes.

Pasted into Python the text makes what the person has: every argument that is not a default, steps and ensembles
around the network included. Of a search it is the estimator that it found. What no constructor says (a function, a
class of the person's own) is left to `set_params` of the person's object.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gradaudit.domain.spec import WrittenEstimator
from gradaudit.inputs.pickles.inert import Inert
from gradaudit.inputs.sklearn_model.defaults import DEFAULTS
from gradaudit.inputs.sklearn_model.tree import FoundNetwork, ObjectPlace, attributes_of, class_of

_STEP, _NETWORK = "\ue000", "\ue001"
"""Stand in a text for the gap, and for the place of a step before it."""
_POSITIONAL = ("steps", "estimators")
_ABSENT = ("deprecated", "warn", "squared_loss")
"""Values of arguments that a version is about to lose, and what a perceptron's loss was called before 1.0."""
MAX_ITEMS = 50
MAX_TEXT = 4000


class _UnsayableError(Exception):
    """Something in an estimator that no constructor says."""


def written_estimator(found: FoundNetwork, source: str) -> WrittenEstimator | None:
    """The estimator around a network; None where nothing that Python reads gives it back."""
    walk = _Walk(found.places, source)
    try:
        walk.follow()
        own = tuple(_of_network(walk.network))
    except (LookupError, TypeError, ValueError, _UnsayableError, RecursionError):
        return None
    try:
        text = _Writer(walk.network, walk.stands_for).text(walk.root)
    except (_UnsayableError, RecursionError, ValueError):  # Python writes no number of thousands of digits
        if not walk.names:
            return None
        text = f"{walk.reached}.set_params({'__'.join(walk.names)}={_NETWORK})"
    if len(text) > MAX_TEXT:
        return None
    before, _, after = text.partition(_NETWORK)
    before, _, label = before.rpartition(_STEP) if _STEP in before else (before, "", "")
    return WrittenEstimator(class_of(walk.network), own, before, label, after)


def _of_network(network: object) -> Iterator[tuple[str, str]]:
    """Its arguments; a generator of random numbers is no part of what was verified."""
    for key, value in _parameters(network).items():
        if isinstance(value, bool | int | float | str | tuple | list | np.ndarray | np.generic | None):
            text = _Writer(None, {}).text(value)
            if text != _default(network, key):
                yield key, text


class _Walk:
    """From the outside to the network, in the estimators' parameters: what was fitted is led back to its template."""

    def __init__(self, places: Sequence[ObjectPlace], source: str) -> None:
        self.places = places
        self.root: object = places[0].thing
        self.network: object = self.root
        self.names: list[str] = []
        """As set_params puts them together."""
        self.stands_for: dict[int, object] = {}
        """A search's id → the estimator that it found."""
        self.reached = _loading(source)
        """How the root is reached in Python."""

    def follow(self) -> None:
        """Raises LookupError, TypeError or ValueError where a fitted estimator has no template."""
        for place in self.places[1:]:
            self._step(place)

    def _step(self, place: ObjectPlace) -> None:
        at, parent = self.network, place.parent
        if parent is None or class_of(parent.thing) == "_CalibratedClassifier":
            return  # whose estimator is a copy of the template, where the walk stands already
        if self.root is at and isinstance(at, list | tuple | dict):  # people keep models in mappings and lists
            self.reached += f"[{place.key!r}]"
            self.root = self.network = place.thing
        elif place.attribute == "best_estimator_":
            self.stands_for[id(at)] = self.network = place.thing
            self.reached += ".best_estimator_"
            self.names = []
        elif place.attribute:
            self.network = self._parameter(at, place.attribute)
        elif isinstance(at, list | tuple):
            self._take(at, place.index, fitted=parent.attribute.endswith("_"))

    def _parameter(self, at: object, attribute: str) -> object:
        given = attributes_of(at)
        if not attribute.endswith("_"):
            name = attribute
        elif attribute[:-1] in given:
            name = attribute[:-1]
        else:  # estimators_, calibrated_classifiers_: copies of one
            name = "estimator" if isinstance(given.get("base_estimator", "absent"), str) else "base_estimator"
        if name not in _POSITIONAL:
            self.names.append("estimator" if name == "base_estimator" else name)
        return given[name]

    def _take(self, listed: Sequence[object], index: int, *, fitted: bool) -> None:
        """One of several; fitted are those that were not dropped."""
        kept = [each for each in listed if not isinstance(_second(each), str | None)]
        part = kept[index] if fitted else listed[index]
        if isinstance(part, tuple):
            self.names.append(str(part[0]))
        self.network = _second(part)


def _loading(source: str) -> str:
    """How Python has the object: from its file, or by the name that people mostly give it."""
    if source.lower().endswith(".skops"):
        return f"skops.io.load({source!r})"
    return f"joblib.load({source!r})" if source and ":" not in source[2:] else "model"


def _second(part: object) -> object:
    return part[1] if isinstance(part, tuple) and len(part) == 2 else part


class _Writer:
    """Values as Python writes them, the network as a gap."""

    def __init__(self, network: object, stands_for: Mapping[int, object]) -> None:
        self.network, self.stands_for = network, stands_for

    def text(self, value: object) -> str:
        """Raises _UnsayableError for what is made otherwise than by a constructor of scikit-learn."""
        value = self.stands_for.get(id(value), value)
        if value is self.network and value is not None:
            return _NETWORK
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float) and not math.isfinite(value):
            return f"float('{value}')"
        if isinstance(value, bool | int | float | str | None):
            return repr(value)
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and value.size <= MAX_ITEMS:
            value = value.tolist()
        if isinstance(value, list | tuple | dict) and len(value) <= MAX_ITEMS:
            return self._collection(value)
        return self._estimator(value)

    def _collection(self, value: Any) -> str:  # noqa: ANN401 - a list, a tuple or a dict
        if isinstance(value, dict):
            return f"{{{', '.join(f'{self.text(key)}: {self.text(part)}' for key, part in value.items())}}}"
        inside = ", ".join(map(self.text, value))
        if isinstance(value, tuple):
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        return f"[{inside}]"

    def _estimator(self, thing: object) -> str:
        module = thing.kind.module if isinstance(thing, Inert) else type(thing).__module__
        if not module.startswith("sklearn.") or not attributes_of(thing):
            raise _UnsayableError
        return f"{class_of(thing)}({', '.join(self._said(thing))})"

    def _said(self, thing: object) -> Iterator[str]:
        if class_of(thing) == "Pipeline":
            steps = attributes_of(thing).get("steps")
            if not isinstance(steps, list):
                raise _UnsayableError
            yield f"[{', '.join(self._step(step) for step in steps)}]"
        for key, value in _arguments(thing, self):
            if class_of(thing) != "Pipeline" or key != "steps":
                yield value if key in _POSITIONAL else f"{key}={value}"

    def _step(self, step: Any) -> str:  # noqa: ANN401 - a pair of name and estimator
        if not isinstance(step, list | tuple) or len(step) != 2:
            raise _UnsayableError
        name, estimator = step
        is_network = self.stands_for.get(id(estimator), estimator) is self.network
        return f"{_STEP if is_network else ''}({name!r}, {self.text(estimator)})"


def _arguments(thing: object, writer: _Writer) -> Iterator[tuple[str, str]]:
    """Keyword and value of every argument of its constructor that is not a default."""
    for key, value in _parameters(thing).items():
        text = writer.text(value)
        if text != _default(thing, key):
            yield ("estimator" if key == "base_estimator" else key), text


def _parameters(thing: object) -> dict[str, object]:
    """scikit-learn's constructors keep each argument in an attribute of its name; in the order of the constructor."""
    named = attributes_of(thing)
    if not isinstance(thing, Inert):
        known = list(inspect.signature(type(thing).__init__).parameters)[1:]
    elif class_of(thing) in DEFAULTS:
        known = list(DEFAULTS[class_of(thing)])
        if isinstance(named.get("estimator", ""), str):  # up to scikit-learn 1.1
            known = ["base_estimator" if key == "estimator" else key for key in known]
    else:
        raise _UnsayableError
    said = {key: named[key] for key in known if key in named}
    return {key: value for key, value in said.items() if not (isinstance(value, str) and value in _ABSENT)}


def _default(thing: object, key: str) -> str:
    """The default as it would be written; empty where it is not known."""
    if isinstance(thing, Inert):
        return _Writer(None, {}).text(DEFAULTS[class_of(thing)].get(key))
    default = inspect.signature(type(thing).__init__).parameters[key].default
    simple = isinstance(default, bool | int | float | str | tuple | None)
    return _Writer(None, {}).text(default) if simple else ""
