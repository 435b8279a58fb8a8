"""Pickles and joblib's files become plain values; whatever else they ask for ends in one message, and nothing runs."""

from __future__ import annotations

import collections
import io
import logging
import operator
import os
import pickle
import re
import types
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from gradaudit.errors import InputError
from gradaudit.inputs.pickles import machine
from gradaudit.inputs.pickles.inert import Inert, Name, Objects, UnreadableError, attributes
from gradaudit.inputs.pickles.machine import load_pickle
from gradaudit.inputs.sklearn_model.estimator import from_estimator
from tests.inputs import hostile

PLAIN = [
    None,
    True,
    False,
    0,
    255,
    65535,
    -1,
    2**31,
    -(2**63),
    2**200,
    1.5,
    float("inf"),
    "",
    "text",
    "Zoë 🙂 \n\\u",
    "x" * 300,
    [],
    [1, [2, []]],
    (),
    (1,),
    (1, 2),
    (1, 2, 3),
    (1, 2, 3, 4),
    {},
    {"a": 1, 2: None, 1.5: (True,)},
]
ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(6.0)[::2],
    np.arange(4, dtype=np.float32),
    np.arange(4, dtype=">f8"),
    np.arange(4, dtype=np.int8),
    np.array([True, False]),
    np.array(["no", "perhaps"]),
    np.array([b"no", b"yes"]),
    np.array(3.0),
    np.zeros((0, 3)),
    np.array([1 + 2j]),
]
FORMATS = [*range(6), "joblib", "joblib of protocol 2"]


def written(thing: Any, form: int | str) -> bytes:
    """By pickle's protocol, or by joblib."""
    if isinstance(form, int):
        return pickle.dumps(thing, form)
    file = io.BytesIO()
    joblib.dump(thing, file, protocol=2 if "2" in form else None)
    return file.getvalue()


@pytest.mark.parametrize("form", FORMATS)
def test_plain_values_come_back(form: int | str) -> None:
    """As pickle itself would give them, value for value and type for type, alone and in one another."""
    read = load_pickle(written(PLAIN, form))
    assert repr(read) == repr(PLAIN)


@pytest.mark.parametrize("form", FORMATS)
def test_arrays_come_back_bit_for_bit(form: int | str) -> None:
    """Of every kind of number and text, in either order, and twice where they are referred to twice."""
    read = load_pickle(written([*ARRAYS, ARRAYS[0]], form))
    assert isinstance(read, list)
    for array, found in zip(ARRAYS, read, strict=False):
        assert isinstance(found, np.ndarray)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert found.tobytes() == array.tobytes()


@pytest.mark.parametrize("form", FORMATS)
def test_single_numbers_are_pythons(form: int | str) -> None:
    """NumPy's scalars are what a parameter or a loss often is."""
    numbers = [np.float64(0.1), np.float32(0.5), np.int64(7), np.bool_(True), np.str_("text")]
    assert load_pickle(written(numbers, form)) == [0.1, 0.5, 7, True, "text"]


@pytest.mark.parametrize("form", FORMATS)
def test_arrays_of_objects_stay_lists(form: int | str) -> None:
    """They are never made; their items are as inert as everything else, arrays in them included."""
    array = np.array([["a", None], [1.5, StandardScaler()]], dtype=object)
    read = load_pickle(written({"classes_": array}, form))
    assert isinstance(read, dict)
    objects = read["classes_"]
    assert isinstance(objects, Objects)
    assert (objects.shape, objects.items[:3]) == ((2, 2), ["a", None, 1.5])
    assert isinstance(objects.items[3], Inert)


@pytest.mark.parametrize("form", FORMATS)
def test_objects_keep_their_names_and_attributes(form: int | str) -> None:
    """A class is a name, what was set on an object is its state; subclasses of dict and list keep what is in them."""
    scaler = StandardScaler().fit(np.arange(6.0).reshape(3, 2))
    read = load_pickle(written([scaler, collections.OrderedDict(a=scaler), np.random.RandomState(0), np.log1p], form))
    assert isinstance(read, list)
    first, ordered, state, function = read
    assert first.kind == Name("sklearn.preprocessing._data", "StandardScaler")
    assert np.array_equal(attributes(first)["mean_"], scaler.mean_)  # type: ignore[arg-type]
    assert ordered.entries["a"] is first
    assert state.kind.name == "__randomstate_ctor"
    assert isinstance(function, Inert | Name)


