"""The forward pass of a person's own module, where it is a chain: `class Net(nn.Module)` as the modules that it calls.

torch.fx runs `forward` once with a stand-in for the tensor and writes down what is called; no numbers flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from gradaudit.errors import InputError

Part = tuple[str, Any]

_FUNCTIONS = {
    "dropout": "Dropout",
    "elu": "ELU",
    "flatten": "Flatten",
    "gelu": "GELU",
    "hardsigmoid": "Hardsigmoid",
    "hardtanh": "Hardtanh",
    "leaky_relu": "LeakyReLU",
    "log_softmax": "LogSoftmax",
    "mish": "Mish",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "selu": "SELU",
    "sigmoid": "Sigmoid",
    "silu": "SiLU",
    "softmax": "Softmax",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "tanh": "Tanh",
}
"""A function of torch's, or a tensor's method → the module that does the same and takes the same settings."""
_RESHAPES = ("view", "reshape")
_MEASURES = ("size", "getattr", "getitem")
"""What a forward pass asks of a tensor's shape on the way to flattening it."""
_SILENT = ("training", "inplace", "_stacklevel", "dtype")
"""Settings that change nothing here: dropout is on in the training run whatever they say."""


def traced(module: Any, path: str) -> Iterator[Part]:  # noqa: ANN401 - torch has no types here
    """What the module's forward pass calls, one after another, as modules of torch.nn.

    Raises InputError where it is no chain, or calls what is no layer.
    """
    from torch import fx, nn

    tracer = fx.Tracer()
    try:
        graph = tracer.trace(module)
    except Exception as error:
        says = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: the forward pass of {type(module).__name__} cannot be followed: {says}") from error
    previous: Any = None
    for node in graph.nodes:
        name = node.target if isinstance(node.target, str) else node.target.__name__
        if node.op == "placeholder" and previous is None:
            previous = node
            continue
        if node.op.startswith("call_") and name in _MEASURES:
            continue
        here = f"{path}.{node.target}" if node.op == "call_module" else f"{path}.forward: {name}"
        if node.op not in ("call_module", "call_function", "call_method", "output") or not _continues(node, previous):
            raise InputError(
                f"{here} in {type(module).__name__} is not audited; a forward pass is to be one chain of layers"
            )
        if node.op == "output":
            return
        yield here, module.get_submodule(node.target) if node.op == "call_module" else _made(node, name, here, nn)
        previous = node


def _continues(node: Any, previous: Any) -> bool:  # noqa: ANN401
    """Whether it takes what was computed last, and no other layer's output."""
    if not node.args or node.args[0] is not previous:
        return False
    others = [other for other in node.all_input_nodes if other is not previous]
    return all(other.op.startswith("call_") and _is_measure(other) for other in others)


def _is_measure(node: Any) -> bool:  # noqa: ANN401
    return (node.target if isinstance(node.target, str) else node.target.__name__) in _MEASURES


def _is_flattening(node: Any) -> bool:  # noqa: ANN401
    """`x.view(x.size(0), -1)`; or `x.view(-1, 784)`, which says the width, of what comes in."""
    if len(node.args) != 3:
        return False
    x, _, width = node.args
    return bool(width == -1 or (isinstance(width, int) and x.op == "placeholder"))


def _made(node: Any, name: str, here: str, nn: Any) -> Any:  # noqa: ANN401
    """The module for a function's or a method's call."""
    if name in _RESHAPES and _is_flattening(node):
        return nn.Flatten()
    if name == "squeeze" and node.args[1:] in ((), (1,), (-1,)) and not node.kwargs:
        return nn.Identity()  # a column of outputs as a row
    kind: Callable[..., Any] | None = getattr(nn, _FUNCTIONS.get(name, ""), None)
    settings = {key: value for key, value in node.kwargs.items() if key not in _SILENT}
    given = node.args[1:2] if name == "dropout" else node.args[1:]
    if name == "flatten" and not given and "start_dim" not in settings:
        given = (0,)  # the function's default, which is not the module's
    if kind is not None:
        with suppress(TypeError, ValueError):
            return kind(*given, **settings)
    raise InputError(f"{here} is not audited; known are {', '.join(_FUNCTIONS)}")
