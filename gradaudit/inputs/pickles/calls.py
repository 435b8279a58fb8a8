"""What a call in a pickle becomes: one of NumPy's pieces, a plain value, or an inert object; nothing is called.

A model file calls the constructors of NumPy, SciPy, pandas and scikit-learn and a few of Python's own; beside a model
people keep loggers, regular expressions and methods. A file that wants any other function called is refused, though
here the call would be inert: pickle would run it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from gradaudit.inputs.pickles.inert import Inert, Name, UnreadableError
from gradaudit.inputs.pickles.numpy_pieces import array_of, number_type, scalar_of
from gradaudit.text.suggest import quoted

KERAS = re.compile(
    r"(?:tf_)?keras(?:\.\w+)*\.(?:[A-Z]\w*\._unpickle_model|pickle_utils\.deserialize_model_from_bytecode)"
)
"""What a Keras model is pickled as a call of: its one argument is a `.keras` archive, in bytes or in a BytesIO."""
_CONSTRUCTORS = re.compile(
    # a class, or a function that extension types and arrays are rebuilt with
    r"(?:sklearn|scipy|numpy|pandas)(?:\.\w+)*\."
    r"(?:_*[A-Z]\w*|__pyx_unpickle_\w+|newObj|_unpickle_\w+|_new_\w+|_reconstruct|_mareconstruct|_ufunc_reconstruct"
    r"|scalar|dtype|_frombuffer|__randomstate_ctor|__generator_ctor|__bit_generator_ctor)"
    r"|_loss\.__pyx_unpickle_\w+"  # Cython's module without its package, in scikit-learn 1.3 to 1.5
    r"|collections\.(?:OrderedDict|defaultdict|deque|Counter)|functools\.partial|datetime\.\w+|decimal\.Decimal"
    r"|fractions\.Fraction|uuid\.UUID|pathlib(?:\._local)?\.\w+|zoneinfo\.ZoneInfo\._unpickle|random\.Random"
    r"|array\.(?:array|_array_reconstructor)|types\.SimpleNamespace|re\._compile|logging\.(?:getLogger|\w*Logger)"
    r"|operator\.(?:itemgetter|attrgetter|methodcaller)"
    r"|builtins\.(?:set|frozenset|bytes|bytearray|complex|slice|range|object|getattr)"  # getattr: of a bound method
    r"|torch\._utils\._rebuild_\w+|torch\.(?:Size|device)|torch\.serialization\._get_layout"
    r"|copyreg\.(?:_reconstructor|__newobj__|__newobj_ex__)|_codecs\.encode"
    r"|" + KERAS.pattern
)
MAX_NAME = 500
_RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}
"""Modules that protocols 0 to 2 call as Python 2 did."""
_MOVED = (("numpy.core.", "numpy._core."), ("sklearn.externals.joblib.", "joblib."))
"""Packages that were elsewhere up to NumPy 1 and scikit-learn 0.20."""


def name_of(module: object, name: object) -> Name:
    """A class or function by the name that Python 3, NumPy 2 and joblib have for it. Raises UnreadableError."""
    if not isinstance(module, str) or not isinstance(name, str) or len(module) + len(name) > MAX_NAME:
        raise UnreadableError("a class has no name, or a very long one")
    module = _RENAMED.get(module, module)
    return Name(next((new + module[len(old) :] for old, new in _MOVED if module.startswith(old)), module), name)


def called(function: object, arguments: object) -> object:
    """What `function(*arguments)` stands for. Raises UnreadableError for a function that no model file needs."""
    if not isinstance(function, Name) or not isinstance(arguments, tuple):
        raise UnreadableError("it calls what is no function")
    if not _CONSTRUCTORS.fullmatch(str(function)):
        named = quoted(str(function))
        if function.module.split(".")[0] == "torch":
            raise UnreadableError("it holds a PyTorch module: name that in a Python file, as file.py:NAME")
        raise UnreadableError(
            f"it calls {named} when it is loaded, which no model needs; "
            "only --unsafe-load lets it, of a scikit-learn file"
        )
    plain = _PLAIN.get(str(function))
    return Inert(function, arguments) if plain is None else plain(*_filled(arguments, 5))


def new(kind: object, arguments: object) -> Inert:
    """An instance of a class before its state is set. Raises UnreadableError where the parts are none."""
    if not isinstance(kind, Name) or not isinstance(arguments, tuple):
        raise UnreadableError("it makes an object of what is no class")
    return Inert(kind, arguments)


def built(made: Inert, state: object) -> object:
    """The finished piece of NumPy where that is what was made, else the same object with its state."""
    finish = _FINISHED.get(made.kind)
    if finish is not None:
        return finish(made, state)
    made.state = state
    return made


def is_finished_later(thing: object) -> bool:
    """Whether another value will take its place once its state is known."""
    return isinstance(thing, Inert) and (thing.kind in _FINISHED or thing.kind == WRAPPER)


WRAPPER = Name("joblib.numpy_pickle", "NumpyArrayWrapper")
"""Stands before the bytes of an array in a file of joblib's."""