@pytest.mark.parametrize("form", FORMATS)
def test_what_people_keep_beside_a_model_is_opaque(form: int | str, canary: Any) -> None:
    """Regular expressions, settings, loggers, methods: none is made, and none keeps the model from being read."""
    beside = [
        re.compile("a+", re.IGNORECASE),
        types.SimpleNamespace(a=1),
        logging.getLogger("x"),
        operator.itemgetter(0),
    ]
    data = written([*beside, " ".join, Path("a"), StandardScaler()], form)
    with canary.watching():
        *opaque, scaler = load_pickle(data)  # type: ignore[misc]
    assert all(isinstance(thing, Inert) for thing in opaque)
    assert scaler.kind.name == "StandardScaler"


class Slotted:
    """A class whose state is in two halves."""

    __slots__ = ("__dict__", "first")


def test_the_state_of_slots_is_attributes_too() -> None:
    """`copyreg` writes a pair of mappings for them."""
    thing = Slotted()
    thing.first, thing.second = 1, 2
    read = load_pickle(pickle.dumps(thing))
    assert isinstance(read, Inert)
    assert attributes(read) == {"second": 2, "first": 1}


@pytest.mark.parametrize("make", [hostile.calls, hostile.arrays, hostile.bombs], ids=lambda make: make.__name__)
def test_hostile_pickles_run_nothing(make: Any, canary: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is refused, or is inert and holds no network; no import, no call, no file is made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine, "BUDGET", hostile.MANY // 2 * machine.PRICE)
    for name, data in make():
        with canary.watching(), pytest.raises((UnreadableError, InputError)) as error:
            from_estimator(load_pickle(data))
        assert 0 < len(str(error.value)) < 500, name
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_the_canary_hears(canary: Any) -> None:
    """It is no proof that nothing was heard, unless pickle itself would have been."""
    with pytest.raises(AssertionError, match=r"pickle\.find_class"), canary.watching():
        pickle.loads(pickle.dumps(StandardScaler()))  # noqa: S301


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pickle.dumps(hostile.Reduced(eval, "1")), "it calls 'builtins.eval' when it is loaded, which no model needs"),
        (pickle.dumps([1, 2])[:-1], "the file ends too early"),
        (b"\x80\x06N.", "it is of pickle's protocol 6; 0 to 5 are known"),
        (b"\x80\x04\xff.", "there is no such opcode; it is damaged, or no pickle"),
        (b"h\x05.", "it refers to an object that is not in it"),
        (b"a.", "it takes more from its stack than there is"),
        (b"X\x01\x00\x00\x00\xff.", "a text in it is none"),
        (b"NNa.", "it appends to what is no list"),
        (b"NNNs.", "it sets items of what is no mapping"),
        (b"}(Nu.", "it sets items of what is no mapping"),
        (b"Pid\n.", "a persistent id"),
        (
            b"\x80\x02U\x04text.",
            "it was written by Python 2; load it in Python 3 with scikit-learn 0.20, by pickle.load(",
        ),
        (b"Fone\n.", "a number or an array in it is none"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, message: str) -> None:
    """In a sentence, with the byte that the reading came to."""
    with pytest.raises(UnreadableError, match=r"cannot be read as a pickle: .* \(at byte [0-9,]+\)") as error:
        load_pickle(data)
    assert message in str(error.value)


def test_one_array_any_number_of_times() -> None:
    """A file of some kilobytes that refers to one array a hundred thousand times makes no copies of it."""
    mlp = MLPRegressor()
    mlp.coefs_, mlp.intercepts_ = [np.zeros((64, 64))] * 100_000, [np.zeros(64)] * 100_000
    mlp.out_activation_ = "identity"
    with pytest.raises(InputError, match="it holds 409,600,000 weights; 16,777,216 are the most"):
        from_estimator(load_pickle(pickle.dumps(mlp)))
