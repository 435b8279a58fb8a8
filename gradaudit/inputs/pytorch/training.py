"""PyTorch's loss and optimizer objects in the terms of a spec; what has no exact counterpart is refused by name.

Facts are those of torch.nn.modules.loss and torch.optim (2.x). BCELoss clamps its logarithms at −100, which differs
from the stable form only where a sigmoid has rounded to 0 or 1. PoissonNLLLoss leaves out, or approximates, terms of
the targets alone: its gradient is exact, its value differs by a constant.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from gradaudit.domain.expanded import expand, flatten
from gradaudit.domain.spec import ModelSpec, Named
from gradaudit.errors import InputError
from gradaudit.functions.optimizers import OPTIMIZERS
from gradaudit.inputs.pytorch.parameters import unmet


@dataclass(frozen=True)
class _Loss:
    """A class of torch.nn: its name in a spec, the activation that it contains, and what it must be set to."""

    name: str
    contains: str | None = None
    """The output activation that it applies itself: the module must end without one."""
    needs: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    only_one_output: bool = False


LOSSES = {
    "MSELoss": _Loss("mse"),
    "L1Loss": _Loss("mae"),
    "HuberLoss": _Loss("huber", needs={"delta": (1.0,)}),
    "SmoothL1Loss": _Loss("huber", needs={"beta": (1.0,)}),
    "CrossEntropyLoss": _Loss(
        "cross_entropy", "softmax", {"weight": (None,), "ignore_index": (-100,), "label_smoothing": (0.0,)}
    ),
    "NLLLoss": _Loss("cross_entropy", needs={"weight": (None,), "ignore_index": (-100,)}),
    "BCELoss": _Loss("binary_cross_entropy", needs={"weight": (None,)}),
    "BCEWithLogitsLoss": _Loss("binary_cross_entropy", "sigmoid", {"weight": (None,), "pos_weight": (None,)}),
    "PoissonNLLLoss": _Loss("poisson", "exponential", {"log_input": (True,)}, only_one_output=True),
}
FUNCTIONS = {
    "mse_loss": "MSELoss",
    "l1_loss": "L1Loss",
    "huber_loss": "HuberLoss",
    "smooth_l1_loss": "SmoothL1Loss",
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "poisson_nll_loss": "PoissonNLLLoss",
}
"""Of torch.nn.functional: with its defaults each is its class's."""
_DECAYED = {"learning_rate": "lr", "weight_decay": "weight_decay"}
_MOMENTS = {**_DECAYED, "eps": "eps"}
OPTIMIZER_KEYS: Mapping[str, tuple[str, Mapping[str, str], Mapping[str, tuple[object, ...]]]] = {
    "SGD": ("sgd", {**_DECAYED, "momentum": "momentum", "nesterov": "nesterov"}, {"dampening": (0,)}),
    "Adam": ("adam", _MOMENTS, {"amsgrad": (False,), "decoupled_weight_decay": (False,)}),
    "AdamW": ("adamw", _MOMENTS, {"amsgrad": (False,)}),
    "RMSprop": ("rmsprop", {**_MOMENTS, "alpha": "alpha", "momentum": "momentum"}, {"centered": (False,)}),
    "Adagrad": (
        "adagrad",
        {**_MOMENTS, "lr_decay": "lr_decay", "initial_accumulator_value": "initial_accumulator_value"},
        {},
    ),
}
"""Class → its name in a spec, the spec's parameters with their keys in a parameter group, and what must be so."""


def is_loss(candidate: object) -> bool:
    """Whether it is one of PyTorch's loss modules, or of its kind, or one of its loss functions."""
    return _is_function(candidate) or any(
        base.__module__ == "torch.nn.modules.loss" for base in type(candidate).__mro__
    )


def _is_function(candidate: object) -> bool:
    named = getattr(candidate, "__name__", "") in FUNCTIONS
    return named and getattr(candidate, "__module__", "") == "torch.nn.functional"


def is_optimizer(candidate: object) -> bool:
    """Whether it is one of PyTorch's optimizers, or of its kind."""
    return any((b.__module__, b.__name__) == ("torch.optim.optimizer", "Optimizer") for b in type(candidate).__mro__)


def trained_with(spec: ModelSpec, loss: object = None, optimizer: object = None) -> ModelSpec:
    """The spec of a PyTorch module with PyTorch's own loss and optimizer objects; None leaves it as it is.

    Once: a loss that was given before is taken for that of a LogSoftmax. Raises InputError for what is no such object,
    or has no exact counterpart.
    """
    if loss is not None:
        spec = _with_loss(spec, loss)
    if optimizer is not None:
        spec = replace(spec, optimizer=optimizer_of(optimizer), assumed=_said(spec, "optimizer"))
    return spec


