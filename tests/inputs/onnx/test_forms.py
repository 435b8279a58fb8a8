"""Formulas of several nodes that are one activation."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gradaudit.domain.spec import Named
from gradaudit.functions.activations import ACTIVATIONS
from gradaudit.functions.elementwise import sigmoid
from gradaudit.inputs.onnx.forms import FORMULAS, Formulas
from gradaudit.inputs.onnx.proto import OnnxNode

Z = np.linspace(-8, 30, 200)
ERF = np.vectorize(__import__("math").erf)
NUMPY = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(0, x),
    "softsign": lambda x: x / (1 + abs(x)),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "exp": np.exp,
    "erf": ERF,
    "abs": np.abs,
    "add": np.add,
    "mul": np.multiply,
    "div": np.divide,
    "greater": np.greater,
    "where": np.where,
    "clip": lambda x, low, high=np.inf: np.clip(x, low, high),
    "x": Z,
}


def node(op, output="y"):
    """A node of which only the operation and the output matter."""
    return OnnxNode(0, op, "", "", (), (output,), {})


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_the_activation(text):
    """Each formula, computed as it stands, is what the spec's activation computes; constants have six digits."""
    found = eval(re.sub(r",\)", ")", text), {"__builtins__": {}}, NUMPY)  # noqa: S307 - our own table
    name = FORMULAS[text]

    np.testing.assert_allclose(found, ACTIVATIONS[name].bind(Named(name)).f(Z), rtol=1e-4, atol=2e-6)


def test_operands_of_a_sum_or_product_come_in_either_order():
    """x·σ(x) and σ(x)·x are both SiLU."""
    for operands in (["x", "s"], ["s", "x"]):
        formulas = Formulas()
        formulas.take(node("Sigmoid", "s"), ["x"], {})
        assert formulas.take(node("Mul"), operands, {}) == ("x", "silu")


def test_a_part_of_a_formula_may_be_an_activation_itself():
    """Softplus is one, and the beginning of mish."""
    formulas = Formulas()
    assert formulas.take(node("Softplus", "p"), ["x"], {}) == ("x", "softplus")
    assert formulas.take(node("Tanh", "t"), ["p"], {}) == ("p", "tanh")
    assert formulas.take(node("Mul", "y"), ["x", "t"], {}) == ("x", "mish")


def test_formulas_do_not_grow_for_ever():
    """A long chain of operations is forgotten beyond a length."""
    formulas, before = Formulas(), "x"
    for count in range(500):
        formulas.take(node("Abs", f"t{count}"), [before], {})
        before = f"t{count}"

    assert max(len(text) for texts in formulas.known.values() for text in texts.values()) <= 200
    assert all(len(texts) <= 50 for texts in formulas.known.values())
