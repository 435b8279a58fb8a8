"""Modules as people publish them are read, have PyTorch's own loss and gradient, and are known as fresh draws."""

from __future__ import annotations

from typing import Any

import pytest

from gradaudit.inputs.pytorch.module import from_module

torch = pytest.importorskip("torch", reason="the optional extra torch is not installed")
pytestmark = pytest.mark.torch

from tests.inputs.pytorch import public_modules as public  # noqa: E402 - needs torch
from tests.inputs.pytorch.comparing import check_equal, off_its_defaults  # noqa: E402

MODULES = pytest.mark.parametrize("kind", public.MODULES, ids=lambda kind: kind.__name__)


def targets(kind: str) -> tuple[Any, Any]:
    """A loss and twenty targets for it."""
    torch.manual_seed(3)
    if kind == public.CLASSES:
        return torch.nn.CrossEntropyLoss(), torch.arange(20) % 3
    numbers = torch.rand(20, 4) if kind == public.ROWS else torch.rand(20)
    return torch.nn.MSELoss(), numbers.double()


@MODULES
def test_it_has_pytorch_s_loss_and_gradient(kind: Any) -> None:
    """In float64, to 1e-10."""
    torch.manual_seed(0)
    net = off_its_defaults(kind())
    if kind in (public.HandMade, public.Functional):  # weights of units × inputs that belong to no Linear
        for name, parameter in net.named_parameters(recurse=False):
            parameter.by_rows = parameter.dim() == 2 and name != "w1"
    X = torch.randn(20, 4, dtype=torch.float64)
    check_equal(net, *_loss(kind, X))


def _loss(kind: Any, X: Any) -> tuple[Any, Any, Any]:
    loss, y = targets(public.MODULES[kind])
    return loss, X, y


@MODULES
def test_its_findings_rest_on_many_draws(kind: Any) -> None:
    """Made without arguments, nothing of it was trained: its weights are drawn anew for each seed."""
    spec = from_module(kind(), name="net")
    assert spec.weights is None
    assert "own_weights" not in spec.assumed
