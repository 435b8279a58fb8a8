"""The layers inside a PyTorch module, one after another, as a spec's layers with their weights.

The classes are known by name, so that nothing here imports torch: a module that is handed over brought it along.
Facts are those of torch.nn (2.x).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gradaudit.errors import InputError
from gradaudit.inputs.torch_trace import traced
from gradaudit.spec import DenseSpec, DropoutSpec, LayerSpec, Named, NormSpec, Weights

Array = npt.NDArray[np.float64]
Part = tuple[str, Any]
"""A module of torch.nn behind the name that a person finds it by: `net.encoder.0`."""


@dataclass(frozen=True)
class _Known:
    """What a class of torch.nn is in a spec, and the settings without which it is something else."""

    name: str
    takes: tuple[str, ...] = ()
    """Attributes that are parameters of the same name in a spec."""
    needs: Mapping[str, tuple[object, ...]] = field(default_factory=dict)


_LAST_AXIS = {"dim": (1, -1, None)}
ACTIVATIONS = {
    "ELU": _Known("elu", ("alpha",)),
    "GELU": _Known("gelu", needs={"approximate": ("none",)}),
    "Hardsigmoid": _Known("hard_sigmoid"),
    "Hardtanh": _Known("hard_tanh", needs={"min_val": (-1.0,), "max_val": (1.0,)}),
    "LeakyReLU": _Known("leaky_relu", ("negative_slope",)),
    "LogSoftmax": _Known("softmax", needs=_LAST_AXIS),
    "Mish": _Known("mish"),
    "ReLU": _Known("relu"),
    "ReLU6": _Known("relu6"),
    "SELU": _Known("selu"),
    "Sigmoid": _Known("sigmoid"),
    "SiLU": _Known("silu"),
    "Softmax": _Known("softmax", needs=_LAST_AXIS),
    "Softplus": _Known("softplus", needs={"beta": (1.0,), "threshold": (20.0,)}),
    "Softsign": _Known("softsign"),
    "Tanh": _Known("tanh"),
}
NORMS = {
    "BatchNorm1d": _Known("batch_norm", needs={"eps": (1e-5,), "affine": (True,)}),
    "LayerNorm": _Known("layer_norm", needs={"eps": (1e-5,), "elementwise_affine": (True,)}),
}
_DROPS_OUT, _FLATTENS = _Known("dropout"), _Known("flatten", needs={"start_dim": (1,), "end_dim": (-1,)})
KNOWN = ("Linear", *NORMS, *ACTIVATIONS, "Dropout", "Flatten", "Identity", "Sequential")
COMMUTES = ("relu", "leaky_relu")
"""f(a·z) = a·f(z) for a ≥ 0: dropout before or after them is the same."""


@dataclass(frozen=True, eq=False)
class Layers:
    """What a module comes to."""

    inputs: int
    layers: tuple[LayerSpec, ...]
    activation: Named
    """The commonest of the hidden layers; a layer with another one names it."""
    output: Named | None
    """None where the module ends in a Linear: what follows is the loss's."""
    gives_logarithms: bool
    """It ends in LogSoftmax, which is softmax with the first half of the loss."""
    weights: Weights


def kind_of(module: object) -> str:
    """The name of torch.nn's own class; empty for any other, a subclass included, which may compute otherwise."""
    cls = type(module)
    return cls.__name__ if cls.__module__.startswith("torch.nn.modules.") else ""


def parts_of(module: Any, path: str) -> Iterator[Part]:  # noqa: ANN401 - torch is not imported, so it has no types
    """The modules that compute, in forward order, Sequentials and a person's own classes opened."""
    forward = getattr(type(module), "forward", None)
    if getattr(forward, "__qualname__", "") == "Sequential.forward":
        for name, child in module._modules.items():  # noqa: SLF001 - named_children leaves out what is there twice
            yield from parts_of(child, f"{path}.{name}")
    elif kind_of(module) or getattr(forward, "__module__", "torch.").startswith("torch."):
        yield path, module
    else:
        yield from traced(module, path)