def _filled(arguments: tuple[object, ...], count: int) -> tuple[object, ...]:
    return (*arguments, *(None,) * count)[:count]


def _array(made: Inert, state: object) -> object:
    """ndarray.__setstate__: (version, shape, dtype, is Fortran, data)."""
    if not isinstance(state, tuple) or len(state) != 5:
        raise UnreadableError("an array has no state that NumPy writes")
    return array_of(state[2], state[1], state[4], by_columns=bool(state[3]))


def _from_buffer(data: object, kind: object, shape: object, order: object, axes: object) -> object:
    if order not in ("C", "F"):
        raise UnreadableError("an array is in an order that is neither C nor F")
    return array_of(kind, shape, data, by_columns=order == "F")


def _encoded(text: object, codec: object, *_: object) -> object:
    """Bytes, as protocols 0 to 2 write them."""
    if not isinstance(text, str) or codec not in ("latin1", "latin-1"):
        raise UnreadableError("bytes are written in a code that pickle does not use")
    return memoryview(text.encode("latin-1"))


def _items(items: object = None, *_: object) -> object:
    return items if isinstance(items, list) else []


def _bytes(data: object = None, *_: object) -> object:
    return data if isinstance(data, memoryview) else memoryview(b"")


def _attribute(owner: object, name: object, *_: object) -> Name | Inert:
    """Of a class of Keras's the function that its models are pickled as a call of; nothing is looked up."""
    if isinstance(owner, Name) and isinstance(name, str) and KERAS.fullmatch(f"{owner}.{name[:MAX_NAME]}"):
        return name_of(str(owner), name)
    return Inert(Name("builtins", "getattr"), (owner, name))


_PLAIN: Mapping[str, Callable[..., Any]] = {
    "numpy._core.multiarray.scalar": lambda kind, data, *_: scalar_of(kind, data),
    "numpy._core.numeric._frombuffer": _from_buffer,
    "_codecs.encode": _encoded,
    "builtins.getattr": _attribute,
    "builtins.bytes": _bytes,
    "builtins.bytearray": _bytes,
    "builtins.set": _items,
    "builtins.frozenset": _items,
    "copyreg._reconstructor": lambda kind, *_: new(kind, ()),
    "copyreg.__newobj__": lambda kind, *_: new(kind, ()),
    "copyreg.__newobj_ex__": lambda kind, *_: new(kind, ()),
}
"""Calls that stand for a value at once."""

_FINISHED: Mapping[Name, Callable[[Inert, object], object]] = {
    Name("numpy", "dtype"): number_type,
    Name("numpy._core.multiarray", "_reconstruct"): _array,
}
"""Calls whose value is known once their state is."""