def _said(spec: ModelSpec, key: str) -> tuple[str, ...]:
    return tuple(assumed for assumed in spec.assumed if assumed != key)


def _with_loss(spec: ModelSpec, loss: Any) -> ModelSpec:  # noqa: ANN401 - torch is not imported, so it has no types
    if _is_function(loss):
        loss = getattr(sys.modules["torch.nn"], FUNCTIONS[loss.__name__])()
    name = type(loss).__name__
    known = LOSSES.get(name) if type(loss).__module__ == "torch.nn.modules.loss" else None
    if known is None:
        raise InputError(f"loss: {name} is not audited; known are {', '.join(LOSSES)}, or a loss's name in a spec")
    if says := unmet(name, partial(getattr, loss), known.needs):
        raise InputError(f"loss: {says}")
    if loss.reduction not in ("mean", "sum"):
        raise InputError(f"loss: {name} with reduction = {loss.reduction!r} is not audited; choose 'mean' or 'sum'")
    if known.only_one_output and [*flatten(expand(spec))][-1].units > 1:
        raise InputError(f"loss: {name} over several outputs is averaged otherwise than the spec's {known.name}")
    said: dict[str, str | bool] = {"reduction": "sum"} if loss.reduction == "sum" else {}
    if _takes_twice(spec, known):
        said["from_logits"] = True
    output = _output(spec, name, known)
    return replace(spec, loss=Named.of(known.name, **said), output=output, assumed=_said(spec, "loss"))


def _takes_twice(spec: ModelSpec, known: _Loss) -> bool:
    """The loss applies its softmax or sigmoid to what the module's own output activation gave: a finding."""
    gives_logarithms = spec.loss is not None  # log_softmax(log_softmax(z)) is log_softmax(z)
    return known.contains in ("softmax", "sigmoid") and spec.output is not None and not gives_logarithms


def _output(spec: ModelSpec, name: str, known: _Loss) -> Named | None:
    """The output activation: the module's own, or the one that the loss contains."""
    gives_logarithms = spec.loss is not None  # a LogSoftmax has decided it
    if gives_logarithms and known.name != "cross_entropy":
        raise InputError(f"loss: {name} on LogSoftmax is not audited; NLLLoss belongs to it")
    if known.contains == "exponential" and spec.output is not None:
        says = f"loss: {name} applies exponential itself, and the module ends in {spec.output}"
        raise InputError(f"{says}: both one after the other are not audited; leave out the module's own")
    if known.contains and spec.output is None:
        return Named(known.contains)
    if name == "NLLLoss" and not gives_logarithms:
        ends = spec.output or "a Linear"
        raise InputError(f"loss: NLLLoss takes logarithms, and the module ends in {ends}; end it in LogSoftmax")
    return spec.output or Named("identity")


def optimizer_of(optimizer: Any) -> Named:  # noqa: ANN401
    """The optimizer with what differs from the spec's defaults; its rate is the one that it has now."""
    name = type(optimizer).__name__
    if name not in OPTIMIZER_KEYS or not type(optimizer).__module__.startswith("torch.optim."):
        raise InputError(f"optimizer: {name} is not audited; known are {', '.join(OPTIMIZER_KEYS)}")
    group = _only_group(optimizer, name)
    ours, keys, needs = OPTIMIZER_KEYS[name]
    if says := unmet(name, group.get, {**needs, "maximize": (False,)}):
        raise InputError(f"optimizer: {says}")
    given = {key: group[theirs] for key, theirs in keys.items()}
    given = {key: value if isinstance(value, bool) else float(value) for key, value in given.items()}  # or a tensor
    if "betas" in group:
        given |= {"beta_1": float(group["betas"][0]), "beta_2": float(group["betas"][1])}
    defaults = OPTIMIZERS[ours].parameters
    return Named.of(ours, **{k: v for k, v in given.items() if k == "learning_rate" or v != defaults[k]})


def _only_group(optimizer: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401
    """The settings that all parameter groups share."""
    first, *others = optimizer.param_groups
    for index, group in enumerate(others, 1):
        for key in first.keys() - {"params", "param_names"}:
            if group.get(key) != first[key]:
                says = f"{key} = {first[key]!r} in one parameter group and {group.get(key)!r} in group {index}"
                raise InputError(f"optimizer: {name} has {says}; one setting for all is audited")
    return dict(first)