def layers_of(parts: Iterable[Part]) -> Layers:
    """The layers of modules that follow one another. Raises InputError, by the module's name, for what has no place."""
    chain = _Chain()
    for path, module in parts:
        chain.add(path, module)
    return chain.finished()


class _Chain:
    """What has been read so far; an activation belongs to the Linear before it, or to the norm behind that."""

    def __init__(self) -> None:
        self.layers: list[DenseSpec | NormSpec | DropoutSpec] = []
        self.paths: list[str] = []
        self.width = self.inputs = 0
        self.state: Literal["start", "linear", "normed", "dropped", "closed"] = "start"
        self.last = -1
        """Place of the last Linear in `layers`."""
        self.last_kind = ""
        self.seen: dict[int, str] = {}
        self.arrays: dict[str, list[Array | None]] = {"coefs": [], "intercepts": [], "scales": [], "shifts": []}

    def add(self, path: str, module: Any) -> None:  # noqa: ANN401
        """One more module."""
        kind = kind_of(module)
        self._check_unshared(path, module)
        if kind == "Linear":
            self._linear(path, module)
        elif kind in NORMS:
            self._norm(path, module, kind)
        elif kind in ACTIVATIONS:
            self._activation(path, module, kind)
        elif kind == "Dropout":
            self._dropout(path, module)
        elif kind == "Flatten":
            _check(path, module, kind, _FLATTENS)
        elif kind != "Identity":
            raise InputError(f"{path}: {type(module).__name__} is not audited; known are {', '.join(KNOWN)}")
        self.last_kind = kind if kind not in ("Flatten", "Identity") else self.last_kind

    def _check_unshared(self, path: str, module: Any) -> None:  # noqa: ANN401
        for parameter in module.parameters():
            if before := self.seen.get(id(parameter)):
                raise InputError(f"{path} shares weights with {before}; layers that share weights are not audited")
            self.seen[id(parameter)] = path

    def _linear(self, path: str, module: Any) -> None:  # noqa: ANN401
        weight, bias = array(path, module, "weight"), module.bias
        units, inputs = weight.shape
        if not units * inputs:
            raise InputError(f"{path}: a Linear of {inputs} inputs and {units} units has no weights")
        self.inputs = self.inputs or inputs
        if self.width and inputs != self.width:
            raise InputError(f"{path} takes {inputs} inputs, but what stands before it gives {self.width}")
        named = path.partition(".")[2]
        name = named if any(not part.isdecimal() for part in named.split(".")) else None
        self._append(path, DenseSpec(units, Named("identity"), bias=False if bias is None else None, name=name or None))
        self.arrays["coefs"].append(np.ascontiguousarray(weight.T))
        self.arrays["intercepts"].append(None if bias is None else array(path, module, "bias"))
        self.width, self.state, self.last = units, "linear", len(self.layers) - 1

    def _append(self, path: str, layer: DenseSpec | NormSpec | DropoutSpec) -> None:
        self.layers.append(layer)
        self.paths.append(path)

    def _norm(self, path: str, module: Any, kind: str) -> None:  # noqa: ANN401
        _check(path, module, kind, NORMS[kind])
        if self.state == "start":
            raise InputError(
                f"{path}: {kind} before the first Linear is not audited; standardise the data in its place"
            )
        if module.weight.shape != (self.width,) or module.bias is None:
            form = "has no bias" if module.bias is None else f"normalises {tuple(module.weight.shape)}"
            raise InputError(f"{path}: {kind} {form}, which is not audited after a layer of {self.width} units")
        norm: Literal["batch_norm", "layer_norm"] = "batch_norm" if kind == "BatchNorm1d" else "layer_norm"
        dense = self.layers[self.last]
        if self.state == "linear" and isinstance(dense, DenseSpec):
            self.layers[self.last], self.state = replace(dense, norm=norm), "normed"
        else:
            self._append(path, NormSpec(norm))
            self.state = "closed"
        self.arrays["scales"].append(array(path, module, "weight"))
        self.arrays["shifts"].append(array(path, module, "bias"))

    def _activation(self, path: str, module: Any, kind: str) -> None:  # noqa: ANN401
        known = ACTIVATIONS[kind]
        _check(path, module, kind, known)
        dense = self.layers[self.last] if self.layers else None
        takes_one = self.state in ("linear", "normed") or (self.state == "dropped" and known.name in COMMUTES)
        if not takes_one or not isinstance(dense, DenseSpec):
            behind = f"after {self.last_kind} " if self.last_kind else "before the first Linear "
            raise InputError(
                f"{path}: {kind} {behind}is not audited; an activation follows a Linear or the normalisation behind it"
            )
        given = {key: float(getattr(module, key)) for key in known.takes}
        self.layers[self.last] = replace(dense, activation=Named.of(known.name, **given))
        self.state = "closed"

    def _dropout(self, path: str, module: Any) -> None:  # noqa: ANN401
        if module.p == 1:
            raise InputError(f"{path}: Dropout with p = 1 lets nothing through")
        if module.p:
            self._append(path, DropoutSpec(float(module.p)))
            self.state = "dropped" if self.state in ("linear", "normed") else self.state

    def finished(self) -> Layers:
        """Everything read, the hidden layers' commonest activation made the model's."""
        dense = [layer for layer in self.layers if isinstance(layer, DenseSpec)]
        if not dense:
            raise InputError("the module has no Linear, so there is nothing to train")
        if not isinstance(last := self.layers[-1], DenseSpec):
            kind = "Dropout" if isinstance(last, DropoutSpec) else "a normalisation of its own"
            raise InputError(
                f"{self.paths[-1]}: {kind} behind the last Linear is not audited: the loss reads its output"
            )
        for path, layer in zip(self.paths[:-1], self.layers, strict=False):
            if isinstance(layer, DenseSpec) and layer.activation == Named("softmax"):
                raise InputError(f"{path}: a softmax behind it, in the midst of the network, is not audited")
        hidden = Counter(layer.activation for layer in dense[:-1] if layer.activation)
        activation = hidden.most_common(1)[0][0] if hidden else Named("relu")
        layers = [_without(layer, activation) for layer in self.layers[:-1]]
        output = None if last.activation == Named("identity") else last.activation
        weights = Weights(**{key: tuple(found) for key, found in self.arrays.items()})  # type: ignore[arg-type]
        whole = (*layers, replace(last, activation=None))
        return Layers(self.inputs, whole, activation, output, self.last_kind == "LogSoftmax", weights)


def _without(layer: DenseSpec | NormSpec | DropoutSpec, activation: Named) -> DenseSpec | NormSpec | DropoutSpec:
    """The layer, its activation left out where it is the model's."""
    if isinstance(layer, DenseSpec) and layer.activation == activation:
        return replace(layer, activation=None)
    return layer


def _check(path: str, module: object, kind: str, known: _Known) -> None:
    for key, allowed in known.needs.items():
        if getattr(module, key) not in allowed:
            says = f"{path}: {kind} with {key} = {getattr(module, key)!r} is not audited"
            raise InputError(f"{says}; only {key} = {allowed[0]!r} is")


def array(path: str, module: Any, name: str) -> Array:  # noqa: ANN401
    """A parameter as float64, which holds any of its types exactly."""
    tensor = module._parameters.get(name)  # noqa: SLF001 - what a hook or a parametrisation computes is not in there
    if tensor is None or tensor.is_meta:
        raise InputError(
            f"{path}: its {name} is no parameter of its own that holds numbers; such modules are not audited"
        )
    return np.array(tensor.detach().cpu().double().numpy())
