"""Pickle's stack machine, made inert: pickles and joblib's files become a tree of plain values, and nothing runs.

This is an interpreter of our own and no subclass of `pickle._Unpickler`: there, safety means to override each place
that imports, calls or sets something, in a private class that differs from one Python to the next. Here there is no
such place. The machine has no import, no getattr on what it read and no call of what it read; the only opcodes it
obeys are those of opcodes.py, and the only functions that act on a file's say are those of calls.py.
What a file can still spend is time and memory, so each opcode has a price and the budget is fixed.
"""

from __future__ import annotations

from math import prod
from sys import getsizeof
from typing import Any

import numpy as np

from gradaudit.inputs.pickles import calls
from gradaudit.inputs.pickles.inert import Inert, Name, UnreadableError
from gradaudit.inputs.pickles.numpy_pieces import OBJECTS, array_of, sides
from gradaudit.inputs.pickles.opcodes import OPCODES, OUTSIDE, REFUSED, Stream

BUDGET = 128 << 20
"""Bytes of memory that a file's objects may take, arrays aside, which are views of the file."""
PRICE = 128
"""Bytes that an opcode is charged: what it makes beside text takes no more, its place in the memo included."""
VIEW = 128
"""Charged beside that for a view of bytes."""

PERSISTENT = Name("", "persistent id")
"""Kind of what stands for an object outside of the pickle; its argument is the id."""
_KEYS = (str, int, float, bool, type(None))


def load_pickle(data: bytes | bytearray, *, takes_persistent_ids: bool = False) -> object:
    """The tree in a pickle or in joblib's file, unpacked. Raises UnreadableError for whatever cannot be read.

    With `takes_persistent_ids` what lies outside of the pickle, as in torch.save's archives, is an Inert of PERSISTENT.
    """
    stream = Stream(data)
    machine = Machine(stream, MemoryBudget(), takes_persistent_ids=takes_persistent_ids)
    try:
        return machine.run()
    except IndexError:
        reason = "it takes more from its stack than there is"
    except KeyError:
        reason = "it refers to an object that is not in it"
    except UnicodeError:
        reason = "a text in it is none"
    except OverflowError:
        reason = "a number in it is too large"
    except UnreadableError as error:
        reason = str(error)
    except ValueError:
        reason = "a number or an array in it is none"
    raise UnreadableError(f"cannot be read as a pickle: {reason} (at byte {stream.at:,})")


class MemoryBudget:
    """What is left to spend."""

    def __init__(self) -> None:
        self.left = BUDGET

    def pay(self, price: int) -> None:
        self.left -= price
        if self.left < 0:
            raise UnreadableError(f"its objects would take more than {BUDGET >> 20} MiB")


