"""The forward pass of a PyTorch module, written down while it runs once: which layers and functions, on which tensors.

A run on a few rows follows loops, lists of modules and decisions as they are, where a symbolic trace gives up. Modules
of torch.nn are steps of their own; a person's own modules are opened. torch is imported by whoever brought the module.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from gradaudit.errors import Location
from gradaudit.inputs.pytorch.parameters import class_name
from gradaudit.inputs.user_code import relative_name

_TORCH = ("torch", "_contextlib", "contextlib")
_OWN = str(Path(__file__).resolve().parent)
_MEASURES = frozenset(
    {"size", "dim", "numel", "shape", "ndim", "device", "dtype", "is_cuda", "requires_grad", "stride"}
)
"""Questions about a tensor whose answers are no tensors."""
_ROUNDING = 1e-2
"""By which a coarser type may change a number that is the same."""
_DECISIONS = frozenset({"__bool__", "__int__", "__float__", "__index__", "item", "tolist", "equal", "allclose"})


@dataclass(frozen=True, eq=False)
class Step:
    """One call of the forward pass that gave tensors."""

    name: str
    """Of the class of torch.nn, or of the function or method: `Linear`, `relu`."""
    path: str
    """What a message calls it: `net.encoder.0`, `net.forward: relu`."""
    location: Location | None
    """The line of the person's own code that made the call."""
    module: Any
    """The module of torch.nn; None for a function."""
    args: tuple[Any, ...]
    """Tensors stand in as a `Value`."""
    kwargs: Mapping[str, Any]
    output: Any
    keeps_numbers: bool = False
    """The result has the numbers of the first tensor in their order, whatever its shape."""


@dataclass(frozen=True, eq=False)
class Value:
    """A tensor as it was at one moment: what works in place makes another value of the same tensor."""

    key: str
    tensor: Any
    shape: tuple[int, ...]


@dataclass(eq=False)
class Trace:
    """What was written down."""

    start: Value
    steps: list[Step] = field(default_factory=list)
    end: Any = None
    """What the forward pass returned, tensors as values."""
    decisions: list[Step] = field(default_factory=list)
    """Where Python asked for a number of a tensor."""
    error: Exception | None = None
    """What the forward pass raised."""
    failed_in: tuple[str, Any, Location | None] | None = None
    """Path, module and line of the module of torch.nn that raised it."""


def run(module: Any, rows: Any, path: str) -> Trace:  # noqa: ANN401 - torch has no types here
    """The trace of `module(rows)` in training mode, up to the error that it raises; the module is as before then."""
    import torch

    with torch.no_grad(), _untouched(module, torch), warnings.catch_warnings(action="ignore"):
        return _Recorder(module, path).run(module, rows)


