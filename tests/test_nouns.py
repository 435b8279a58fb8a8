"""The package's own `dataclass` behaves as Python's, which is declared beside it."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, replace
from typing import ClassVar

import pytest

from gradaudit import nouns


def _declared(dataclass, **options):
    """A class of each kind of field, made by one of the two."""

    @dataclass(**options)
    class Noun:
        """A noun."""

        kind: ClassVar[str] = "noun"

        name: str
        size: int = 3
        parts: tuple[int, ...] = field(default_factory=tuple)
        note: str = field(default="", compare=False, repr=False)

        def __post_init__(self):
            if self.size < 0:
                raise ValueError("too small")

    return Noun


@nouns.dataclass(frozen=True, slots=True)
class Point:
    """For pickles, which look for their class in a module."""

    x: int
    y: int = 2


@nouns.dataclass(frozen=True, slots=True)
class Place(Point):
    """One with a field more."""

    name: str = "here"


@pytest.fixture(params=[{}, {"frozen": True}, {"frozen": True, "slots": True}, {"eq": False}, {"slots": True}], ids=str)
def both(request):
    """The same class from either, with the same options."""
    return tuple(_declared(make, **request.param) for make in (nouns.dataclass, dataclasses.dataclass))


def test_it_shows_compares_and_hashes_as_pythons_does(both):
    """Fields that are left out of either are left out."""

    def said(cls):
        one, same, other = cls("a", note="x"), cls("a", 3, ()), cls("b", parts=(1,))
        try:
            hashes = hash(one) == hash(same), hash(one) == hash(("a", 3, ()))
        except TypeError:
            hashes = None
        return repr(other), one == same, one == other, one != other, one == "a", hashes, one.parts, other.note

    ours, pythons = both
    assert said(ours) == said(pythons)
    assert ours("a") != pythons("a")


def test_it_has_the_same_fields_slots_and_signature(both):
    """Before anything of it was made."""
    ours, pythons = both

    def shape(cls):
        names = [parameter.name for parameter in inspect.signature(cls).parameters.values()]
        return names, [each.name for each in fields(cls)], getattr(cls, "__slots__", None), cls.__match_args__

    assert is_dataclass(ours)
    assert shape(ours) == shape(pythons)
    assert inspect.signature(ours).parameters["size"].default == 3


def test_it_refuses_what_pythons_refuses(both):
    """Missing and unknown arguments in the same words, and changes where it is frozen."""

    def faults(cls):
        found = []
        for wrong in (cls, lambda: cls("a", colour=1), lambda: cls("a", -1)):
            with pytest.raises((TypeError, ValueError)) as caught:
                wrong()
            found.append(str(caught.value))
        return found

    def changed(cls):
        noun = cls("a")
        try:
            noun.size = 4
        except FrozenInstanceError as error:
            with pytest.raises(FrozenInstanceError):
                del noun.size
            return str(error)
        return noun.size

    ours, pythons = both
    assert faults(ours) == faults(pythons)
    assert changed(ours) == changed(pythons)


def test_it_is_copied_replaced_and_pickled():
    """Slots that nobody may set are filled all the same, those of a class below too."""
    place = Place(1, name="there")
    assert place == Place(1, 2, "there")
    assert repr(place) == "Place(x=1, y=2, name='there')"
    assert replace(place, y=5) == Place(1, 5, "there")
    assert place != Point(1, 2)
    assert copy.copy(place) == place == copy.deepcopy(place)
    assert pickle.loads(pickle.dumps(place)) == place  # noqa: S301 - of our own making


def test_what_a_class_says_itself_stays():
    """Its own equality, and the hash that Python takes away for that."""

    @nouns.dataclass(frozen=True)
    class Own:  # noqa: PLW1641 - that it is hashed by its fields is what is tested
        """With words of its own."""

        x: int

        def __repr__(self):
            return "own"

        def __eq__(self, other):
            return True

    assert repr(Own(1)) == "own"
    assert Own(1) == Own(2)
    assert hash(Own(1)) == hash((1,))


def test_its_constructor_is_made_once_and_left_in_place():
    """The detour is for the first call alone."""

    @nouns.dataclass(frozen=True)
    class Once:
        """A noun."""

        x: int = 1

    assert not inspect.isfunction(vars(Once)["__init__"])
    assert Once() == Once(1)
    assert inspect.isfunction(vars(Once)["__init__"])