class Machine:
    """One pickle being read; joblib puts others inside, for arrays of objects."""

    def __init__(
        self, stream: Stream, budget: MemoryBudget, *, nested: bool = False, takes_persistent_ids: bool = False
    ) -> None:
        self.stream, self.budget, self.nested = stream, budget, nested
        self.takes_persistent_ids = takes_persistent_ids
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        """The stacks under the open marks."""
        self.memo: dict[int, Any] = {}
        self.unfinished: dict[int, list[int]] = {}
        """id of an object that another value will replace → its places in the memo."""

    def run(self) -> object:
        """What the pickle stands for."""
        actions = {name: getattr(self, f"_{name}") for name, _ in OPCODES.values() if name != "stop"}
        while True:
            code = self.stream.take(1)[0]
            if code not in OPCODES:
                raise UnreadableError(REFUSED.get(code, "there is no such opcode; it is damaged, or no pickle"))
            name, argument = OPCODES[code]
            self.budget.pay(PRICE)
            given = argument(self.stream)
            if name == "stop":
                return self.stack.pop()
            actions[name](given)

    def _protocol(self, version: int) -> None:
        if version > 5:
            raise UnreadableError(f"it is of pickle's protocol {version}; 0 to 5 are known")

    def _frame(self, length: int) -> None:
        """A hint for readers of files."""

    def _value(self, value: object) -> None:
        self.budget.pay(VIEW if isinstance(value, memoryview) else getsizeof(value) if isinstance(value, str) else 0)
        self.stack.append(value)

    def _mark(self, _: None) -> None:
        self.below.append(self.stack)
        self.stack = []

    def _marked(self, _: None = None) -> list[Any]:
        """All above the last mark."""
        above = self.stack
        self.stack = self.below.pop()
        return above

    def _pop(self, _: None) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self._marked()

    def _dup(self, _: None) -> None:
        self.stack.append(self.stack[-1])

    def _tuple(self, count: int) -> None:
        parts = tuple(self.stack.pop() for _ in range(count))
        self.stack.append(parts[::-1])

    def _collect(self, kind: type[list[Any]] | type[tuple[Any, ...]]) -> None:
        parts = kind(self._marked())
        self.stack.append(parts)

    def _dict_of_marked(self, _: None) -> None:
        parts = self._marked()
        self.stack.append({})
        self._put_items(parts)

    def _append(self, _: None) -> None:
        self._put_into([self.stack.pop()])

    def _extend(self, _: None) -> None:
        self._put_into(self._marked())

    def _put_into(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Inert):
            target.items = target.items or []
            target = target.items
        if not isinstance(target, list):
            raise UnreadableError("it appends to what is no list")
        target.extend(items)

    def _set_item(self, _: None) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._put_items([key, value])

    def _set_items(self, _: None) -> None:
        self._put_items(self._marked())

    def _put_items(self, parts: list[Any]) -> None:
        """Keys and values in turn. Only keys whose hashes a file cannot choose at will: others could cost hours."""
        target = self.stack[-1]
        if isinstance(target, Inert):
            target.entries = target.entries or {}
            target = target.entries
        if not isinstance(target, dict) or len(parts) % 2:
            raise UnreadableError("it sets items of what is no mapping")
        for key, value in zip(parts[::2], parts[1::2], strict=True):
            if not isinstance(key, _KEYS) or (isinstance(key, int) and not -(1 << 63) <= key < 1 << 64):
                raise UnreadableError("it has a mapping whose keys are no text or numbers")
            target[key] = value

    def _get(self, place: int) -> None:
        self.stack.append(self.memo[place])

    def _put(self, place: int) -> None:
        value = self.stack[-1]
        self.memo[place] = value
        if calls.is_finished_later(value):
            self.unfinished.setdefault(id(value), []).append(place)

    def _memoize(self, _: None) -> None:
        self._put(len(self.memo))

    def _name(self, parts: tuple[str, str]) -> None:
        self.budget.pay(sum(map(getsizeof, parts)))
        self.stack.append(calls.name_of(*parts))

    def _name_of_two(self, _: None) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(calls.name_of(module, name))

    def _call(self, _: None) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        texts = [part for part in arguments if isinstance(part, str)] if isinstance(arguments, tuple) else []
        self.budget.pay(sum(map(len, texts)) + VIEW)  # for bytes that are written as text
        self.stack.append(calls.called(function, arguments))

    def _new(self, _: None) -> None:
        arguments, kind = self.stack.pop(), self.stack.pop()
        self.stack.append(calls.new(kind, arguments))

    def _new_with_keywords(self, _: None) -> None:
        self.stack.pop()
        self._new(None)

    def _persistent(self, _: None) -> None:
        if not self.takes_persistent_ids:
            raise UnreadableError(OUTSIDE)
        self.stack.append(Inert(PERSISTENT, (self.stack.pop(),)))

    def _build(self, _: None) -> None:
        state, made = self.stack.pop(), self.stack.pop()
        if not isinstance(made, Inert):
            raise UnreadableError("it sets the state of what is no object")
        is_wrapper = made.kind == calls.WRAPPER and not self.nested
        value = self._array_behind(state) if is_wrapper else calls.built(made, state)
        for place in self.unfinished.pop(id(made), ()):
            self.memo[place] = value
        self.stack.append(value)

    def _array_behind(self, state: object) -> object:
        """The array whose bytes joblib writes after its wrapper; since joblib 1.2 they are aligned."""
        if not isinstance(state, dict) or not isinstance(state.get("dtype"), np.dtype):
            raise UnreadableError("joblib's wrapper of an array does not say what it is")
        kind, lengths, by_columns = state["dtype"], sides(state.get("shape")), state.get("order") == "F"
        if kind == OBJECTS:
            return Machine(self.stream, self.budget, nested=True).run()
        if state.get("numpy_array_alignment_bytes") is not None:
            self.stream.take(self.stream.count(1))
        data = self.stream.take(prod(lengths) * kind.itemsize)
        return array_of(kind, lengths, data, by_columns=by_columns)
