"""Activations in ONNX: operations that are one, and formulas of several nodes that are one.

A formula is written over its input x, commuting operands in order, constants to six digits: `mul(sigmoid(x),x)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isclose

from gradaudit.domain.spec import Plain
from gradaudit.inputs.onnx.proto import OnnxNode

ELEMENTWISE = {
    **dict.fromkeys(("Sigmoid", "Tanh", "Softplus", "Erf", "Abs", "Exp", "Relu", "Softsign", "Mish"), False),
    **dict.fromkeys(("Add", "Mul"), True),
    **dict.fromkeys(("Div", "Greater", "Where", "Clip"), False),
}
"""Operation of a formula → whether its operands commute."""

FORMULAS: Mapping[str, Plain] = {
    "relu(x)": "relu",
    "sigmoid(x)": "sigmoid",
    "tanh(x)": "tanh",
    "softplus(x)": "softplus",
    "softsign(x)": "softsign",
    "mish(x)": "mish",
    "exp(x)": "exponential",
    "mul(sigmoid(x),x)": "silu",
    "mul(tanh(softplus(x)),x)": "mish",
    "where(greater(x,20),x,softplus(x))": "softplus",  # PyTorch's, exact to 2e-9 beyond its threshold
    "div(x,add(1,abs(x)))": "softsign",
    "clip(x,-1,1)": "hard_tanh",
    "clip(x,0,6)": "relu6",
    "clip(x,0,)": "relu",
    **dict.fromkeys(
        (
            "mul(0.5,mul(add(1,erf(div(x,1.41421))),x))",
            "mul(0.5,mul(add(1,erf(mul(0.707107,x))),x))",
            "mul(add(1,erf(div(x,1.41421))),mul(0.5,x))",
            "mul(add(1,erf(mul(0.707107,x))),mul(0.5,x))",
            "mul(mul(0.5,add(1,erf(div(x,1.41421)))),x)",
            "mul(mul(0.5,add(1,erf(mul(0.707107,x)))),x)",
        ),
        "gelu",
    ),
}
"""Formula → what a spec calls it."""


LONGEST = 200
"""Characters of a formula that may still become an activation."""


def formula(node: OnnxNode, operands: list[str]) -> str:
    """What a node makes of the formulas of its inputs."""
    if ELEMENTWISE[node.op]:
        operands = sorted(operands)
    return f"{node.op.lower()}({','.join(operands)})"


def _selu(node: OnnxNode) -> Plain:
    usual = isclose(node.number("alpha", 1.6732632), 1.6732632, rel_tol=1e-5)
    return "selu" if usual and isclose(node.number("gamma", 1.0507010), 1.0507010, rel_tol=1e-5) else None


def _gelu(node: OnnxNode) -> Plain:
    approximate = node.attributes["approximate"].text() if "approximate" in node.attributes else "none"
    return "gelu" if approximate == "none" else None


def _hard_sigmoid(node: OnnxNode) -> Plain:
    usual = isclose(node.number("alpha", 0.2), 1 / 6, rel_tol=1e-5) and node.number("beta", 0.5) == 0.5
    return "hard_sigmoid" if usual else None


def _rounded(number: float) -> float:
    """A float32 as it was written: 0.2 for 0.20000000298."""
    return float(f"{number:.7g}")


SOFTMAX = ("Softmax", "LogSoftmax")
OPERATIONS: Mapping[str, Callable[[OnnxNode], Plain]] = {
    "LeakyRelu": lambda n: {"name": "leaky_relu", "negative_slope": _rounded(n.number("alpha", 0.01))},
    "Elu": lambda n: {"name": "elu", "alpha": _rounded(n.number("alpha", 1.0))},
    "Selu": _selu,
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "Swish": lambda n: "silu" if n.number("alpha", 1.0) == 1 else None,
    **dict.fromkeys(SOFTMAX, lambda n: "softmax"),
}
"""Operation with parameters → what a spec calls it, None where it is another function."""


class Formulas:
    """The formulas of a graph's tensors, each over every tensor that it can be written over."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, str]] = {}

    def take(self, node: OnnxNode, operands: list[str], constants: Mapping[str, str]) -> tuple[str, Plain] | None:
        """Note what the node makes of its operands; the tensor x and the activation where that is one.

        `operands` are tensors, and keys of `constants`, which has their numbers as text.
        """
        over = [self.over(name) for name in operands if name not in constants]
        shared = set.intersection(*map(set, over)) if over else set()
        found = {}
        for base in sorted(shared):
            text = formula(node, [constants[o] if o in constants else self.over(o)[base] for o in operands])
            if len(text) <= LONGEST:
                found[base] = text
        self.known[node.outputs[0]] = found
        return next(((base, FORMULAS[text]) for base, text in found.items() if text in FORMULAS), None)

    def over(self, tensor: str) -> dict[str, str]:
        """The tensor over itself, and over those that it was computed from."""
        return {tensor: "x", **self.known.get(tensor, {})}
