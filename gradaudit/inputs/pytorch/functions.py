"""Functions of torch's and methods of tensors in a forward pass, as the layers that they are."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from gradaudit.domain.spec import Named
from gradaudit.inputs.described.model import DescribedLayer, scaling
from gradaudit.inputs.pytorch.flow import Flow
from gradaudit.inputs.pytorch.images import global_mean
from gradaudit.inputs.pytorch.layers import MODULES, dense
from gradaudit.inputs.pytorch.parameters import numbers
from gradaudit.inputs.pytorch.trace import Step, Value

_SHAPES = ("view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "ravel", "squeeze")
_AXES = ("unsqueeze", "expand", "transpose", "permute", "movedim", "t", "T", "mT", "__getitem__")
_TYPES = ("to", "float", "double", "type", "type_as", "contiguous", "clone", "cpu", "cuda", "alias", "requires_grad_")
_RESHAPES = frozenset((*_SHAPES, *_AXES, *_TYPES))
"""They may only give the numbers another shape, type or place; whether they do is seen from the numbers."""
_TRANSPOSES = frozenset(("t", "T", "mT", "transpose", "permute", "swapaxes"))
_PRODUCTS = frozenset(("matmul", "__matmul__", "mm", "__rmatmul__"))
_SCALES = frozenset(("mul", "div", "sub", "add", "rsub", "true_divide", "divide", "multiply", "subtract"))
_SILENT = ("training", "inplace", "_stacklevel", "dtype", "input", "self")
"""Settings that change nothing here: dropout is on in the training run whatever they say."""
_GATES = {"Sigmoid": "silu", "Softplus·Tanh": "mish"}
"""x · f(x) for these f is an activation of its own."""


def note_constant(flow: Flow, step: Step) -> None:
    """A step that the input has no part in: of parameters only a transpose is still one."""
    given = [value for value in step.args if isinstance(value, Value)]
    if not isinstance(step.output, Value) or not given:
        return
    known = flow.constants.get(given[0].key, (given[0].tensor, False))
    if step.name in _TRANSPOSES and _is_parameter(known[0]) and len(step.output.shape) == 2:
        flow.constants[step.output.key] = known[0], not known[1]
    elif any(_is_parameter(value.tensor) or value.key in flow.computed for value in given):
        flow.computed.add(step.output.key)


def take(flow: Flow, step: Step, led: list[Value]) -> None:
    """Put the step on the trail of its result. Raises InputError for what is no layer."""
    name, before = _plain(step.name), led[0]
    if name in _RESHAPES:
        flow.reshape(step, before)
    elif name in MODULES:
        flow.module(step, MODULES[name], _module(flow, step, name), before)
    elif name == "linear":
        weight, bias = _argument(step, 1, "weight"), _argument(step, 2, "bias")
        _dense(flow, step, before, weight, bias, transposed=True)
    elif name in _PRODUCTS and isinstance(step.args[0], Value) and flow.is_led(step.args[0]) and len(led) == 1:
        _dense(flow, step, before, step.args[1], None, transposed=False)
    elif (layer := _written_out(flow, step, before, name)) is not None:
        flow.append(step, before, layer, kind="ReLU" if layer.type == "activation" else "")
    elif name in ("cat", "concat", "concatenate", "hstack") and len(led) == 1 and len(step.args[0]) == 1:
        flow.reshape(step, before)
    elif len(led) == 2 and name in ("add", "__add__", "__radd__"):
        _sum(flow, step, led)
    elif len(led) == 2 and name in ("mul", "__mul__", "__rmul__"):
        _gate(flow, step, led)
    elif len(led) == 1 and name.strip("_") in _SCALES:
        _scale(flow, step, before, name.strip("_"))
    else:
        raise flow.unknown(step)


def _written_out(flow: Flow, step: Step, before: Value, name: str) -> DescribedLayer | None:
    """A ReLU or a global pooling that is written as a function of numbers."""
    if name in ("clamp", "clamp_min", "clip", "maximum", "max") and _is_relu(step):
        return _activation(flow, step, "relu")
    return _pooled(flow, step, before) if name in ("mean", "amax") else None


def _pooled(flow: Flow, step: Step, before: Value) -> DescribedLayer | None:
    """A mean, or the largest value, of all positions."""
    axes = _argument(step, 1, "dim")
    if flow.states.is_sequence(before):  # steps are the second axis, not the third
        axes = 2 if axes in (1, -2, (1,), [1]) else None
    found = global_mean(axes, before.shape, flow.place(step))
    return found if found is None or step.name == "mean" else replace(found, type="global_max_pool")


def _plain(name: str) -> str:
    """Without the underscore of what works in place: `relu_` is relu."""
    return name if name.startswith("__") or not name.endswith("_") else name.removesuffix("_")


def _argument(step: Step, place: int, key: str) -> Any:  # noqa: ANN401 - torch has no types here
    return step.args[place] if len(step.args) > place else step.kwargs.get(key)


def _module(flow: Flow, step: Step, name: str) -> Any:  # noqa: ANN401
    """The module that does what the function does."""
    settings = {key: value for key, value in step.kwargs.items() if key not in _SILENT}
    given = step.args[1:2] if "dropout" in name else tuple(arg for arg in step.args[1:] if not isinstance(arg, bool))
    with suppress(TypeError, ValueError):
        return getattr(sys.modules["torch.nn"], MODULES[name])(*given, **settings)
    raise flow.unknown(step)


def _activation(flow: Flow, step: Step, name: str) -> DescribedLayer:
    return DescribedLayer("activation", flow.place(step), {"activation": Named(name)})


def _is_parameter(tensor: Any) -> bool:  # noqa: ANN401
    return isinstance(tensor, sys.modules["torch.nn"].Parameter)


def _parameter(flow: Flow, step: Step, value: object, what: str) -> tuple[Any, bool]:
    """A parameter, as it is or transposed. Raises InputError for what was computed of one, or is none."""
    if isinstance(value, Value):
        tensor, transposed = flow.constants.get(value.key, (value.tensor, False))
        if _is_parameter(tensor):
            return tensor, transposed
    raise flow.place(step).refusal(f"its {what} is computed, no parameter of its own; such modules are not audited")


def _dense(flow: Flow, step: Step, before: Value, weight: object, bias: object, *, transposed: bool) -> None:
    place = flow.place(step)
    kernel, turned = _parameter(flow, step, weight, "weight")
    if kernel.dim() != 2:
        raise place.refusal(f"its weight has {kernel.dim()} axes, not 2")
    own = [kernel]
    matrix = numbers(kernel, "weight", place)
    vector = None
    if bias is not None:
        own.append(_parameter(flow, step, bias, "bias")[0])
        vector = numbers(own[-1], "bias", place)
    flow.own(own, place)
    layer = dense(matrix.T if transposed != turned else matrix, vector, before.shape, place)
    flow.copied(layer, *own)
    flow.append(step, before, layer, kind="Linear")


def _sum(flow: Flow, step: Step, led: list[Value]) -> None:
    """x + f(x): the end of a residual block."""
    if step.kwargs.get("alpha", 1) != 1:
        raise flow.unknown(step)
    first, second = led
    if first.shape != second.shape:
        raise flow.place(step).refusal(f"it adds tensors of the shapes {first.shape} and {second.shape}")
    flow.trails.add(step.output.key, (flow.origin(first), flow.origin(second)), flow.place(step))


def _gate(flow: Flow, step: Step, led: list[Value]) -> None:
    """x · sigmoid(x), as swish is written by hand."""
    for value, gate in (led, led[::-1]):
        kind, source = flow.made_by.get(flow.origin(gate), ("", ""))
        before, root = flow.made_by.get(source, ("", ""))
        if kind == "Tanh" and before == "Softplus":
            kind, source = "Softplus·Tanh", root
        if kind in _GATES and source == flow.origin(value):
            flow.append(step, value, _activation(flow, step, _GATES[kind]), kind=_GATES[kind])
            return
    raise flow.unknown(step)


def _is_relu(step: Step) -> bool:
    """max(x, 0), as a clamp or against zeros."""
    low, high = _argument(step, 1, "min"), _argument(step, 2, "max")
    if isinstance(low, Value):
        return not low.tensor.any() and (high is None or step.name == "max")
    return low == 0 and high is None and step.name != "max"


def _scale(flow: Flow, step: Step, before: Value, name: str) -> None:
    """A vector of parameters behind a product is its bias; numbers before the first layer scale the inputs."""
    others = [arg for arg in step.args if arg is not before]
    if len(others) != 1 or step.kwargs.get("alpha", 1) != 1:
        raise flow.unknown(step)
    (other,) = others
    if name in ("add", "radd") and isinstance(other, Value) and _is_parameter(other.tensor):
        _bias(flow, step, before, other.tensor)
        return
    constant = _constant(flow, step, other)
    is_left = step.args[0] is before
    offset, scale = _scaling(name, constant, is_left=is_left)
    if scale is None:
        raise flow.unknown(step)
    flow.append(step, before, scaling(flow.place(step), offset, scale), kind="scale")


def _constant(flow: Flow, step: Step, other: object) -> np.ndarray:
    if isinstance(other, Value) and not _is_parameter(other.tensor) and other.key not in flow.computed:
        return numbers(other.tensor, "factor", flow.place(step)).ravel()
    if isinstance(other, int | float):
        return np.array([float(other)])
    raise flow.unknown(step)


def _scaling(name: str, constant: np.ndarray, *, is_left: bool) -> tuple[np.ndarray, np.ndarray | None]:
    """(x − offset)·scale; None where the input does not stand on the left of a difference or quotient."""
    zero, one = np.zeros(1), np.ones(1)
    if name in ("mul", "rmul", "multiply"):
        return zero, constant
    if name in ("add", "radd"):
        return -constant, one
    if not is_left:
        return zero, None
    if name in ("sub", "subtract"):
        return constant, one
    return zero, 1 / constant if constant.all() and name != "rsub" else None


def _bias(flow: Flow, step: Step, before: Value, parameter: Any) -> None:  # noqa: ANN401
    """x @ W + b is one dense layer."""
    place = flow.place(step)
    source, layers = flow.trails.before.get(flow.origin(before), ("", ()))
    layer = layers[0] if len(layers) == 1 else None
    takes_bias = layer is not None and layer.type == "dense" and "bias" not in layer.weights
    if layer is None or not takes_bias or parameter.shape != layer.weights["weight"].shape[1:]:
        raise place.refusal("a parameter that is added is audited behind a dense layer without biases alone")
    flow.own([parameter], layer.place)
    keys = {key: value for key, value in layer.keys.items() if key != "bias"}
    weights = {**layer.weights, "bias": numbers(parameter, "bias", place)}
    whole = DescribedLayer("dense", layer.place, keys, weights)
    flow.copied(whole, flow.sources[id(weights["weight"])], parameter)
    flow.trails.step(step.output.key, source, whole)
    flow.made_by[step.output.key] = "Linear", source