@contextmanager
def _untouched(module: Any, torch: Any) -> Iterator[None]:  # noqa: ANN401
    """Training mode, with modes, buffers and the random generator as they were afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in module.buffers()]
    state = torch.get_rng_state()
    module.train()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
        for buffer, before in buffers:
            buffer.copy_(before)
        torch.set_rng_state(state)


def is_leaf(module: Any) -> bool:  # noqa: ANN401
    """Whether torch.nn itself computes it, in one step: a subclass that keeps the forward pass does the same."""
    return bool(class_name(module)) and class_name(module) != "Sequential"


class _Recorder:
    """Hooks on every module's call, and a mode that sees every function of torch's."""

    def __init__(self, module: Any, path: str) -> None:  # noqa: ANN401
        self.root, self.path = module, path
        self.names = {part: f"{path}.{name}" if name else path for name, part in module.named_modules()}
        self.values: dict[int, Value] = {}
        self.kept: list[Any] = []
        """Tensors that must not be freed, lest another takes their id."""
        self.open: list[Any] = []
        """The modules whose forward pass runs."""
        self.is_looking = False
        """Whether the functions that are called are the recorder's own."""
        self.trace = Trace(Value("", None, ()))

    def run(self, module: Any, rows: Any) -> Trace:  # noqa: ANN401
        from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

        self.trace.start = self._named(rows)
        before = register_module_forward_pre_hook(self._enter)
        after = register_module_forward_hook(self._leave, with_kwargs=True)
        try:
            with _mode(self):
                self.trace.end = self._valued(module(rows))
        except Exception as error:  # noqa: BLE001 - whatever a person's own code raises
            self.trace.error = error
        finally:
            before.remove()
            after.remove()
        return self.trace

    @property
    def inside_leaf(self) -> bool:
        return any(is_leaf(part) for part in self.open)

    def _enter(self, module: Any, args: Any) -> None:  # noqa: ANN401
        if is_leaf(module) and not self.inside_leaf:
            self.trace.failed_in = self.names.get(module, self.path), module, own_line()
        self.open.append(module)

    def _leave(self, module: Any, args: Any, kwargs: Any, output: Any) -> None:  # noqa: ANN401
        self.open.pop()
        if is_leaf(module) and not self.inside_leaf:
            self.trace.failed_in = None
            self._write(
                class_name(module),
                self.names.get(module, f"{self.path}: {class_name(module)}"),
                module,
                args,
                kwargs,
                output,
            )

    def called(self, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], output: Any) -> None:  # noqa: ANN401
        """A function of torch's outside of its modules has given its result."""
        name = _name(function)
        if self.is_looking or self.inside_leaf or name in _MEASURES:
            return
        here = self.names.get(self.open[-1], self.path) if self.open else self.path
        self._write(name, f"{here}.forward: {name}", None, args, kwargs, output)

    def _write(self, name: str, path: str, module: Any, args: Any, kwargs: Any, output: Any) -> None:  # noqa: ANN401
        given = tuple(self._valued(arg) for arg in args)
        named = {key: self._valued(arg) for key, arg in kwargs.items()}
        made = self._valued(output, fresh=True)
        self.is_looking = True
        step = Step(name, path, own_line(), module, given, named, made, _keeps_numbers(given, made))
        self.is_looking = False
        if any(True for _ in values_in(made)):
            self.trace.steps.append(step)
        elif name in _DECISIONS:
            self.trace.decisions.append(step)

    def _valued(self, thing: Any, *, fresh: bool = False) -> Any:  # noqa: ANN401
        """The thing with every tensor in it as its value; a fresh one where it was just computed."""
        if isinstance(thing, tuple | list):
            return tuple(self._valued(one, fresh=fresh) for one in thing)
        if isinstance(thing, Mapping):
            return {key: self._valued(one, fresh=fresh) for key, one in thing.items()}
        if not isinstance(thing, sys.modules["torch"].Tensor):
            return thing
        known = self.values.get(id(thing))
        return self._named(thing) if fresh or known is None else known

    def _named(self, tensor: Any) -> Value:  # noqa: ANN401
        """A new value of the tensor."""
        value = Value(f"t{len(self.kept)}", tensor, tuple(tensor.shape))
        self.kept.append(tensor)
        self.values[id(tensor)] = value
        return value


def values_in(thing: Any) -> Iterator[Value]:  # noqa: ANN401
    """Every value in an argument or a result."""
    if isinstance(thing, Value):
        yield thing
    elif isinstance(thing, tuple | list):
        for one in thing:
            yield from values_in(one)
    elif isinstance(thing, Mapping):
        yield from values_in(tuple(thing.values()))


def _keeps_numbers(given: tuple[Any, ...], made: Any) -> bool:  # noqa: ANN401
    if not given or not isinstance(given[0], Value) or not isinstance(made, Value):
        return False
    before, after = given[0].tensor, made.tensor
    if before.numel() != after.numel() or before.is_meta:
        return False
    before, after = before.reshape(-1).double(), after.reshape(-1).double()
    return bool(before.isclose(after, rtol=_ROUNDING, atol=1e-6, equal_nan=True).all())


def _name(function: Any) -> str:  # noqa: ANN401
    """Of a function or method; of an attribute its own, as in `x.T`."""
    name = getattr(function, "__name__", type(function).__name__)
    if name == "__get__":
        name = getattr(getattr(function, "__self__", None), "__name__", name)
    return str(name)


def _mode(recorder: _Recorder) -> Any:  # noqa: ANN401
    """The mode that tells the recorder of every function."""
    from torch.overrides import TorchFunctionMode

    class Mode(TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
            output = function(*args, **(kwargs or {}))
            recorder.called(function, args, kwargs or {}, output)
            return output

    return Mode()


def own_line() -> Location | None:
    """The innermost line of the stack that is neither torch's nor ours."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - what inspect.stack() reads, without reading every file
    while frame is not None:
        file = frame.f_code.co_filename
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if package not in _TORCH and not file.startswith((_OWN, "<")):
            return None if package == "gradaudit" else Location(relative_name(file), frame.f_lineno)
        frame = frame.f_back
    return None
